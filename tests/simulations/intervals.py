"""How often stated 95 % intervals hold the truth: `python -m tests.simulations.intervals [series [seed]]`.

For each shape of a machine, and for other rules than ours beside it, so that the choice can be seen. 1,000 series by
default; another seed (0 by default) makes others, which nobody has seen when the rule was chosen.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from hashwatt.bench.result.measurement import Round
from hashwatt.bench.rounds.counted import with_counted
from hashwatt.bench.rounds.interval import interval_of_samples, student_t
from hashwatt.bench.sampling.plan import FEWEST_ROUNDS, HALF_WIDTH, plan
from hashwatt.bench.statistics import Interval, ratio_interval

from .courses import BEYOND, CPUS, SHAPES, Shape
from .runs import SimulatedRun, simulated_run

SERIES = 1000
# From the counted rounds, and whether the machine is a virtual one.
Rule = Callable[[Sequence[Round], bool], Interval]


def ours(rounds: Sequence[Round], virtual: bool) -> Interval:
    """The rule of bench/rounds/interval.py."""
    return interval_of_samples([one.samples for one in rounds], CPUS, virtual)


def plain_t(rounds: Sequence[Round], virtual: bool) -> Interval:
    """Student's t over the logarithms of the rounds' rates."""
    logs = np.log([sum(s.amount for s in one.samples) / sum(s.seconds for s in one.samples) for one in rounds])
    half = student_t(len(logs) - 1) * float(logs.std(ddof=1)) / np.sqrt(len(logs))
    value = ours(rounds, virtual).value
    return Interval(value, value * float(np.exp(-half)), value * float(np.exp(half)))


def bootstrap(rounds: Sequence[Round], virtual: bool) -> Interval:
    """Resampling the rounds."""
    return ratio_interval(
        [sum(s.amount for s in one.samples) for one in rounds], [sum(s.seconds for s in one.samples) for one in rounds]
    )


def of_samples(rounds: Sequence[Round], virtual: bool) -> Interval:
    """Resampling the samples, whatever round they are of: the rule before rounds."""
    samples = [sample for one in rounds for sample in one.samples]
    return ratio_interval([s.amount for s in samples], [s.seconds for s in samples])


RULES: dict[str, Rule] = {"ours": ours, "plain t": plain_t, "bootstrap": bootstrap, "samples": of_samples}


def coverage(
    shape: Shape, series: int, seed: int, rules: dict[str, Rule], by_default: bool = False
) -> dict[str, tuple[float, float]]:
    """For each rule the share of so many runs whose interval holds the truth, and the median half width.

    Runs of five seconds, or `by_default` those that end as soon as the interval is narrow, after ten at the latest.
    """
    random = np.random.default_rng(seed)
    held: dict[str, list[bool]] = {name: [] for name in rules}
    widths: dict[str, list[float]] = {name: [] for name in rules}
    for _ in range(series):
        simulated = default_run(shape, random) if by_default else simulated_run(shape, random)
        counted = tuple(one for one in with_counted(simulated.rounds) if one.counted)
        truth = simulated.truth(counted)
        for name, rule in rules.items():
            interval = rule(counted, simulated.course.virtual)
            held[name].append(interval.low <= truth <= interval.high)
            widths[name].append(interval.half_width)
    return {name: (float(np.mean(held[name])), float(np.median(widths[name]))) for name in rules}


def default_run(shape: Shape, random: Generator) -> SimulatedRun:
    """A run without `-t`: see bench/sampling/sampler.py."""
    planned = plan(None)
    whole = simulated_run(shape, random, seconds=planned.seconds, rounds=planned.rounds)
    for rounds in range(FEWEST_ROUNDS, len(whole.rounds)):
        counted = [one.samples for one in with_counted(whole.rounds[:rounds]) if one.counted]
        if len(counted) >= FEWEST_ROUNDS and interval_of_samples(counted, CPUS).half_width <= HALF_WIDTH:
            return whole.cut(rounds)
    return whole


def seed_of(name: str, seed: int = 0) -> int:
    """A seed of its own for each shape, alike on every machine."""
    return zlib.crc32(name.encode()) + seed


def main() -> None:
    """Print a table."""
    series, seed = (*map(int, sys.argv[1:3]), *(SERIES, 0)[len(sys.argv) - 1 :])
    print(f"share of {series} runs whose 95 % interval holds the truth (median half width)")
    print(f"{'shape':24}" + "".join(f"{name:>18}" for name in (*RULES, "ours, no -t")))
    for name, shape in (SHAPES | BEYOND).items():
        told = [*coverage(shape, series, seed_of(name, seed), RULES).values()]
        told += coverage(shape, series, seed_of(name, seed), {"ours": ours}, by_default=True).values()
        print(f"{name:24}" + "".join(f"{100 * held:8.1f} % ±{100 * width:5.2f} %" for held, width in told))


if __name__ == "__main__":
    main()
