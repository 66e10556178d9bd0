"""Median, bootstrap interval, trend, step and the Poisson test: all deterministic, so that anyone can redo them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 2000
# Any fixed number does; a result is checked by redoing the very same resampling.
SEED = 20180501
# Resampled values held in memory at once (8 bytes each).
BLOCK_VALUES = 1 << 21

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A median with the bounds of its confidence interval."""

    median: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the interval's width, relative to the median."""
        return (self.high - self.low) / 2 / self.median


def median_interval(values: Sequence[float]) -> Interval:
    """Median of positive `values` (at least one) and its bootstrap percentile interval (95 %, 2000 resamples).

    Resampling draws from PCG64's raw bits, which numpy promises to keep the same in every version
    (it does not for `Generator.integers`).
    """
    data = np.asarray(values, dtype=np.float64)
    bits = np.random.PCG64(SEED)
    rows_at_once = max(1, BLOCK_VALUES // len(data))
    medians = np.empty(RESAMPLES)
    for first in range(0, RESAMPLES, rows_at_once):
        rows = min(rows_at_once, RESAMPLES - first)
        drawn = (bits.random_raw(rows * len(data)) >> np.uint64(32)) * np.uint64(len(data)) >> np.uint64(32)
        medians[first : first + rows] = np.median(data[drawn.astype(np.intp)].reshape(rows, len(data)), axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(medians, [tail, 1 - tail])
    return Interval(float(np.median(data)), float(low), float(high))


@dataclass(frozen=True)
class Trend:
    """How the values move: their relative change from first to last, and the chance of such a trend by luck."""

    relative_change: float
    p_value: float


def trend(values: Sequence[float]) -> Trend:
    """Theil–Sen slope over the whole series, with the Mann–Kendall test (normal approximation, n ≥ 8 for sense)."""
    # Long series are thinned to bucket medians: the test looks at all pairs.
    data = _thinned(np.asarray(values, dtype=np.float64), 400)
    count = len(data)
    if count < 3:
        return Trend(0.0, 1.0)
    first, second = np.triu_indices(count, 1)
    differences = data[second] - data[first]
    slope = float(np.median(differences / (second - first)))
    score = float(np.sign(differences).sum())
    spread = math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    z = max(0.0, abs(score) - 1) / spread
    return Trend(slope * (count - 1) / float(np.median(data)), math.erfc(z / math.sqrt(2)))


@dataclass(frozen=True)
class Step:
    """The sharpest split of a series in two: where, by how much the median changes, and whether the parts are apart."""

    index: int
    relative_change: float
    apart: bool


def sharpest_step(values: Sequence[float], shortest: int = 4) -> Step | None:
    """The split whose parts' medians differ most; `apart` when their middle 80 % do not overlap. None if too short."""
    data = _thinned(np.asarray(values, dtype=np.float64), 400)
    best: Step | None = None
    for index in range(shortest, len(data) - shortest + 1):
        before, after = data[:index], data[index:]
        change = float(np.median(after) / np.median(before)) - 1
        if best is None or abs(change) > abs(best.relative_change):
            low, high = (before, after) if change > 0 else (after, before)
            apart = bool(np.quantile(low, 0.9) < np.quantile(high, 0.1))
            best = Step(index, change, apart)
    return best


def _thinned(data: Floats, longest: int) -> Floats:
    if len(data) <= longest:
        return data
    return np.array([float(np.median(part)) for part in np.array_split(data, longest)])


def poisson_p_value(count: int, expected: float) -> float:
    """Two-sided exact p-value of seeing `count` events where `expected` (> 0) are: twice the nearer tail, at most 1.

    Summed from `count` outwards in log space: the terms shrink from there on, so no number of events is too many.
    """
    log_term = count * math.log(expected) - expected - math.lgamma(count + 1)
    total, ratio, index = 0.0, 1.0, count
    # `ratio` is the current term over the first one; it falls at every step on either side.
    while ratio > total * 1e-16:
        total += ratio
        if count < expected:
            if index == 0:
                break
            ratio *= index / expected
            index -= 1
        else:
            index += 1
            ratio *= expected / index
    return min(1.0, 2 * math.exp(min(0.0, log_term + math.log(total))))
