"""Stream, peak and the sweep against their peers: own C by gcc, likwid-bench, and our own kernels on OpenCL.

Run with `tox -e perf`. All by CPU time, in turns, so that other programs disturb both sides alike; the figures stand in
`extra_info` (`--benchmark-json FILE`), the bounds asserted leave room for a busy machine. Peers that are not installed
skip their test (Debian: gcc, likwid).
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from hashwatt.kernels.cpu.native import NativeFunction
from hashwatt.kernels.workloads.peak import cpu as peak
from hashwatt.kernels.workloads.peak.formats import FORMATS, STEPS, SWEEP_STEPS
from hashwatt.kernels.workloads.stream import cpu as stream
from hashwatt.kernels.workloads.stream.counts import BLOCK, OPERATIONS

ROUNDS = 60
ARRAY_NUMBERS = 8 << 20
# A slice is far above the last cache's share of a core, and short enough for other programs to spoil few.
SLICE = 1 << 19
TURNS, LONG_TURNS = 20_000, 20_000_000
LIKWID_ITERATIONS = (1 << 16, 1 << 19)

Call = Callable[[int], None]


def arrays() -> tuple[Any, list[int]]:
    """Three arrays on pages, touched; the memory, and their addresses."""
    raw = np.ones(3 * ARRAY_NUMBERS + 512, np.float64)
    first = raw.ctypes.data + -raw.ctypes.data % 4096
    return raw, [first + 8 * ARRAY_NUMBERS * number for number in range(3)]


def alternated(calls: dict[str, Call], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """CPU seconds of each, in turns in a random order, each time at another place of the arrays."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for call in calls.values():
        call(0)
    for _ in range(rounds):
        random.shuffle(names)
        for name in names:
            place = random.randrange(ARRAY_NUMBERS // SLICE) * SLICE
            started = time.thread_time_ns()
            calls[name](place)
            seconds[name].append((time.thread_time_ns() - started) / 1e9)
    return seconds


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed: apt-get install gcc")
    library = tmp_path_factory.mktemp("peer") / "stream.so"
    source = Path(__file__).with_name("stream_peer.c")
    subprocess.run(
        ["gcc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-o", str(library), str(source)], check=True
    )
    return ctypes.CDLL(str(library))


@pytest.mark.parametrize("name", OPERATIONS)
def test_stream_against_c(benchmark: Any, peer: ctypes.CDLL, name: str) -> None:
    kept, places = arrays()
    sums = np.zeros(ARRAY_NUMBERS // BLOCK)
    function = NativeFunction(getattr(stream, name)(), name)
    if name == "dot":
        ours = function.typed(3, ())
        calls: dict[str, Call] = {
            "ours": lambda at: ours(sums.ctypes.data, *(place + 8 * at for place in places[1:]), 0, SLICE // BLOCK)
        }
    else:
        ours = function.typed(3, (0.5,))
        calls = {"ours": lambda at: ours(*(place + 8 * at for place in places), 0.5, 0, SLICE)}
    pointer, real, integer = ctypes.c_void_p, ctypes.c_double, ctypes.c_long
    for label, symbol in (("plain", name), ("past", f"{name}_past")):
        if hasattr(peer, symbol):
            theirs = getattr(peer, symbol)
            theirs.argtypes = [pointer, pointer, pointer, real, integer]
            theirs.restype = real if name == "dot" else None

            def call(at: int, theirs: Any = theirs) -> None:
                theirs(*(place + 8 * at for place in places), 0.5, SLICE)

            calls[label] = call
    seconds = benchmark.pedantic(alternated, (calls,), rounds=1)
    assert len(kept) >= 3 * ARRAY_NUMBERS
    moved = OPERATIONS[name].item_bytes * SLICE / 1e9
    benchmark.extra_info["gb_s"] = {label: round(moved / median(taken), 2) for label, taken in seconds.items()}
    ratios = {
        label: round(median(b / a for a, b in zip(seconds["ours"], seconds[label], strict=True)), 3)
        for label in seconds
        if label != "ours"
    }
    benchmark.extra_info["ratio"] = ratios
    # Reading alone has no stores to save.
    least = {"plain": 0.8} if name == "dot" else {"plain": 1.05, "past": 0.85}
    assert all(ratio > least[label] for label, ratio in ratios.items()), ratios


def peak_gflops(number: str, state: Any, function: Callable[..., None], turns: int = TURNS) -> float:
    """Our kernel's rate on this thread, by its CPU time."""
    each = peak.values_an_item(number)
    started = time.thread_time_ns()
    function(state.ctypes.data, turns, -1, 77, 0, 1)
    return each * turns * STEPS * 2 / (time.thread_time_ns() - started)


def likwid_gflops(kernel: str) -> float:
    """likwid-bench's rate by its process's CPU time: the difference of two lengths, for its start takes a second."""
    (few, short_s), (many, long_s) = (likwid_run(kernel, iterations) for iterations in LIKWID_ITERATIONS)
    return (many - few) / (long_s - short_s) / 1e9


def likwid_run(kernel: str, iterations: int) -> tuple[int, float]:
    """Operations, and CPU seconds of the process."""
    before = os.times()
    told = subprocess.run(
        ["likwid-bench", "-t", kernel, "-w", "S0:16kB:1", "-i", str(iterations)],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    after = os.times()
    flops = re.search(r"Number of Flops:\s+(\d+)", told)
    assert flops is not None, told
    return int(
        flops.group(1)
    ), after.children_user + after.children_system - before.children_user - before.children_system


@pytest.mark.parametrize(("number", "kernel"), [("float64", "peakflops_avx_fma"), ("float32", "peakflops_sp_avx_fma")])
def test_peak_against_likwid(benchmark: Any, number: str, kernel: str) -> None:
    if shutil.which("likwid-bench") is None:
        pytest.skip("likwid-bench is not installed: apt-get install likwid")
    compiled = NativeFunction(getattr(peak, number)(), number)
    function = compiled.typed(1, (1, 1, 1))
    state = np.ones(peak.values_an_item(number), FORMATS[number].stored)
    try:
        likwid_gflops(kernel)
    except (subprocess.CalledProcessError, AssertionError) as error:
        pytest.skip(f"likwid-bench cannot run {kernel} here: {str(error)[-200:]}")

    def rates() -> tuple[list[float], list[float]]:
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(3):
            # As long as the other, for the clock comes and goes.
            ours.append(peak_gflops(number, state, function, LONG_TURNS))
            theirs.append(likwid_gflops(kernel))
        return ours, theirs

    ours, theirs = benchmark.pedantic(rates, rounds=1)
    benchmark.extra_info["gflops"] = {"ours": round(median(ours), 2), "likwid": round(median(theirs), 2)}
    benchmark.extra_info["ratio"] = round(median(ours) / median(theirs), 3)
    # In a clock's ticks of 10 ms.
    assert median(ours) > 0.85 * median(theirs)


def test_the_sweep_against_its_own_roof(benchmark: Any) -> None:
    kept, places = arrays()
    compiled = {steps: NativeFunction(getattr(peak, f"sweep{steps}")(), f"sweep{steps}") for steps in SWEEP_STEPS}
    functions = {steps: one.typed(1, (-1.0, 1.0, 2.0)) for steps, one in compiled.items()}
    peak_compiled = NativeFunction(peak.float64(), "float64")
    peak_function = peak_compiled.typed(1, (1, 1, 1))
    state = np.ones(peak.values_an_item("float64"))

    def sweeping(steps: int) -> Call:
        return lambda at: functions[steps](places[0] + 8 * at, -1.0, 1.0, 2.0, 0, SLICE)

    def at_peak(_at: int) -> None:
        peak_function(state.ctypes.data, TURNS, -1, 77, 0, 1)

    calls: dict[str, Call] = {str(steps): sweeping(steps) for steps in SWEEP_STEPS} | {"peak": at_peak}
    seconds = benchmark.pedantic(alternated, (calls,), rounds=1)
    assert len(kept) >= 3 * ARRAY_NUMBERS
    most = len(state) * TURNS * STEPS * 2 / min(seconds["peak"])
    bandwidth = 16 * SLICE / min(seconds["1"])
    shares = {
        2 * steps / 16: round(100 * 2 * steps * SLICE / min(seconds[str(steps)]) / min(most, steps / 8 * bandwidth))
        for steps in SWEEP_STEPS
    }
    benchmark.extra_info["percent_of_roof"] = shares
    benchmark.extra_info["peak_gflops"] = round(most / 1e9, 2)
    benchmark.extra_info["bandwidth_gb_s"] = round(bandwidth / 1e9, 2)
    assert all(70 < share < 115 for share in shares.values()), shares


def test_opencl_against_our_own_kernels_on_the_same_cores(benchmark: Any) -> None:
    command = [sys.executable, "-m", "tests.perf.roofs_on_opencl"]
    done = benchmark.pedantic(subprocess.run, (command,), {"capture_output": True, "text": True}, rounds=1)
    if done.returncode:
        pytest.skip(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no OpenCL device on the CPU")
    ratios = json.loads(done.stdout)
    benchmark.extra_info["ratio"] = ratios
    assert all(ratio > 0.6 for ratio in ratios.values()), ratios
