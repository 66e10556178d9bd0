"""What one process of a test run has found, all have."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..run_folder import RUN_FOLDER, found_once


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
