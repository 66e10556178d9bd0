"""A folder that all processes of one test run share (pytest's workers and their children), for what is found once."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

RUN_FOLDER = "HASHWATT_TEST_RUN_FOLDER"
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
