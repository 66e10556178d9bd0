"""Work of several makers measured in turns, in bursts so short that some of them meet no other program.

Cycles are those that a chain of additions counts within the turns.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import count
from statistics import median, quantiles
from typing import Any

from hashwatt.kernels.cpu.bursts import burst_rate, iterations_for
from hashwatt.kernels.cpu.jit import compile_variant
from hashwatt.kernels.cpu.variants import CLOCK, variant

# Turns, of a burst each, last so long, and are so many at least; the fastest share of them counts as undisturbed.
SECONDS = 30
FEWEST_TURNS = 61
FASTEST = 0.03

CLOCK_NAME = "a chain of additions"
CLOCK_S = 3e-4
# What others left of the caches makes a chain's first steps slow.
CLOCK_BEGIN = 64

# CPU nanoseconds a hash, measured once.
Timed = Callable[[], float]


def nanoseconds(work: Callable[[], object], hashes: int) -> float:
    started = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - started) / hashes


def alternated(timed: dict[str, Timed]) -> dict[str, list[float]]:
    for work in timed.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in timed}
    until_s = time.perf_counter() + SECONDS
    for turn in count():
        if turn >= FEWEST_TURNS and time.perf_counter() > until_s:
            break
        for name, work in timed.items():
            taken[name].append(work())
    return taken


def fastest(times: list[float]) -> float:
    """The median of the fastest bursts."""
    return median(sorted(times)[: math.ceil(FASTEST * len(times))])


def tell(benchmark: Any, taken: dict[str, list[float]], theirs: list[str], about: str) -> float:
    """Print what each does, and each of ours against each peer; the ratio of our best one to the peers' best."""
    ours = [name for name in taken if name not in theirs]
    turns = len(next(iter(taken.values())))
    print(f"\n  {about}, {turns} bursts of each in turns, ns a hash by the thread's CPU time", end="")
    for name, times in taken.items():
        benchmark.extra_info[name] = {"fastest_hs": 1e9 / fastest(times), "median_hs": 1e9 / median(times)}
        print(f"\n  {name}: fastest {fastest(times):.5g}, median {median(times):.5g}", end="")
    for our in ours:
        for peer in theirs:
            ratio = fastest(taken[peer]) / fastest(taken[our])
            low, middle, high = quantiles(b / a for a, b in zip(taken[our], taken[peer], strict=True))
            benchmark.extra_info[f"{our} / {peer}"] = {"fastest": ratio, "middle_half": (low, middle, high)}
            told = f"{ratio:.2f} by the fastest bursts, {middle:.2f} ({low:.2f}-{high:.2f}) in turn"
            print(f"\n  {our} / {peer}: {told}", end="")
    benchmark.extra_info["instructions"] = about
    benchmark.pedantic(lambda: None)
    best, of_peers = (min(fastest(taken[name]) for name in names) for names in (ours, theirs))
    return of_peers / best


def a_cycle(kernel: str = "scalar-x1") -> Timed:
    """Nanoseconds of a cycle, by the chain of additions that goes with this kernel."""
    chain = compile_variant(variant(kernel), CLOCK)
    iterations = iterations_for(chain, CLOCK_S)

    def run() -> float:
        burst_rate(chain, CLOCK_BEGIN)
        return 1e9 / burst_rate(chain, iterations)

    return run


def tell_cycles(benchmark: Any, taken: dict[str, list[float]], cycle: list[float]) -> None:
    """Print the cycles a hash of each."""
    for name, times in taken.items():
        undisturbed = fastest(times) / fastest(cycle)
        in_turn = median(hash_ns / cycle_ns for hash_ns, cycle_ns in zip(times, cycle, strict=True))
        benchmark.extra_info[name]["cycles_a_hash"] = {"fastest": undisturbed, "median": in_turn}
        print(f"\n  {name}: {undisturbed:.1f} cycles a hash by the fastest bursts, {in_turn:.1f} in turn", end="")
