"""Random updates against the loop in plain C, compiled by gcc -O3, on one core, alternated by the thread's CPU time.

Run with `tox -e perf -- tests/perf/test_gups.py -s`.
"""

from __future__ import annotations

import ctypes
import random
import shutil
import subprocess
import time
from collections.abc import Callable
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
    compiled = {name: NativeFunction(getattr(cpu, name)(), name) for name in ("update", "look")}
    ours, look = (one.typed(2, (0, 0)) for one in compiled.values())
    table, stream = np.arange(WORDS, dtype=np.uint64), np.array([1 << 40 | 12345], np.uint64)
    calls: dict[str, Callable[[], None]] = {
        "gcc": lambda: theirs(table.ctypes.data, stream.ctypes.data, WORDS - 1, UPDATES),
        "ours": lambda: ours(table.ctypes.data, stream.ctypes.data, WORDS - 1, UPDATES, 0, 1),
        "reads": lambda: look(table.ctypes.data, stream.ctypes.data, WORDS - 1, UPDATES, 0, 1),
    }
    taken: dict[str, list[int]] = {name: [] for name in calls}
    names = list(calls)
    for _ in range(ROUNDS):
        random.shuffle(names)
        for name in names:
            # Each goes on where the one before it ended.
            started = time.thread_time_ns()
            calls[name]()
            taken[name].append(time.thread_time_ns() - started)
    ratio, share = (
        median(other / our for other, our in zip(taken[name], taken["ours"], strict=True)) for name in ("gcc", "reads")
    )
    rate = UPDATES / median(taken["ours"]) * 1e3
    benchmark.extra_info.update({"ours / gcc -O3": ratio, "ours / reads": share, "ours (Mup/s)": rate})
    print(f"\n  ours / gcc -O3: {ratio:.3f}, ours / its roof, reads: {share:.3f}, ours {rate:.1f} Mup/s")
    benchmark.pedantic(lambda: None)
    assert ratio >= 0.97
    # More than its roof would be no roof.
    assert share <= 1.05
