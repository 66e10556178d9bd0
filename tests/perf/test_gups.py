"""Random updates against the loop in plain C, compiled by gcc -O3, on one core, alternated by the thread's CPU time.

Run with `tox -e perf -- tests/perf/test_gups.py -s`.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from hashwatt.kernels.cpu.native import NativeFunction
from hashwatt.kernels.workloads.gups import cpu

ROUNDS = 21
WORDS = 1 << 25
UPDATES = 1 << 21
# What the HPC Challenge's RandomAccess does for one stream of numbers.
PEER = """
#include <stdint.h>
void update(uint64_t *table, uint64_t *stream, int64_t mask, int64_t updates)
{
    uint64_t number = *stream;
    for (int64_t step = 0; step < updates; step++) {
        number = (number << 1) ^ ((int64_t)number < 0 ? 7 : 0);
        table[number & mask] ^= number;
    }
    *stream = number;
}
"""


def test_updates_against_plain_c(benchmark: Any, tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("no gcc here")
    (tmp_path / "peer.c").write_text(PEER)
    library = tmp_path / "peer.so"
    subprocess.run(
        ["gcc", "-O3", "-march=native", "-shared", "-fPIC", "peer.c", "-o", library], cwd=tmp_path, check=True
    )
    theirs = ctypes.CDLL(str(library)).update
    theirs.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
    function = NativeFunction(cpu.update(), "update")
    ours = function.typed(2, (0, 0))
    table, stream = np.arange(WORDS, dtype=np.uint64), np.array([1 << 40 | 12345], np.uint64)
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(2 * ROUNDS):
        started = time.thread_time_ns()
        # Each turn goes on where the one before it ended.
        if turn % 2:
            ours(table.ctypes.data, stream.ctypes.data, WORDS - 1, UPDATES, 0, 1)
        else:
            theirs(table.ctypes.data, stream.ctypes.data, WORDS - 1, UPDATES)
        taken[turn % 2].append(time.thread_time_ns() - started)
    ratio = median(their / our for their, our in zip(*taken, strict=True))
    benchmark.extra_info.update({"ours / gcc -O3": ratio, "ours (Mup/s)": UPDATES / median(taken[1]) * 1e3})
    print(f"\n  ours / gcc -O3: {ratio:.3f}, ours {UPDATES / median(taken[1]) * 1e3:.1f} Mup/s")
    benchmark.pedantic(lambda: None)
    assert ratio > 0.9
