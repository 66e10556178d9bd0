"""A folder that all processes of one test run share (pytest's workers and their children), for what is found once."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

RUN_FOLDER = "HASHWATT_TEST_RUN_FOLDER"
# Far above what collecting takes on a busy machine; a worker that died does not keep another for longer.
LONGEST_WAIT_S = 120.0
_ours: list[str] = []
T = TypeVar("T")


def make_run_folder() -> None:
    """Make the folder, unless this process is a child of one that has."""
    if RUN_FOLDER not in os.environ:
        _ours.append(tempfile.mkdtemp(prefix="hashwatt-test-run-"))
        os.environ[RUN_FOLDER] = _ours[0]


def remove_run_folder() -> None:
    """Remove the folder, where this process made it."""
    for folder in _ours:
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(RUN_FOLDER, None)
    _ours.clear()


def found_once(name: str, find: Callable[[], T]) -> T:
    """What `find` gives, the same for all processes of the run: whoever has it first decides.

    pytest's workers must agree on the tests there are, whatever a busy machine's drivers answer the second time.
    """
    kept = Path(os.environ[RUN_FOLDER]) / name
    if not kept.exists():
        own = kept.with_suffix(f".{os.getpid()}")
        own.write_bytes(pickle.dumps(find()))
        with contextlib.suppress(FileExistsError):
            os.link(own, kept)
        own.unlink()
    found: T = pickle.loads(kept.read_bytes())
    return found


def _is_through(worker: int) -> Path:
    return Path(os.environ[RUN_FOLDER]) / f"collected-{worker}"


def wait_for_the_leader(worker: int, count: int, longest_s: float = LONGEST_WAIT_S) -> None:
    """Wait in the second half of `count` workers until one of the first half has collected, and so compiled the files.

    Where all begin at once, each compiles each file of a fresh clone, which takes almost as long as all else.
    """
    leader = worker - (count + 1) // 2
    # One that takes a dead worker's place has a number above theirs.
    if 0 <= leader < count // 2:
        end = time.monotonic() + longest_s
        while not _is_through(leader).exists() and time.monotonic() < end:
            time.sleep(0.05)


def say_that_it_has_collected(worker: int) -> None:
    """Let the worker that waits for this one begin."""
    _is_through(worker).touch()
