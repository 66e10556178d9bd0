"""How far off a machine must be among its twins to be named: `python -m tests.simulations.outliers` prints LIMITS.

Equal machines whose rates scatter normally (in logarithms), none of them slow; whoever is named is a false alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hashwatt.reports.fleet.outliers import LIMITS, NOTHING, OF_THE_NORMAL, PRIOR, PRIOR_FREEDOM, limit_for

SCATTERS = (0.005, 0.02, 0.05)
ALLOWED = 0.005
SETS = 40_000
MOST_FIGURES = 600_000
SIZES = (3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 1000)

Figures = NDArray[np.float64]


def deviations(rng: np.random.Generator, twins: int, scatter: float, sets: int = SETS) -> Figures:
    """How many of the rule's own deviations each machine of so many sets is off; 0 where that is next to nothing."""
    sets = max(200, min(sets, MOST_FIGURES // twins))
    logs = rng.normal(0.0, scatter, (sets, twins))
    off = np.abs(logs - np.median(logs, axis=1, keepdims=True))
    own = OF_THE_NORMAL * np.median(off, axis=1, keepdims=True)
    assumed = np.sqrt((PRIOR_FREEDOM * PRIOR**2 + twins * own**2) / (PRIOR_FREEDOM + twins))
    return np.where(off > NOTHING, off / assumed, 0.0)


def false_alarms(twins: int, limit: float, seed: int = 1) -> float:
    """The share of equal machines that are named, at the worst of the scatters."""
    rng = np.random.default_rng(seed)
    return max(float(np.mean(deviations(rng, twins, scatter) > limit)) for scatter in SCATTERS)


def limits(sizes: Sequence[int] = SIZES) -> list[tuple[int, float]]:
    """The least limit for each number of twins, to a tenth, and never less for more of them than there are."""
    rng = np.random.default_rng(2)
    found = []
    for twins in sizes:
        worst = max(float(np.quantile(deviations(rng, twins, scatter), 1 - ALLOWED)) for scatter in SCATTERS)
        found.append((twins, float(np.ceil(10 * worst) / 10)))
    return found


def main() -> None:
    """Print the limits, and what those in use do."""
    print("LIMITS =", tuple(limits()))
    sizes = [least for least, _ in LIMITS]
    between = [(low + high) // 2 for low, high in pairwise(sizes)]
    for twins in sorted({*sizes, *between}):
        print(f"{twins:5} twins: {100 * false_alarms(twins, limit_for(twins)):.2f} % named by chance")


if __name__ == "__main__":
    main()
