"""Every field that a command prints with --json, and every column of the CSV, is documented, and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import hashwatt.bench.api
from hashwatt.bench.fleet.fleet import Fleet, Listing
from hashwatt.bench.result.file import save
from hashwatt.kernels.device import Candidate
from hashwatt.reports.layout.plain_figures import COLUMNS
from tests.reports.factory import result, streaming, tampered, verified, with_energy
from tests.reports.samples import unmeasured

from ..fleet.fake_link import host
from ..reports.compare.history.test_benchmark_history import stored
from .commands.test_fleet import a_fleets_result
from .json_paths import paths_of
from .terminal import run_here

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
ROW = re.compile(r"^\| `([^`]+)` \| (.+) \|$")
LINK = re.compile(r"^\[(\w+)\]\(#\1\)$")

Capture = pytest.CaptureFixture[str]


def tables() -> dict[str, dict[str, str]]:
    """The tables of the page: by section, what each field is."""
    found: dict[str, dict[str, str]] = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        name, _, text = section.partition("\n")
        rows = [(match[1], match[2]) for line in text.splitlines() if (match := ROW.match(line))]
        found[name] = dict(rows)
        assert len(found[name]) == len(rows), f"a field stands twice in {name}"
    return found


def documented(section: str) -> set[str]:
    """All paths of a section, with those of the sections that it refers to."""
    return set(expanded(section, ""))


def expanded(section: str, before: str) -> Iterator[str]:
    for field, what in tables()[section].items():
        if field.endswith(".*"):
            link = LINK.match(what)
            assert link, what
            yield from expanded(link[1], before + field[:-1])
        else:
            yield before + field


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Runs with everything there is to show, of several kinds of work; four of one device, with a step."""
    for number in range(4):
        cpu = with_energy(verified(run=number, rate=20e6 if number < 2 else 30e6, roof_hs=40e6), 2.4e6)
        save(result(cpu, streaming(), run=number, day=number + 1), tmp_path / f"{number}.json")
    save(result(tampered(verified(run=9, name="Liar")), run=9), tmp_path / "9.json")
    save(result(verified(run=8, name="Other"), unmeasured("failed", "no answer"), run=8), tmp_path / "8.json")
    return tmp_path


def printed(capsys: Capture, *arguments: str) -> set[str]:
    return set(paths_of(run_here(capsys, *arguments, "--json").document))


def test_histories_are_documented_those_of_benchmarks_among_them(folder: Path, capsys: Capture) -> None:
    for day in range(1, 5):
        stored(folder / f"benchmark{day}.json", 60.0 if day < 3 else 90.0, day)
    assert printed(capsys, "history", str(folder)) == documented("history")


def test_what_is_said_on_the_ladder_is_documented(folder: Path, capsys: Capture) -> None:
    assert printed(capsys, "ladder", str(folder)) == documented("ladder")


def test_what_is_said_of_results_is_documented(folder: Path, capsys: Capture) -> None:
    save(result(verified(run=7), run=7, note="mine"), folder / "7.json")
    published = ("-o", f"{folder}/site/", "--anonymous")
    assert printed(capsys, "report", str(folder), *published) == documented("report")
    # Without them there is no more and no less, but for what these two say.
    plain = printed(capsys, "report", str(folder))
    assert plain == {path for path in documented("report") if not path.startswith(("site.", "anonymous."))}


def test_comparisons_are_documented(folder: Path, capsys: Capture) -> None:
    assert printed(capsys, "compare", str(folder / "0.json"), str(folder / "3.json")) == documented("compare")


@pytest.mark.parametrize("command", ["workloads", "meters", "claims", "kernel"])
def test_what_needs_no_result_is_documented(command: str, capsys: Capture) -> None:
    assert printed(capsys, command) == documented(command)


def test_predictions_are_documented(capsys: Capture) -> None:
    assert printed(capsys, "predict", "rtx4090") == documented("predict")


def test_verdicts_are_documented(folder: Path, capsys: Capture) -> None:
    assert printed(capsys, "verify", str(folder / "0.json")) == documented("verify")


def test_a_run_is_documented(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashwatt.bench.api, "run", lambda *_given, **_settings: result(verified()))
    paths = printed(capsys, "run", "-o", str(folder / "new.json"))
    items = ("verdict.checks[", "verdict.proven[")
    assert {path for path in paths if not path.startswith(("result.", *items))} == documented("run")
    assert {path for path in paths if path.startswith(items)} == {
        f"verdict.{path}" for path in documented("verify") if path.startswith(("checks[", "proven["))
    }


def test_a_fleet_is_documented(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fleet, "__enter__", lambda fleet: fleet)
    monkeypatch.setattr(Fleet, "__exit__", lambda *_: None)
    monkeypatch.setattr(Fleet, "run", lambda *_, **__: a_fleets_result())
    paths = printed(capsys, "fleet", "run", "tcp://head:8786", "-o", str(folder / "new.json"))
    assert {path for path in paths if not path.startswith(("result.", "verdict."))} == documented("fleet run")


@pytest.mark.parametrize("what", ["devices", "meters"])
def test_what_a_fleet_lists_is_documented(what: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = Listing(machines=((host("node1"), {what: []}),), lost=())
    monkeypatch.setattr(Fleet, "__enter__", lambda fleet: fleet)
    monkeypatch.setattr(Fleet, "__exit__", lambda *_: None)
    monkeypatch.setattr(Fleet, what, lambda _: listing)
    assert printed(capsys, "fleet", what, "tcp://head:8786") == documented(f"fleet {what}")


def test_devices_are_documented(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    race = (Candidate("one", 2e6, 0.5), Candidate("two", None, None, "it needs AVX-512"))
    monkeypatch.setattr("hashwatt.cli.commands.devices.race_all", lambda *_given: {"cpu": race})
    assert printed(capsys, "devices", "--kernels") == documented("devices")


def test_scans_are_documented(capsys: Capture) -> None:
    header = "0" * 160
    assert printed(capsys, "scan", "-d", "cpu", "--header", header, "--zero-bits", "8", "--count", "1000") == (
        documented("scan")
    )


@pytest.mark.parametrize("command", ["emit", "validate"])
def test_what_the_core_s_commands_tell_at_once_is_documented(command: str, capsys: Capture) -> None:
    if command == "emit":
        pytest.importorskip("amaranth", reason="emit needs the extra rtl")
    assert printed(capsys, "rtl", command) == documented(f"rtl {command}")


def test_what_the_core_s_slow_commands_tell_is_documented() -> None:
    pytest.importorskip("amaranth", reason="their records are made with the extra rtl")
    from hashwatt.kernels.rtl.asic.flow import Energy, Silicon
    from hashwatt.kernels.rtl.fpga.place import Placement

    derived = {"efficiency_j_per_th", "power_w", "heat_w_per_mm2", "bound_factor"}
    parts = {f"energy.{field.name}" for field in fields(Energy)}
    assert documented("rtl place") == {"origin", *(field.name for field in fields(Placement))}
    assert documented("rtl synth") == {"origin", "missing", *(one.name for one in fields(Silicon)), *parts, *derived}


def test_the_columns_of_the_csv_are_documented_in_their_order() -> None:
    assert list(tables()["columns"]) == list(COLUMNS)


def test_what_is_not_documented_would_be_seen() -> None:
    assert set(paths_of({"a": [{"b": 1}, {"c": {"d": None}}], "limits": {"x": 1}})) == {
        "a", "a[].b", "a[].c", "a[].c.d", "limits",
    }  # fmt: skip
