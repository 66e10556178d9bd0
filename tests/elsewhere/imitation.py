"""Running hashwatt in a process that begins with some lines of Python, which take away or change what a system has."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# Quick to compile, and right on every processor.
KERNEL = "scalar-x1"
SCAN = ("scan", "-q", "-d", "cpu", "--header", "00" * 80, "--zero-bits", "8", "--count", "1000")
LIMIT_S = 120


def imitate(
    folder: Path,
    shim: str,
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    python: Sequence[str] = (sys.executable,),
) -> subprocess.CompletedProcess[bytes]:
    """Run `hashwatt` with these arguments in the folder; every Python process in it runs the shim first."""
    place = folder / "shim"
    place.mkdir(exist_ok=True)
    (place / "sitecustomize.py").write_text(shim, encoding="utf-8")
    return subprocess.run(
        [*python, "-m", "hashwatt", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(place), **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
