"""Stream, peak and the sweep against their peers: own C by gcc, likwid-bench, and our own kernels on OpenCL.

Run with `tox -e perf -- -s`. All by CPU time, in turns, so that other programs disturb both sides alike. Figures are
printed, and stand in `extra_info` (`--benchmark-json FILE`); what is asserted are the goals, for a quiet machine. Peers
that are not installed skip their test (Debian: gcc, likwid).
"""

from __future__ import annotations

import ctypes
import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from hashwatt.kernels.cpu.backend import find as find_cpu
from hashwatt.kernels.cpu.codegen import array_ir
from hashwatt.kernels.cpu.native import NativeFunction
from hashwatt.kernels.device import Found
from hashwatt.kernels.workloads.peak import cpu as peak
from hashwatt.kernels.workloads.peak.formats import FORMATS, STEPS, SWEEP_STEPS
from hashwatt.kernels.workloads.stream import cpu as stream
from hashwatt.kernels.workloads.stream.arrays import array_items
from hashwatt.kernels.workloads.stream.counts import BLOCK, OPERATIONS

ROUNDS = 60
# Far more than a core's second cache holds, and short enough for other programs to spoil few; but long beside the 30 µs
# that Python takes to begin a call after its own code and data were swept out of the caches.
SLICE = 1 << 21
# Of the sweep: a virtual machine's host may hold up the first use of each 2 MiB (see docs/suite.md), so that the median
# of parts of a quarter of a MiB is what the core itself does.
PART = 1 << 15
# The longer ones are about as long on both sides: a second of CPU time.
TURNS, LONG_TURNS = 100_000, 10_000_000
LIKWID_ITERATIONS = (1 << 18, 1 << 21)
# Odd numbers of rounds; beside other programs no more are begun after so many seconds.
LIKWID_ROUNDS, FEWEST_LIKWID_ROUNDS, LIKWID_S = 7, 5, 25
STARTS = 5
# Of a process of `roofs_on_opencl`; a quiet machine takes a quarter of it.
LONGEST_S = 240
PEAK_LOADS = 3
WIDTHS = tuple(bits for bits in (512, 256, 128) if bits <= array_ir.register_bits())
# Bytes that plain stores move for each byte that counts: they fetch the line that they overwrite. No store past the
# caches can gain more.
MOST_GAINED = {"copy": 3 / 2, "mul": 3 / 2, "add": 4 / 3, "triad": 4 / 3, "dot": 1.0}
# Where a point's two roofs lie this close, neither binds alone.
KNEE = 1.5

# Some tell their seconds themselves.
Call = Callable[[int], float | None]


