"""The ratio of two medians with its bootstrap interval, deterministic so that anyone can redo it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

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
    sides = [thinned(values) for values in (base, new)]
    drawn = [resampled_medians(values, seed) for values, seed in zip(sides, SEEDS, strict=True)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn[1] / drawn[0], [tail, 1 - tail])
    return Ratio(value=float(np.median(sides[1]) / np.median(sides[0])), low=float(low), high=float(high))


def resampled_medians(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Medians of resamples, drawn from PCG64's raw bits: numpy promises those to stay the same."""
    bits = np.random.PCG64(seed)
    count = np.uint64(len(values))
    medians = np.empty(RESAMPLES)
    for index in range(0, RESAMPLES, 500):
        drawn = (bits.random_raw(500 * len(values)) >> np.uint64(32)) * count >> np.uint64(32)
        medians[index : index + 500] = np.median(values[drawn.astype(np.intp)].reshape(500, -1), axis=1)
    return medians


def thinned(values: Sequence[float]) -> NDArray[np.float64]:
    """The values, or medians of as many buckets as are allowed."""
    data = np.asarray(values, dtype=np.float64)
    if len(data) <= MOST_VALUES:
        return data
    return np.array([float(np.median(part)) for part in np.array_split(data, MOST_VALUES)])
