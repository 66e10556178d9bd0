"""The ratio of two medians with its bootstrap interval, deterministic so that anyone can redo it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from ...bench.statistics import resampled_medians, thinned

CONFIDENCE = 0.95
RESAMPLES = 4000
# Any two fixed numbers do; they differ, so that the two sides are drawn independently.
SEEDS = (20091031, 20180501)
# Longer series are thinned to bucket medians: the interval hardly changes, the memory does.
MOST_VALUES = 2000


class Ratio(Struct, frozen=True, kw_only=True):
    """A ratio with the bounds of its interval."""

    value: float
    low: float
    high: float


def ratio_of_medians(base: Sequence[float], new: Sequence[float]) -> Ratio:
    """Median of `new` over median of `base` (both positive, at least one each), percentile interval of 95 %.

    It speaks of these two series: what differs from run to run it cannot know.
    """
    sides = [thinned(values, MOST_VALUES) for values in (base, new)]
    drawn = [resampled_medians(values, seed, RESAMPLES) for values, seed in zip(sides, SEEDS, strict=True)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn[1] / drawn[0], [tail, 1 - tail])
    return Ratio(value=float(np.median(sides[1]) / np.median(sides[0])), low=float(low), high=float(high))
