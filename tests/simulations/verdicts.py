"""How often `compare` and `run --ab` are right: `python -m tests.simulations.verdicts [pairs [seed]]`.

For each shape of a machine, pairs of sides of the same code (a verdict of faster or slower is false), and pairs of
which the new side is 5 % faster (where it is not found, or called the same or slower, it is missed or false).
1,000 pairs by default; another seed (0 by default) makes others.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

import numpy as np
from msgspec.structs import replace
from numpy.random import Generator

from hashwatt.bench.rates import counted_samples, rate_of_rounds, rate_per_cpu_s
from hashwatt.bench.result.measurement import Measurement, Round
from hashwatt.bench.result.model import Alternated, AlternatedPair, Result
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.rounds.counted import QUIET_CPUS, with_counted
from hashwatt.bench.run.alternation import in_turns
from hashwatt.reports.collect.gather import Entry
from hashwatt.reports.compare.rates.rate_series import Series, series_of
from hashwatt.reports.compare.sides.pairs import Pair
from hashwatt.reports.compare.verdicts.alternated import judge_alternated
from hashwatt.reports.compare.verdicts.comparison import Comparison, compare_pair
from tests.reports.factory import result, verified

from .courses import SHAPES, Shape
from .intervals import seed_of
from .runs import ROUNDS, SECONDS, simulated_run

PAIRS = 1000
CHANGE = 1.05
# An alternated run of `-t 5` for each of its two settings.
ALTERNATED_S = 2 * SECONDS
ALTERNATED_ROUNDS = 2 * ROUNDS


@dataclass(frozen=True)
class Outcome:
    """How often, of all pairs: `false` verdicts on the same code; a true change `found`, `wrong` about it, `bare`.

    `bare`: that one cannot tell, and nothing about what would.
    """

    false: float
    found: float
    wrong: float
    bare: float


def outcomes(shape: Shape, runs: int, pairs: int, seed: int) -> Outcome:
    """So many pairs of sides of so many runs each; 0: two settings alternated in one run."""
    random = np.random.default_rng(seed)
    same: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    bare = 0
    for _ in range(pairs):
        before, after = alternated_pair(shape, random) if not runs else compared_pair(shape, random, runs)
        same[before.judgement] += 1
        changed[after.judgement] += 1
        bare += after.judgement == "cannot tell" and not helps(after.because)
    return Outcome(
        false=(same["faster"] + same["slower"]) / pairs,
        found=changed["faster"] / pairs,
        wrong=(changed["slower"] + changed["same"]) / pairs,
        bare=bare / pairs,
    )


def helps(because: str) -> bool:
    """Whether a reason says what would tell."""
    return any(word in because for word in ("runs a side", "measure longer", "measure again"))


def compared_pair(shape: Shape, random: Generator, runs: int) -> tuple[Comparison, Comparison]:
    """The verdicts on the same code and on a faster one, of the same simulated machines."""
    simulated = [[simulated_run(shape, random) for _ in range(runs)] for _ in range(2)]
    base, new = ([one.rounds for one in side] for side in simulated)
    virtual = simulated[0][0].course.virtual
    # Runs of their own on each side: one that stands on both is compared with itself.
    sides = [
        tuple(series(rounds, side * runs + number, virtual) for number, rounds in enumerate(every))
        for side, every in enumerate((base, new, [faster(rounds) for rounds in new]))
    ]
    same, changed = (compare_pair(Pair(name="x", base=sides[0], new=side)) for side in sides[1:])
    return same, changed


def alternated_pair(shape: Shape, random: Generator) -> tuple[Comparison, Comparison]:
    """The same of two settings that were alternated on one machine."""
    simulated = simulated_run(shape, random, seconds=ALTERNATED_S, rounds=ALTERNATED_ROUNDS)
    pairs = list(zip(simulated.rounds[::2], simulated.rounds[1::2], strict=False))
    orders = in_turns(len(pairs), str(random.integers(1 << 60)))
    a, b = (tuple(pair[order.index(who)] for pair, order in zip(pairs, orders, strict=True)) for who in (0, 1))
    found = []
    for rounds in (b, faster(b)):
        entries = (measured(a), replace(measured(rounds), setting="kernel=b"))
        told = Alternated(key="kernel", a="a", b="b", pairs=(AlternatedPair(a=0, b=1),))
        (one,) = judge_alternated(replace(of_result(), results=entries, alternated=told), ())
        found.append(one)
    return found[0], found[1]


def faster(rounds: Sequence[Round]) -> tuple[Round, ...]:
    """The rounds of a faster program at the same moments."""
    return tuple(
        replace(one, samples=tuple(replace(sample, amount=round(sample.amount * CHANGE)) for sample in one.samples))
        for one in rounds
    )


def series(rounds: Sequence[Round], number: int, virtual: bool) -> Series:
    """A verified run of these rounds."""
    device = measured(rounds)
    if virtual and device.settings is not None:
        device = replace(device, settings=replace(device.settings, virtual_machine=True))
    return series_of(Entry(result=of_result(number), device=device, faults=()), "x")


def measured(rounds: Sequence[Round]) -> Measurement:
    """The record of these rounds, with those left out that the harness leaves out, and the warning of contention."""
    template = verified()
    counted = replace(template, rounds=with_counted(rounds))
    samples = counted_samples(counted)
    loads = [sample.other_load or 0.0 for sample in samples]
    busy = WarningRecord(code="contention", text="other programs kept CPUs busy")
    return replace(
        counted,
        rate=rate_of_rounds([one.samples for one in counted.rounds if one.counted], "hash"),
        rate_per_cpu_s=rate_per_cpu_s(samples),
        warnings=(busy,) if fmean(loads) >= QUIET_CPUS else (),
    )


@cache
def of_result(number: int = 0) -> Result:
    """What stands around the record."""
    return result(run=number)


def main() -> None:
    """Print a table."""
    pairs, seed = (*map(int, sys.argv[1:3]), *(PAIRS, 0)[len(sys.argv) - 1 :])
    print(
        f"of {pairs} simulated pairs each, in per cent: same code called faster or slower (false); of a new side that"
    )
    print("is 5 % faster: found, called same or slower (wrong), `cannot tell` without a word of what would (bare)")
    print(f"{'shape':22} {'runs a side':>12} {'false':>7} {'found':>7} {'wrong':>7} {'bare':>7}")
    for name, shape in SHAPES.items():
        for runs, told in ((1, "1"), (3, "3"), (5, "5"), (0, "alternated")):
            found = outcomes(shape, runs, pairs, seed_of(f"{name} {runs}", seed))
            figures = (found.false, found.found, found.wrong, found.bare)
            print(f"{name:22} {told:>12} " + " ".join(f"{100 * figure:6.1f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
