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
# The trend and step tests look at all pairs and all splits.
LONGEST_SERIES = 400

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
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(resampled_medians(data, SEED, RESAMPLES), [tail, 1 - tail])
    return Interval(float(np.median(data)), float(low), float(high))


def resampled_medians(data: Floats, seed: int, resamples: int) -> Floats:
    """The medians of so many bootstrap resamples of `data` (at least one value): the same for the same seed."""
    bits = np.random.PCG64(seed)
    rows_at_once = max(1, BLOCK_VALUES // len(data))
    medians = np.empty(resamples)
    for first in range(0, resamples, rows_at_once):
        rows = min(rows_at_once, resamples - first)
        drawn = (bits.random_raw(rows * len(data)) >> np.uint64(32)) * np.uint64(len(data)) >> np.uint64(32)
        medians[first : first + rows] = np.median(data[drawn.astype(np.intp)].reshape(rows, len(data)), axis=1)
    return medians


@dataclass(frozen=True)
class Trend:
    """How the values move: their relative change from first to last, and the chance of such a trend by luck."""

    relative_change: float
    p_value: float


def trend(values: Sequence[float]) -> Trend:
    """Theil–Sen slope over the whole series, with the Mann–Kendall test (normal approximation, n ≥ 8 for sense)."""
    data = thinned(values, LONGEST_SERIES)
    count = len(data)
    if count < 3:
        return Trend(0.0, 1.0)
    first, second = np.triu_indices(count, 1)
    score = float(np.sign(data[second] - data[first]).sum())
    spread = math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    z = max(0.0, abs(score) - 1) / spread
    return Trend(_slope(data) * (count - 1) / float(np.median(data)), math.erfc(z / math.sqrt(2)))


@dataclass(frozen=True)
class StepChange:
    """The split of a series in two levels that fits best: the later level relative to the earlier one.

    `clear`: the middle 80 % of the two parts do not overlap, and two levels fit better than a straight line.
    """

    relative_change: float
    clear: bool


def best_step(values: Sequence[float], shortest: int = 4) -> StepChange | None:
    """The split in two (each of `shortest` values or more) that leaves the least absolute deviations; None if short."""
    data = thinned(values, LONGEST_SERIES)
    best: tuple[float, int] | None = None
    for index in range(shortest, len(data) - shortest + 1):
        deviation = _deviation(data[:index]) + _deviation(data[index:])
        if best is None or deviation < best[0]:
            best = deviation, index
    if best is None:
        return None
    deviation, index = best
    before, after = data[:index], data[index:]
    change = float(np.median(after) / np.median(before)) - 1
    low, high = (before, after) if change > 0 else (after, before)
    apart = bool(np.quantile(low, 0.9) < np.quantile(high, 0.1))
    along_line = _deviation(data - _slope(data) * np.arange(len(data)))
    return StepChange(change, apart and deviation < along_line)


def _slope(data: Floats) -> float:
    """Theil–Sen: the median slope over all pairs."""
    first, second = np.triu_indices(len(data), 1)
    return float(np.median((data[second] - data[first]) / (second - first)))


def _deviation(data: Floats) -> float:
    return float(np.abs(data - np.median(data)).sum())


def thinned(values: Sequence[float], most: int) -> Floats:
    """The values, or the medians of `most` equal parts of them where there are more."""
    data = np.asarray(values, dtype=np.float64)
    if len(data) <= most:
        return data
    return np.array([float(np.median(part)) for part in np.array_split(data, most)])


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
