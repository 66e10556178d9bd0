"""cpuminer-opt's own functions, called in this process (`docs/performance.md` says how its libraries are built).

`HASHWATT_CPUMINER=FOLDER/gcc.so:FOLDER/clang.so` names the libraries; each is called by its file's name.
"""

from __future__ import annotations

import ctypes
import os
import struct
import time
from pathlib import Path

import pytest

from .turns import Timed

LIBRARIES = "HASHWATT_CPUMINER"

Peers = dict[str, ctypes.CDLL]


def named_libraries() -> Peers:
    """The libraries by name; skips the test where none is named."""
    paths = [Path(path) for path in os.environ.get(LIBRARIES, "").split(os.pathsep) if path]
    if not paths:
        pytest.skip(f"{LIBRARIES} names no library of cpuminer-opt's kernels")
    libraries = {path.stem: ctypes.CDLL(str(path)) for path in paths}
    for library in libraries.values():
        for name in ("peer_work_size", "peer_data", "peer_target"):
            getattr(library, name).restype = ctypes.c_size_t
    return libraries


def scanned_by(library: ctypes.CDLL, function: str, nonces: int) -> Timed:
    room = ctypes.create_string_buffer(library.peer_work_size() + 64)
    work = -(-ctypes.addressof(room) // 64) * 64
    thread, done = ctypes.create_string_buffer(4096), ctypes.c_uint64()
    header = struct.pack(">19I", *range(19)) + bytes(4)

    def run() -> float:
        ctypes.memmove(work + library.peer_data(), header, len(header))
        ctypes.memset(work + library.peer_target(), 0, 32)
        assert room
        call = getattr(library, function)
        started = time.thread_time_ns()
        call(ctypes.c_void_p(work), ctypes.c_uint32(nonces), ctypes.byref(done), thread)
        return (time.thread_time_ns() - started) / done.value

    return run
