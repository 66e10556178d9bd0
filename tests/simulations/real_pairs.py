"""How often `compare` is wrong on real runs of one program: `python -m tests.simulations.real_pairs FOLDER`.

FOLDER has runs of the same program on the same machine, a dozen or so: `hashwatt run -d cpu -t 5 -o FOLDER/01.json` and
so on. All pairs of them are compared, one run a side, and then as many random pairs of sides of three runs each. A
verdict of faster or slower is false, since nothing was changed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from itertools import combinations

import numpy as np

from hashwatt.reports.compare.comparison import Comparison, compare
from hashwatt.reports.compare.rate_series import Series
from hashwatt.reports.compare.sides import Side, read_side

RUNS_A_SIDE = 3
Runs = tuple[tuple[Series, ...], ...]


def compared(base: Runs, new: Runs) -> list[Comparison]:
    """The verdicts on these two sides."""
    return compare(Side(runs=base), Side(runs=new))


def all_pairs(runs: Runs) -> Iterable[list[Comparison]]:
    """One run a side, each with each."""
    return (compared((one,), (other,)) for one, other in combinations(runs, 2))


def random_sides(runs: Runs, count: int) -> Iterable[list[Comparison]]:
    """So many pairs of sides of three runs, none of which is on both."""
    random = np.random.default_rng(1)
    for _ in range(count):
        drawn = random.permutation(len(runs))[: 2 * RUNS_A_SIDE].tolist()
        yield compared(
            tuple(runs[index] for index in drawn[:RUNS_A_SIDE]), tuple(runs[index] for index in drawn[RUNS_A_SIDE:])
        )


def counted(found: Iterable[list[Comparison]]) -> str:
    """The verdicts and by which rates, counted."""
    every = [one for comparisons in found for one in comparisons]
    verdicts, bases = Counter(one.judgement for one in every), Counter(one.basis for one in every)
    false = verdicts["faster"] + verdicts["slower"]
    told = ", ".join(f"{count} {name}" for name, count in verdicts.most_common())
    by = ", ".join(f"{count} by {basis or 'nothing'}" for basis, count in bases.most_common())
    return f"{len(every)} pairs: {false} false ({100 * false / len(every):.1f} %); {told}; {by}"


def main() -> None:
    """Print the counts."""
    side = read_side(sys.argv[1:])
    for sentence in side.left_out:
        print(f"left out: {sentence}")
    print(f"one run a side, {counted(all_pairs(side.runs))}")
    if len(side.runs) >= 2 * RUNS_A_SIDE:
        pairs = len(side.runs) * (len(side.runs) - 1) // 2
        print(f"three runs a side, {counted(random_sides(side.runs, pairs))}")


if __name__ == "__main__":
    main()
