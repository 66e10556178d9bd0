"""One run's rate by the rule that two sides are compared by, with what the run itself leaves open of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, variance
from typing import Literal

from ....bench.rates import counted_rounds
from ....bench.result.measurement import Sample
from ....bench.rounds.interval import RoundTotal, interval_of_rounds, round_total
from ....bench.statistics import Interval, median_interval, ratio_interval, thinned
from .between_runs import RunRate
from .rate_series import Series

Basis = Literal["work ÷ time", "median", "work ÷ CPU time"]
BOTH_RECOMPUTED = "one file (schema version 1) states the median, so all are recomputed from the samples"
NO_AMOUNTS = "one file keeps no amounts of work, so the medians of the samples' rates are compared"
# The bounds of a 95 % interval lie so many standard errors out, as for a normal distribution: for Student's t that is
# a little too wide, on the safe side.
ERRORS_IN_95 = 1.96
# The scatter of fewer rounds says next to nothing.
FEWEST_ROUNDS = 3
# Longer series are thinned to the medians of so many parts: the interval hardly changes, the memory does.
MOST_VALUES = 2000
# CPU time is counted so coarsely.
TICK_S = 0.01


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
    """The rate of a run that has one (see `has_cpu_time` for work ÷ CPU time), and how far another may lie from it.

    Runs differ by what rounds of one run differ by, and more: a level that a run was in by chance, the next is not.
    """
    rounds = totals_of_rounds(run, basis)
    if rounds:
        rate = math.fsum(one.amount for one in rounds) / math.fsum(one.seconds for one in rounds)
        within = fmean(one.variance for one in rounds)
        if len(rounds) < FEWEST_ROUNDS:
            return RunRate(log=math.log(rate), error=math.sqrt(within / len(rounds)))
        apart = variance(math.log(one.amount / one.seconds) for one in rounds)
        # What the samples leave open of each round is no level of it.
        levels = max(0.0, apart - within)
        return RunRate(log=math.log(rate), error=math.sqrt(levels + apart / len(rounds)), moved=math.sqrt(levels))
    interval = rate_interval(run, basis)
    return RunRate(
        log=math.log(interval.value),
        error=(math.log(interval.high) - math.log(interval.low)) / 2 / ERRORS_IN_95,
    )


def totals_of_rounds(run: Series, basis: Basis) -> list[RoundTotal]:
    """Work and time of each counted round; empty where the file has none, states the median, or counted shares.

    Of a rate by shares its one window's work is their number, and its interval tells what that leaves open.
    """
    if run.entry is None or basis == "median" or run.shares is not None:
        return []
    rounds = [one.samples for one in counted_rounds(run.entry.device) if one.samples]
    if basis == "work ÷ CPU time":
        return [_cpu_total(samples) for samples in rounds]
    return [round_total([one.amount for one in samples], [one.seconds for one in samples]) for samples in rounds]


def rate_interval(run: Series, basis: Basis) -> Interval:
    """The rate with its interval: as the file states it where that is the rule, else from the samples."""
    if basis == "median":
        return median_interval(thinned(run.rates, MOST_VALUES).tolist())
    amounts = [rate * seconds for rate, seconds in zip(run.rates, run.seconds, strict=True)]
    if basis == "work ÷ CPU time":
        return interval_of_rounds(totals_of_rounds(run, basis))
    stated = None if run.entry is None or run.headline != "work ÷ time" else run.entry.rate
    if stated is not None and stated.low is not None and stated.high is not None:
        return Interval(stated.value, stated.low, stated.high)
    return ratio_interval(*_thinned(amounts, run.seconds))


def _cpu_total(samples: Sequence[Sample]) -> RoundTotal:
    """A round's work and CPU time: a tick at least, and with what its samples leave open of it."""
    told = [(one.amount, max(TICK_S, one.cpu_s or 0.0)) for one in samples]
    return round_total([amount for amount, _ in told], [cpu_s for _, cpu_s in told])


def has_cpu_time(run: Series) -> bool:
    """Whether the run tells its work a CPU second."""
    return run.entry is not None and run.entry.device.rate_per_cpu_s is not None


def _thinned(amounts: Sequence[float], seconds: Sequence[float]) -> tuple[list[float], list[float]]:
    """The same totals in at most MOST_VALUES parts."""
    size = max(1, math.ceil(len(amounts) / MOST_VALUES))
    parts: list[tuple[float, float]] = []
    for first in range(0, len(amounts), size):
        parts.append((math.fsum(amounts[first : first + size]), math.fsum(seconds[first : first + size])))
    return [amount for amount, _ in parts], [second for _, second in parts]
