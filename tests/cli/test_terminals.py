"""Names in any script on consoles that know few letters: what cannot be shown is escaped, and nothing ends badly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hashwatt.bench.result.file import save
from tests.reports.factory import result, verified

from .terminal import run_apart

NAME = "Grafikkarte „Größe“ 显卡 ⚡"


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "r.json"
    save(result(verified(name=NAME), note="заметка"), path)
    return path


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp850", "utf-8"])
def test_names_that_a_console_cannot_show_are_no_fault(encoding: str, stored: Path) -> None:
    # Each is a process that starts: one of those that know few letters verifies, too.
    for command in (["report"], ["verify"]) if encoding == "ascii" else (["report"],):
        outcome = run_apart(*command, str(stored), PYTHONIOENCODING=encoding)
        assert outcome.code == 0
        # What is done again is named, as any stage is.
        assert re.sub(r"^ *\d+ s  ", "", outcome.err) == ("cpu: recomputing\n" if command == ["verify"] else "")
        assert "Traceback" not in outcome.out
        if encoding == "utf-8":
            assert "Größe" in outcome.out
