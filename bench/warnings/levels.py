"""Whether a rate goes to and fro between two levels, of which none is the rate."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

FEWEST_FOR_LEVELS = 20
LEAST_SHARE_OF_LEVEL = 0.1
# Relative to the higher level.
WIDE_GAP = 0.2
# Fewer are a step, or a step and back.
FEWEST_CROSSINGS = 4


@dataclass(frozen=True)
class Levels:
    """Two levels that values go to and fro between: the medians of either, and the border between them."""

    low: float
    high: float
    border: float


def two_levels(values: Sequence[float]) -> Levels | None:
    """The two levels of a series, None where it has one, many, or one after the other (a step).

    The widest gap in the ordered values must be wide against the values themselves and against the scatter on each
    side, a tenth of the values at least must lie on each side, and the series must cross it several times.
    """
    ordered = sorted(values)
    if len(ordered) < FEWEST_FOR_LEVELS:
        return None
    at = max(range(1, len(ordered)), key=lambda index: ordered[index] - ordered[index - 1])
    below, above = ordered[:at], ordered[at:]
    if min(len(below), len(above)) < LEAST_SHARE_OF_LEVEL * len(ordered):
        return None
    levels = Levels(statistics.median(below), statistics.median(above), (below[-1] + above[0]) / 2)
    gap = above[0] - below[-1]
    if gap < WIDE_GAP * levels.high or gap < max(below[-1] - below[0], above[-1] - above[0]):
        return None
    crossings = sum((one > levels.border) != (other > levels.border) for one, other in pairwise(values))
    return levels if crossings >= FEWEST_CROSSINGS else None
