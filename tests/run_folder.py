"""A folder that all processes of one test run share (pytest's workers and their children), for what is found once."""

from __future__ import annotations

import os
import shutil
import tempfile

RUN_FOLDER = "HASHWATT_TEST_RUN_FOLDER"
_ours: list[str] = []


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
