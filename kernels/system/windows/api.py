"""The libraries of Windows by ctypes; on other systems there are none."""

from __future__ import annotations

import ctypes
from typing import Any

# A call whose answer does not fit says how long it is; it may have grown when it is made again.
TRIES = 4
ERROR_INSUFFICIENT_BUFFER = 122
# No answer that is read here is longer: 2,048 logical CPUs tell some 200 KB.
MOST_BYTES = 1 << 24


def library(name: str) -> Any:
    """One of Windows' own libraries (`kernel32`), from the system's folder only. Raises OSError elsewhere."""
    load = getattr(ctypes, "WinDLL", None)
    if load is None:
        raise OSError(f"{name} is a library of Windows")
    # 0x800: a file of that name in the current folder must not be loaded.
    return load(f"{name}.dll", use_last_error=True, winmode=0x800)


def last_error() -> int:
    """The error of this thread's last call; 0 on other systems."""
    return int(getattr(ctypes, "get_last_error", lambda: 0)())