@cache
def arrays() -> tuple[Any, list[int], int]:
    """Three arrays on pages, touched, side by side and each four times the largest cache; the same for all tests.

    The memory (beside 300 MiB of cache 3.6 GiB), their addresses, and how many numbers each has: whole slices.
    """
    (cpu,) = (entry for entry in find_cpu() if isinstance(entry, Found))
    numbers = -(-array_items(cpu.info) // SLICE) * SLICE
    raw = np.ones(3 * numbers + 512, np.float64)
    first = raw.ctypes.data + -raw.ctypes.data % 4096
    return raw, [first + 8 * numbers * number for number in range(3)], numbers


def alternated(calls: dict[str, Call], numbers: int, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """CPU seconds of each, in turns in a random order, each time at another place of so many numbers.

    A place comes again only after all others, for what was there a moment ago would be in a cache.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    names, places = list(calls), [SLICE * slice_ for slice_ in range(numbers // SLICE)]
    random.shuffle(places)
    following = cycle(places)
    for call in calls.values():
        call(next(following))
    for _ in range(rounds):
        random.shuffle(names)
        for name in names:
            place = next(following)
            started = time.thread_time_ns()
            told = calls[name](place)
            seconds[name].append((time.thread_time_ns() - started) / 1e9 if told is None else told)
    return seconds


def at_width(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels as they are on a CPU whose registers have so many bits."""
    for module in (array_ir, peak):
        monkeypatch.setattr(module, "register_bits", lambda: bits)


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
    kept, places, numbers = arrays()
    sums = np.zeros(numbers // BLOCK)
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
    seconds = benchmark.pedantic(alternated, (calls, numbers), rounds=1)
    assert len(kept) >= 3 * numbers
    moved = OPERATIONS[name].item_bytes * SLICE / 1e9
    figures = {label: round(moved / median(taken), 2) for label, taken in seconds.items()}
    ratios = {
        label: round(median(b / a for a, b in zip(seconds["ours"], seconds[label], strict=True)), 3)
        for label in seconds
        if label != "ours"
    }
    benchmark.extra_info.update({"gb_s": figures, "ratio": ratios, "most_gained": MOST_GAINED[name]})
    print(f"\n  {name}: GB/s {figures}, ours / theirs {ratios}, at most {MOST_GAINED[name]:.2f} of plain")
    if name == "dot":
        # Reading alone has no stores to save.
        assert ratios["plain"] >= 0.97
        return
    assert ratios["past"] >= 0.97
    # C's own stores past the caches show what they gain here: where reads bind, less than the bytes that they save.
    assert ratios["plain"] >= min(1.3, 0.97 * ratios["plain"] / ratios["past"])


def peak_gflops(number: str, state: Any, function: Callable[..., None], turns: int = TURNS) -> float:
    """Our kernel's rate on this thread, by its CPU time."""
    each = peak.values_an_item(number)
    started = time.thread_time_ns()
    function(state.ctypes.data, turns, -1, 77, 0, 1)
    return each * turns * STEPS * 2 / (time.thread_time_ns() - started)


class Likwid:
    """likwid-bench's rate by its process's CPU time: the difference of two lengths, for its start takes a while.

    The short one is mostly that start, which is the same each time.
    """

    def __init__(self, kernel: str) -> None:
        self._kernel = kernel
        shortest = [likwid_run(kernel, LIKWID_ITERATIONS[0]) for _ in range(STARTS)]
        self._few, self._short_s = shortest[0][0], median(seconds for _, seconds in shortest)

    def gflops(self) -> float:
        many, long_s = likwid_run(self._kernel, LIKWID_ITERATIONS[1])
        return (many - self._few) / (long_s - self._short_s) / 1e9


def likwid_run(kernel: str, iterations: int) -> tuple[int, float]:
    """Operations, and CPU seconds of the process."""
    # Only POSIX has it.
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = subprocess.run(
        ["likwid-bench", "-t", kernel, "-w", "S0:16kB:1", "-i", str(iterations)],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    flops = re.search(r"Number of Flops:\s+(\d+)", told)
    assert flops is not None, told
    return int(flops.group(1)), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(
    ("number", "bits", "kernel"),
    [
        ("float64", 512, "peakflops_avx512_fma"),
        ("float32", 512, "peakflops_sp_avx512_fma"),
        ("float64", 256, "peakflops_avx_fma"),
        ("float32", 256, "peakflops_sp_avx_fma"),
    ],
)
def test_peak_against_likwid(
    benchmark: Any, number: str, bits: int, kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of ours against likwid's own for vectors of that width."""
    if shutil.which("likwid-bench") is None:
        pytest.skip("likwid-bench is not installed: apt-get install likwid")
    if bits not in WIDTHS:
        pytest.skip(f"this CPU has no registers of {bits} bits")
    at_width(bits, monkeypatch)
    compiled = NativeFunction(getattr(peak, number)(), number)
    function = compiled.typed(1, (1, 1, 1))
    state = np.ones(peak.values_an_item(number), FORMATS[number].stored)
    try:
        likwid = Likwid(kernel)
    except (subprocess.CalledProcessError, AssertionError) as error:
        pytest.skip(f"likwid-bench cannot run {kernel} here: {str(error)[-200:]}")

    def rates() -> tuple[list[float], list[float]]:
        ours: list[float] = []
        theirs: list[float] = []
        until_s = time.perf_counter() + LIKWID_S
        for done in range(LIKWID_ROUNDS):
            if done >= FEWEST_LIKWID_ROUNDS and time.perf_counter() > until_s:
                break
            # As long as the other, for the clock comes and goes.
            ours.append(peak_gflops(number, state, function, LONG_TURNS * bits // 512))
            theirs.append(likwid.gflops())
        return ours, theirs

    ours, theirs = benchmark.pedantic(rates, rounds=1)
    figures = {"ours": round(median(ours), 2), kernel: round(median(theirs), 2)}
    ratio = round(median(our / their for our, their in zip(ours, theirs, strict=True)), 3)
    benchmark.extra_info.update({"gflops": figures, "ratio": ratio})
    print(f"\n  {number}, {bits} bits: GFLOP/s {figures}, ours / likwid {ratio}")
    assert ratio >= 0.99


def beside_an_update(steps: int) -> str:
    """As much arithmetic as the sweep's on registers alone, beside an update in place of the same array.

    Neither waits for the other's numbers, so what this is slower than the slower of the two is the device's.
    """

    def both(lines: array_ir.Lines, kind: array_ir.Kind, vectors: Sequence[Sequence[str]]) -> list[str]:
        m, c = (array_ir.splat(lines, kind, name) for name in ("%s0", "%s1"))
        # LLVM must take them for new numbers each time, and for used ones at the end.
        values = [lines.value(f'call {kind.text} asm sideeffect "", "=x,0"({kind.text} {c})') for _ in vectors]
        updated = []
        for step in range(steps):
            for (read,) in vectors[len(vectors) * step // steps : len(vectors) * (step + 1) // steps]:
                updated.append(lines.value(f"fsub {kind.text} {c}, {read}"))
            products = [lines.value(f"fmul contract {kind.text} {value}, {m}") for value in values]
            values = [lines.value(f"fadd contract {kind.text} {product}, {c}") for product in products]
        for value in values:
            lines.say(f'call void asm sideeffect "", "x"({kind.text} {value})')
        return updated

    return array_ir.each_item(
        "both", 1, ["double"] * 3, [0], 0, both, past_cache=False,
        unroll=peak.CHAINS if steps >= peak.CHAINS else None, ahead=peak.SWEEP_AHEAD,
    )  # fmt: skip


@pytest.mark.parametrize("bits", WIDTHS)
def test_the_sweep_against_its_own_roof(
    benchmark: Any, peer: ctypes.CDLL, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And against `beside_an_update`: what the device does of both at once, which may be less than of either alone.

    By medians of parts, as are its roofs, but the whole slices' lost time is printed beside them.
    """
    at_width(bits, monkeypatch)
    kept, places, numbers = arrays()
    compiled = {steps: NativeFunction(getattr(peak, f"sweep{steps}")(), f"sweep{steps}") for steps in SWEEP_STEPS}
    beside = {steps: NativeFunction(beside_an_update(steps), "both") for steps in SWEEP_STEPS}
    # Code may come to lie on pages where it is slower (Zen 5): of three loads the fastest is the roof.
    peaks = [NativeFunction(peak.float64(), "float64") for _ in range(PEAK_LOADS)]
    state = np.ones(peak.values_an_item("float64"))
    held_up: dict[str, list[float]] = {}

    def by_parts(name: str, function: Any) -> Call:
        taken = np.zeros(SLICE // PART, ctypes.c_long)
        peer.parts.argtypes = [ctypes.c_void_p] * 2 + [ctypes.c_double] * 3 + [ctypes.c_long] * 3 + [ctypes.c_void_p]
        peer.parts.restype = None

        def call(at: int) -> float:
            address = ctypes.cast(function, ctypes.c_void_p)
            peer.parts(address, places[0], -1.0, 1.0, 2.0, at, PART, len(taken), taken.ctypes.data)
            undisturbed = float(np.median(taken)) * len(taken)
            held_up.setdefault(name, []).append(1 - undisturbed / float(taken.sum()))
            return undisturbed / 1e9

        return call

    def at_peak(load: int) -> Call:
        function = peaks[load].typed(1, (1, 1, 1))
        return lambda _at: function(state.ctypes.data, TURNS, -1, 77, 0, 1)

    loads = {f"peak {load}": at_peak(load) for load in range(PEAK_LOADS)}
    kernels = {str(steps): one.typed(1, (-1.0, 1.0, 2.0)) for steps, one in compiled.items()}
    kernels |= {f"both {steps}": one.typed(1, (-1.0, 1.0, 2.0)) for steps, one in beside.items()}
    calls = loads | {name: by_parts(name, kernel) for name, kernel in {**kernels, "C": peer.update_part}.items()}
    seconds = benchmark.pedantic(alternated, (calls, 3 * numbers), rounds=1)
    assert len(kept) >= 3 * numbers
    most = [len(state) * TURNS * STEPS * 2 / each for each in min((seconds[name] for name in loads), key=median)]
    # The fastest of all ways to update an array in place: a C compiler's, ours, and those that do arithmetic meanwhile,
    # which can move more, since it keeps their requests apart.
    updates = ["C", "1", *(f"both {steps}" for steps in SWEEP_STEPS)]
    bandwidth = [16 * SLICE / each for each in min((seconds[name] for name in updates), key=median)]
    shares: dict[float, float] = {}
    at_once: dict[float, float] = {}
    binds = {}
    for steps in SWEEP_STEPS:
        memory = [steps / 8 * each for each in bandwidth]
        roofs = [min(both) for both in zip(most, memory, strict=True)]
        intensity = 2 * steps / 16
        for percent, name in ((shares, str(steps)), (at_once, f"both {steps}")):
            rates = [2 * steps * SLICE / each for each in seconds[name]]
            percent[intensity] = round(100 * median(rate / roof for rate, roof in zip(rates, roofs, strict=True)), 1)
        ratio = median(memory) / median(most)
        binds[intensity] = "both" if 1 / KNEE < ratio < KNEE else "memory" if ratio < 1 else "arithmetic"
    figures = {"peak_gflops": round(median(most) / 1e9, 1), "bandwidth_gb_s": round(median(bandwidth) / 1e9, 1)}
    stalls = {2 * steps / 16: round(100 * median(held_up[str(steps)]), 1) for steps in SWEEP_STEPS}
    benchmark.extra_info.update({"percent_of_roof": shares, "both_at_once": at_once, "binds": binds, **figures})
    benchmark.extra_info["percent_held_up"] = stalls
    print(f"\n  {bits} bits: % of roof {shares}, which is of {binds}, both at once {at_once}; {figures};")
    print(f"  % of the sweep's time that single parts were held up {stalls}")
    for intensity, share in shares.items():
        # At the knee all that does not overlap shows: 93 to 95 % on Zen 5 by vectors of 512 bits, beside other load.
        # Where this fails, `both at once` says whether the device does more.
        assert (92 if binds[intensity] == "both" else 95) <= share <= 105, (intensity, shares, at_once)


def test_opencl_against_our_own_kernels_on_the_same_cores(benchmark: Any) -> None:
    ratios = {name: figures["ratio"] for name, figures in on_opencl(benchmark, "stream", "peak").items()}
    # The sweep's points on OpenCL are not among the goals.
    assert all(ratio >= (0.85 if "flop/byte" in name else 0.95) for name, ratio in ratios.items()), ratios


def test_products_on_opencl_come_near_the_peak_of_their_numbers(benchmark: Any) -> None:
    figures = on_opencl(benchmark, "gemm", "conv")
    # Integers are taken out of their groups first, which counts for nothing. Both beside others who use the caches.
    least = {name: 0.35 if "int" in name else 0.5 for name in figures}
    assert all(each["of_peak"] > least[name] for name, each in figures.items()), figures


def on_opencl(benchmark: Any, *names: str) -> dict[str, dict[str, float]]:
    """What `roofs_on_opencl` tells of these workloads; it is kept."""
    command = [sys.executable, "-m", "tests.perf.roofs_on_opencl", *names]
    options = {"capture_output": True, "text": True, "timeout": LONGEST_S}
    done = benchmark.pedantic(subprocess.run, (command,), options, rounds=1)
    if done.returncode:
        pytest.skip(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no OpenCL device on the CPU")
    figures: dict[str, dict[str, float]] = json.loads(done.stdout)
    benchmark.extra_info["figures"] = figures
    print(f"\n  OpenCL / ours: {figures}")
    return figures
