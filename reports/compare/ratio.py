"""The ratio of two rates with its bootstrap interval, deterministic so that anyone can redo it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from ...bench.statistics import Floats, resampled, resampled_medians, thinned

CONFIDENCE = 0.95
RESAMPLES = 4000
# Any two fixed numbers do; they differ, so that the two sides are drawn independently.
SEEDS = (20091031, 20180501)
# Longer series are thinned to the medians, or the sums, of so many parts: the interval hardly changes, the memory does.
MOST_VALUES = 2000


class Ratio(Struct, frozen=True, kw_only=True):
    """A ratio with the bounds of its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4g} ({self.low:.4g} to {self.high:.4g})"


def ratio_of_medians(base: Sequence[float], new: Sequence[float]) -> Ratio:
    """Median of `new` over median of `base` (both positive, at least one each), percentile interval of 95 %.

    It speaks of these two series: what differs from run to run it cannot know.
    """
    sides = [thinned(values, MOST_VALUES) for values in (base, new)]
    drawn = [resampled_medians(values, seed, RESAMPLES) for values, seed in zip(sides, SEEDS, strict=True)]
    return _bounded(float(np.median(sides[1]) / np.median(sides[0])), drawn[1] / drawn[0])


def ratio_of_totals(base: Sequence[tuple[float, float]], new: Sequence[tuple[float, float]]) -> Ratio:
    """All work ÷ all time of `new` over that of `base`, whose samples are (work, seconds); bounds as above."""
    sides = [_totals_of_parts(samples) for samples in (base, new)]
    drawn = []
    for (work, seconds), seed in zip(sides, SEEDS, strict=True):
        # Bound as defaults: the function is called before the loop goes on.
        drawn.append(
            resampled(
                len(work),
                lambda rows, work=work, seconds=seconds: work[rows].sum(axis=1) / seconds[rows].sum(axis=1),  # type: ignore[misc]
                seed,
                RESAMPLES,
            )
        )
    before, now = (float(work.sum() / seconds.sum()) for work, seconds in sides)
    return _bounded(now / before, drawn[1] / drawn[0])


def _totals_of_parts(samples: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    data = np.asarray(samples, dtype=np.float64)
    if len(data) > MOST_VALUES:
        data = np.array([part.sum(axis=0) for part in np.array_split(data, MOST_VALUES)])
    return data[:, 0], data[:, 1]


def _bounded(value: float, drawn: Floats) -> Ratio:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Ratio(value=value, low=float(low), high=float(high))
