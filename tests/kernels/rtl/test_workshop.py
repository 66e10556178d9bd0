"""What the tools make is kept by content, and an interruption leaves nothing half made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import hashwatt.kernels.rtl.workshop as workshop
from hashwatt.kernels.rtl.workshop import ToolFailed, made_once, run_tool


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(workshop, "_home", lambda: tmp_path)
    return tmp_path


def test_the_same_inputs_are_made_once_and_others_anew(home: Path) -> None:
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "product").write_text("whole", encoding="utf-8")

    first = made_once("thing", {"input": 1}, make)
    assert made_once("thing", {"input": 1}, make) == first
    assert made_once("thing", {"input": 2}, make) != first
    assert len(made) == 2
    assert (first / "product").read_text(encoding="utf-8") == "whole"


def test_an_interruption_leaves_nothing_behind_and_the_next_run_makes_it(home: Path) -> None:
    def interrupted(folder: Path) -> None:
        (folder / "product").write_text("ha", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_once("thing", {}, interrupted)
    assert list(home.iterdir()) == []

    def make(folder: Path) -> None:
        (folder / "product").write_text("whole", encoding="utf-8")

    assert (made_once("thing", {}, make) / "product").read_text(encoding="utf-8") == "whole"


def test_a_tool_that_fails_is_quoted(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('does not fit'); raise SystemExit(3)"]
    with pytest.raises(ToolFailed, match=r"router failed with exit code 3: does not fit"):
        run_tool("router", command, tmp_path, "router.log")


def test_a_tool_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="router cannot be started"):
        run_tool("router", [str(tmp_path / "absent")], tmp_path, "router.log")
