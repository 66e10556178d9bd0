"""Rates and medians with bootstrap intervals, trend and step: all deterministic, so that anyone can redo them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds of its confidence interval."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the interval's width, relative to the figure."""
        return (self.high - self.low) / 2 / self.value


def median_interval(values: Sequence[float]) -> Interval:
    """Median of positive `values` (at least one) and its bootstrap percentile interval (95 %, 2000 resamples)."""
    data = np.asarray(values, dtype=np.float64)
    medians = resampled_medians(data, SEED, RESAMPLES)
    return _bounded(float(np.median(data)), medians)


def ratio_interval(amounts: Sequence[float], seconds: Sequence[float]) -> Interval:
    """All amounts ÷ all seconds (of at least one sample), with the interval that resampling the samples gives."""
    over, under = np.asarray(amounts, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    ratios = resampled(len(over), lambda drawn: over[drawn].sum(axis=1) / under[drawn].sum(axis=1), SEED, RESAMPLES)
    return _bounded(math.fsum(amounts) / math.fsum(seconds), ratios)


def resampled_medians(data: Floats, seed: int, resamples: int) -> Floats:
    """The medians of so many bootstrap resamples of `data` (at least one value): the same for the same seed."""
    ordered = np.sort(data)
    # Ranks instead of values: sorting 16-bit integers takes an eighth of the time, and the medians are the same.
    ranks = np.argsort(np.argsort(data)).astype(np.min_scalar_type(len(data)))
    middle = [(len(data) - 1) // 2, len(data) // 2]

    def medians(drawn: Indices) -> Floats:
        lower, upper = ordered[np.sort(ranks[drawn], axis=1)[:, middle]].T
        return np.asarray((lower + upper) / 2)

    return resampled(len(data), medians, seed, resamples)


def resampled(count: int, figure: Callable[[Indices], Floats], seed: int, resamples: int) -> Floats:
    """The figure of each of so many resamples of `count` things, which come as rows of indices.

    Drawn from PCG64's raw bits, which numpy promises to keep the same in every version (it does not for
    `Generator.integers`).
    """
    bits = np.random.PCG64(seed)
    rows_at_once = max(1, BLOCK_VALUES // count)
    figures = np.empty(resamples)
    for first in range(0, resamples, rows_at_once):
        rows = min(rows_at_once, resamples - first)
        drawn = (bits.random_raw(rows * count) >> np.uint64(32)) * np.uint64(count) >> np.uint64(32)
        figures[first : first + rows] = figure(drawn.astype(np.intp).reshape(rows, count))
    return figures


def _bounded(value: float, figures: Floats) -> Interval:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(figures, [tail, 1 - tail])
    return Interval(value, min(value, float(low)), max(value, float(high)))


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
