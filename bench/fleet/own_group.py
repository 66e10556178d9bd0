"""Loaded by the workers of a trial on this machine: Ctrl-C in the terminal is for who leads the run, not for them."""

from __future__ import annotations

import os
from typing import Any


def dask_setup(_worker: Any) -> None:
    """Called by Dask when a worker starts."""
    if os.name == "posix":
        os.setpgid(0, 0)
