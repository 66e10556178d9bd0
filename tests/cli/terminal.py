"""Runs command lines: in this process, where the harness can be replaced, or in one of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from hashwatt.cli.app import execute


@dataclass(frozen=True)
class Outcome:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


def run_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> Outcome:
    code = execute(arguments)
    out, err = capsys.readouterr()
    assert "Traceback" not in out
    return Outcome(code, out, err)


def run_apart(*arguments: str, timeout_s: float = 120, **environment: str) -> Outcome:
    ended = subprocess.run(
        [sys.executable, "-m", "hashwatt", *arguments],
        capture_output=True,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        timeout=timeout_s,
        check=False,
    )
    return Outcome(ended.returncode, ended.stdout.decode("utf-8", "replace"), ended.stderr.decode("utf-8", "replace"))
