"""What is noted of a run is what the next one need not do again, and nothing else."""

from __future__ import annotations

import signal
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from . import __main__ as tool
from .__main__ import table, wanted, wilson
from .covering import Noted
from .mutants import Mutant, mutants_of
from .notes import Notes, name_of
from .targets import Area

AREA = Area("an area", ("m.py",), ("tests/test_m.py", "tests/test_n.py::test_one"))
SOURCE = "def few(number):\n    return number < 3\n"
CHANGE, OTHER, *_ = mutants_of("m.py", SOURCE)
WATCHED: Noted = {
    "tests/test_m.py::test_few": {"seconds": 0.1, "lines": [["m.py", 2]]},
    "tests/test_n.py::test_one": {"seconds": 0.2, "lines": [["m.py", 2]]},
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "m.py").write_text(SOURCE, encoding="utf-8")
    for name in ("m", "n"):
        (tmp_path / f"tests/test_{name}.py").write_text("one", encoding="utf-8")
    first = notes(tmp_path)
    assert (first.watched, first.unwatched) == ({}, ["tests/test_m.py", "tests/test_n.py"])
    first.add_watched(WATCHED)
    first.add(CHANGE, SOURCE, "killed")
    first.add(OTHER, SOURCE, "survived")
    return tmp_path


def notes(tree: Path) -> Notes:
    return Notes(tree / "notes" / "area.jsonl", AREA, tree)


def outcomes(tree: Path) -> list[str | None]:
    source = (tree / "m.py").read_text(encoding="utf-8")
    return [notes(tree).outcome(change, source) for change in (CHANGE, OTHER)]


def test_where_nothing_has_changed_nothing_is_done_again(tree: Path) -> None:
    assert outcomes(tree) == ["killed", "survived"]
    assert (notes(tree).watched, notes(tree).unwatched) == (WATCHED, [])


def test_after_a_change_of_a_test_its_file_is_watched_and_survivors_are_tried_again(tree: Path) -> None:
    (tree / "tests/test_n.py").write_text("two", encoding="utf-8")
    assert outcomes(tree) == ["killed", None]
    assert list(notes(tree).watched) == ["tests/test_m.py::test_few"]
    assert notes(tree).unwatched == ["tests/test_n.py"]


def test_after_a_change_of_a_module_all_of_it_is_tried_again(tree: Path) -> None:
    (tree / "m.py").write_text(f"# Why.\n{SOURCE}", encoding="utf-8")
    assert outcomes(tree) == [None, None]
    assert notes(tree).watched == {}


def test_without_a_folder_nothing_is_kept(tree: Path) -> None:
    nowhere = Notes(None, AREA, tree)
    nowhere.add(CHANGE, SOURCE, "killed")
    assert Notes(None, AREA, tree).outcome(CHANGE, SOURCE) is None


def test_changes_are_told_apart_by_their_place_and_their_module_s_text() -> None:
    names = {name_of(one, SOURCE) for one in mutants_of("m.py", SOURCE)}
    assert len(names) == len(mutants_of("m.py", SOURCE))
    assert name_of(CHANGE, SOURCE) != name_of(CHANGE, f"{SOURCE} ")


def test_a_sample_s_share_has_wilson_s_interval() -> None:
    # Of 300 changes 270 noticed; Wilson's interval, reckoned by hand: 0.894943 ± 0.034110.
    low, high = wilson(270, 300)
    assert (round(low, 4), round(high, 4)) == (0.8608, 0.9291)
    assert wilson(0, 0) == (0.0, 1.0)


class Trying:
    """Stands for the worker: each change survives, or is noticed where `noticed` says so."""

    def __init__(self, failed: str | None = None, noticed: bool = False) -> None:
        self.failed, self.outcome = failed, "killed" if noticed else "survived"

    def __call__(self, _area: Area, mutants: Sequence[Mutant], *_: object) -> Generator[dict[str, object], None, None]:
        yield {"failed": self.failed, "noted": {}}
        for _mutant in mutants:
            yield {"outcome": self.outcome}


@pytest.mark.parametrize(
    ("trying", "accepted", "told"),
    [
        (Trying(), "", "an area has changes (3) that no test notices, and nobody said why; write a test, or a reason"),
        (Trying(), "it decides nothing", ""),
        (Trying(noticed=True), "", ""),
        (Trying("tests/test_m.py::test_few"), "", "the tests of an area do not pass on the unchanged code: tests/test"),
    ],
)
def test_what_is_neither_noticed_nor_explained_is_refused_in_one_sentence(
    trying: Trying, accepted: str, told: str, tree: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    places = {"AREAS": (AREA,), "copy_of_the_tree": lambda _: tree, "tried": trying, "reason_for": lambda _: accepted}
    for name, value in places.items():
        monkeypatch.setattr(tool, name, value)
    monkeypatch.setattr(sys, "argv", ["mutation"])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert tool.main() == (1 if told else 0)
    last = capsys.readouterr().err.splitlines()[-1:]
    assert last[0].startswith(told) if told else last == []


def test_modules_and_lines_may_be_chosen() -> None:
    assert wanted(CHANGE, None)
    assert wanted(CHANGE, ["n.py", "m.py"])
    assert wanted(CHANGE, ["m.py:1,2"])
    assert not wanted(CHANGE, ["n.py"])
    assert not wanted(CHANGE, ["m.py:1,22", "n.py:2"])


def test_a_table_says_how_many_of_how_many_and_lists_what_was_not_noticed() -> None:
    found: dict[Mutant, str] = {CHANGE: "killed", OTHER: "survived"}
    lines = table(AREA, found, 5)
    assert lines[0] == "## an area: 2 of 5 changes"
    assert "| all | 2 | 1 | 50.0 % | 0 | 50.0 % |" in lines
    assert any(line.startswith("A sample: between ") for line in lines)
    assert any(line.endswith("NO REASON YET") and line.startswith("- m.py:2: ") for line in lines)
    assert not any(line.startswith("A sample") for line in table(AREA, found, 2))
