"""Runs the hardware tools, each in a process of its own, and keeps what they made, by content.

A tool that crashes takes only its process along; Ctrl-C ends it, and what it had half written is in
a folder that nobody looks at.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from ..errors import DeviceError
from ..system.own_files import cache_folder
from ..system.trust import holds_only_own

# What a step is doing, for whoever shows progress.
Say = Callable[[str], None]

TAIL_LINES = 3
RUN_YOSYS = """\
import sys
from pyosys import libyosys
design = libyosys.Design()
for line in open("script.ys", encoding="utf-8"):
    libyosys.run_pass(line.strip(), design)
"""


def say_nothing(text: str) -> None:
    """For callers who show no progress."""


class ToolFailed(DeviceError):
    """A hardware tool ended with an error; its own last words are in the sentence."""


def made_once(what: str, inputs: Mapping[str, object], make: Callable[[Path], None]) -> Path:
    """The folder that `make` filled for these inputs (JSON values), now or in an earlier run.

    The inputs name everything that the products depend on, tool versions included.
    """
    key = sha256(json.dumps([what, inputs], sort_keys=True).encode()).hexdigest()[:32]
    home = _home()
    done = home / f"{what}-{key}"
    if done.is_dir():
        # Some of it is run.
        if not holds_only_own(done):
            raise ToolFailed(f"{done} may have been written by others; remove it")
        return done
    with tempfile.TemporaryDirectory(dir=home, prefix=".making-", ignore_cleanup_errors=True) as name:
        work = Path(name) / "work"
        work.mkdir()
        make(work)
        (work / "inputs.json").write_text(json.dumps(inputs, indent=2, sort_keys=True), encoding="utf-8")
        # Somebody else may have made the same meanwhile; theirs is as good.
        with suppress(OSError):
            os.replace(work, done)
        if not done.is_dir():
            raise ToolFailed(f"{done} cannot be written; make room there or set XDG_CACHE_HOME")
    return done


@cache
def _home() -> Path:
    folder = cache_folder("rtl")
    if folder is None:
        try:
            folder = Path(tempfile.mkdtemp(prefix="hashwatt-rtl-"))
        except OSError as error:
            raise ToolFailed(
                f"there is no folder for the tools to work in ({error.strerror}); set XDG_CACHE_HOME or TMPDIR to one"
            ) from None
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def run_yosys(script: Sequence[str], folder: Path) -> None:
    """Run Yosys commands in `folder`; its log is left there as yosys.log. Raises ToolFailed."""
    (folder / "script.ys").write_text("\n".join(script), encoding="utf-8")
    run_tool("Yosys", [sys.executable, "-c", RUN_YOSYS], folder, "yosys.log")


def run_tool(name: str, command: Sequence[str], folder: Path, log: str) -> None:
    """Run a command in `folder`, its words going to the file `log` there. Raises ToolFailed."""
    with (folder / log).open("wb") as file:
        try:
            outcome = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False
            )
        except OSError as error:
            raise ToolFailed(f"{name} cannot be started ({error}); install it again") from error
    if outcome.returncode:
        words = (folder / log).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        last = " / ".join(line.strip() for line in words[-TAIL_LINES:])
        raise ToolFailed(f"{name} failed with exit code {outcome.returncode}: {last or 'it said nothing'}")
