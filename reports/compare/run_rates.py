"""One run's rate by the rule that two sides are compared by, with what the run itself leaves open of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from ...bench.statistics import Interval, median_interval, ratio_interval, thinned
from .between_runs import RunRate
from .rate_series import Series

Basis = Literal["work ÷ time", "median", "work ÷ CPU time"]
BOTH_RECOMPUTED = "one file (schema version 1) states the median, so all are recomputed from the samples"
NO_AMOUNTS = "one file keeps no amounts of work, so the medians of the samples' rates are compared"
# The bounds of a 95 % interval lie so many standard errors out, as for a normal distribution: for Student's t that is
# a little too wide, on the safe side.
ERRORS_IN_95 = 1.96
# Longer series are thinned to the medians of so many parts: the interval hardly changes, the memory does.
MOST_VALUES = 2000


def basis_of(runs: Sequence[Series]) -> tuple[Basis, str]:
    """Which rates are compared, and why where it is not what all files state."""
    headlines = {run.headline for run in runs}
    if headlines == {"median"}:
        return "median", ""
    if len(headlines) == 1:
        return "work ÷ time", ""
    if all(run.seconds for run in runs):
        return "work ÷ time", BOTH_RECOMPUTED
    return "median", NO_AMOUNTS


def run_rate(run: Series, basis: Basis) -> RunRate:
    """The rate of a run that has one (see `has_cpu_time` for work ÷ CPU time)."""
    interval = rate_interval(run, basis)
    return RunRate(
        log=math.log(interval.value),
        error=(math.log(interval.high) - math.log(interval.low)) / 2 / ERRORS_IN_95,
    )


def rate_interval(run: Series, basis: Basis) -> Interval:
    """The rate with its interval: as the file states it where that is the rule, else from the samples."""
    if basis == "median":
        return median_interval(thinned(run.rates, MOST_VALUES).tolist())
    amounts = [rate * seconds for rate, seconds in zip(run.rates, run.seconds, strict=True)]
    if basis == "work ÷ CPU time":
        assert run.entry is not None
        return ratio_interval(*_thinned(amounts, [sample.cpu_s or 0.0 for sample in run.entry.samples]))
    stated = None if run.entry is None or run.headline != "work ÷ time" else run.entry.rate
    if stated is not None and stated.low is not None and stated.high is not None:
        return Interval(stated.value, stated.low, stated.high)
    return ratio_interval(*_thinned(amounts, run.seconds))


def has_cpu_time(run: Series) -> bool:
    """Whether the run tells its work a CPU second."""
    return run.entry is not None and run.entry.device.rate_per_cpu_s is not None


def _thinned(amounts: Sequence[float], seconds: Sequence[float]) -> tuple[list[float], list[float]]:
    """The same totals in at most MOST_VALUES parts, none of which took no time: a counter ticks more coarsely."""
    size = max(1, math.ceil(len(amounts) / MOST_VALUES))
    parts: list[tuple[float, float]] = []
    for first in range(0, len(amounts), size):
        amount, second = math.fsum(amounts[first : first + size]), math.fsum(seconds[first : first + size])
        if parts and not (parts[-1][1] and second):
            amount, second = amount + parts[-1][0], second + parts.pop()[1]
        parts.append((amount, second))
    return [amount for amount, _ in parts], [second for _, second in parts]
