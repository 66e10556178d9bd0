"""What one process of a test run has found, all have."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from .. import run_folder
from ..run_folder import RUN_FOLDER, found_once, say_that_it_has_collected, wait_for_the_leader


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(RUN_FOLDER, str(tmp_path))
    return tmp_path


def test_a_second_look_gives_what_the_first_gave(folder: Path) -> None:
    assert found_once("things", lambda: ["one"]) == ["one"]
    assert found_once("things", lambda: ["another"]) == ["one"]
    assert [path.name for path in folder.iterdir()] == ["things"]


def test_of_two_that_look_at_once_the_first_decides() -> None:
    def slow() -> str:
        # Meanwhile somebody else is through.
        assert found_once("things", lambda: "theirs") == "theirs"
        return "ours"

    assert found_once("things", slow) == "theirs"


@pytest.mark.parametrize(
    ("worker", "count", "leader"),
    [(0, 4, None), (1, 4, None), (2, 4, 0), (3, 4, 1), (2, 3, 0), (0, 1, None), (4, 4, None)],
)
def test_every_other_worker_waits_for_one_that_waits_for_nobody(
    worker: int, count: int, leader: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited_for: list[int | None] = []

    def sleep(_: float) -> None:
        waited_for.append(leader)
        say_that_it_has_collected(0 if leader is None else leader)

    monkeypatch.setattr(run_folder, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    wait_for_the_leader(worker, count)
    assert waited_for == ([] if leader is None else [leader])


def test_no_worker_waits_for_ever_for_one_that_died() -> None:
    wait_for_the_leader(2, 4, longest_s=0.0)
