"""The interval of a rate from the rounds of a run: few, unequal, and more different than their samples tell.

Samples within a round are not independent of the round, so their number says nothing about how far the rate may lie
from that of another minute. What speaks for that is how far the *rounds* lie apart. They are few, and a few that happen
to lie close together must not make an interval of next to nothing. So it is the wider of two of Student's intervals
around all work ÷ all time, both in logarithms of the rate:

- what the rounds alone say;
- what they say together with a prior of how much rounds differ (a scaled inverse chi-square of PRIOR_FREEDOM degrees of
  freedom): by PRIOR_SPREAD, and by what the samples within a round leave open. Where there is one round only, this is
  all there is, and the interval is wide (±2.6 % at least; six rounds that agree: ±0.9 %).

Whatever the rounds say, runs differ by a little that no run sees (where its code comes to lie, what else has the
caches): BETWEEN_RUNS is added, as a variance that more rounds do not make smaller. On a virtual machine whatever its
neighbours do to shared cores, caches and clocks comes on top, of which a guest is told nothing: there it is
BETWEEN_RUNS_VIRTUAL, for work on the machine's own CPUs. Where other programs or other
virtual machines had a share of the CPUs that the work wanted, their share of another minute is not known, and no number
of rounds within one minute tells it: CONTENTION_SPREAD of that share is added in the same way.

The prior's figures are the least with which simulated machines that stall now and then meet the bar (93 of 100
intervals hold the truth), whether a run takes its time or ends early, while quiet ones stay within ±1 %.

Chosen by simulation (`python -m tests.simulations.intervals`): of machines that are quiet and differ by 0.3 % from run
to run, the rounds alone hold the truth in 71 % of runs, a bootstrap over rounds in 54 %, the prior alone fails where
rounds differ by much more than it says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..result.measurement import Sample
from ..statistics import CONFIDENCE, Interval
from .lost import lost_share, working_cpus

# What rounds of a run differ by where nobody else is about, before any round was seen: relative to the rate.
PRIOR_SPREAD = 0.01
# How many rounds' worth of knowledge that is.
PRIOR_FREEDOM = 5
# What nothing within a run shows: quiet runs of one program on one machine differ by this (standard deviation).
BETWEEN_RUNS = 0.003
# The same on virtual machines: quiet series of runs of 5 s lay 1.78 % (12 runs, AMD Zen 4) and 0.70 % (8 runs, AMD Zen)
# apart, standard deviation; this is the square root of their mean square. `python -m tests.simulations.real_runs`.
BETWEEN_RUNS_VIRTUAL = 0.0135
# How far the others' number lies apart from run to run (standard deviation of its logarithm), by which the work's own
# share goes, too, where they have the most of the CPUs. Runs of one program on two cores that others kept busy, 1.5 to
# 1.95 CPUs of them, lay 14 to 35 % apart (four series of 5 to 12 runs).
CONTENTION_SPREAD = 0.2
NORMAL = 1.96
# exp(±this) is as good as unbounded, and still a finite figure.
WIDEST_LOG = 20.0


@dataclass(frozen=True)
class RoundTotal:
    """A round's work and seconds (both above 0), and the relative variance of its rate that its samples leave open."""

    amount: float
    seconds: float
    variance: float = 0.0


def round_total(amounts: Sequence[float], seconds: Sequence[float]) -> RoundTotal:
    """The sums of a round's samples (at least one), and what they leave open: nothing is known of a single one."""
    total, total_s = math.fsum(amounts), math.fsum(seconds)
    if len(amounts) < 2:
        return RoundTotal(total, total_s)
    rate = total / total_s
    return RoundTotal(
        total, total_s, _variance_of_mean([(one / rate, s) for one, s in zip(amounts, seconds, strict=True)])
    )


def interval_of_rounds(
    rounds: Sequence[RoundTotal], share: float = 0.0, between_runs: float = BETWEEN_RUNS
) -> Interval:
    """All work ÷ all seconds of the rounds (at least one), with its 95 % interval.

    `share`: of the CPUs that the work wanted, what others had (0 to 1). `between_runs`: what runs differ by that no
    run sees (relative standard deviation).
    """
    count, seconds = len(rounds), math.fsum(one.seconds for one in rounds)
    rate = math.fsum(one.amount for one in rounds) / seconds
    weights = [one.seconds / seconds for one in rounds]
    # As many rounds of one length would know as much: equal to their number where they are of one length.
    effective = 1 / math.fsum(weight * weight for weight in weights)
    deviations = [one.amount / one.seconds / rate - 1 for one in rounds]
    squares = (
        count * effective * math.fsum((weight * gap) ** 2 for weight, gap in zip(weights, deviations, strict=True))
    )
    within = math.fsum(weight * one.variance for weight, one in zip(weights, rounds, strict=True))
    prior = PRIOR_FREEDOM * (PRIOR_SPREAD**2 + within)
    half = _half_width(prior + squares, PRIOR_FREEDOM + count - 1, effective)
    if count > 1:
        half = max(half, _half_width(squares, count - 1, effective))
    half = math.hypot(half, NORMAL * between_runs, NORMAL * CONTENTION_SPREAD * share)
    return Interval(rate, rate * math.exp(-half), rate * math.exp(half))


def interval_of_samples(
    rounds: Sequence[Sequence[Sample]], cpus: float | None = None, virtual: bool = False
) -> Interval:
    """The same from the samples of each round (at least one in each).

    `cpus`: the logical CPUs that could be used; `virtual`: whether they are a virtual machine's.
    """
    totals = [round_total([one.amount for one in samples], [one.seconds for one in samples]) for samples in rounds]
    every = [one for samples in rounds for one in samples]
    shares_cores = virtual and working_cpus(every) is not None
    between_runs = BETWEEN_RUNS_VIRTUAL if shares_cores else BETWEEN_RUNS
    return interval_of_rounds(totals, lost_share(every, cpus), between_runs)


def _half_width(squares: float, freedom: int, effective: float) -> float:
    """Of Student's interval, in logarithms, from the sum of squared deviations."""
    return min(WIDEST_LOG, student_t(freedom) * math.sqrt(squares / freedom / effective))


def _variance_of_mean(parts: Sequence[tuple[float, float]]) -> float:
    """The relative variance of a ratio of sums: of (relative work, seconds) whose ratio is 1 in all."""
    total_s = math.fsum(seconds for _, seconds in parts)
    squares = math.fsum((work - seconds) ** 2 for work, seconds in parts)
    return squares / total_s**2 * len(parts) / (len(parts) - 1)


@lru_cache(maxsize=2048)
def student_t(freedom: int, confidence: float = CONFIDENCE) -> float:
    """How many standard errors on either side hold the truth so often: Student's t for whole degrees of freedom.

    By halving, from the closed form of the distribution (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    """
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """The chance that a value of Student's distribution lies within ±t."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    if freedom == 1:
        return 2 * angle / math.pi
    term = 1.0 if freedom % 2 == 0 else cosine
    total = term
    for step in range(2 if freedom % 2 == 0 else 3, freedom - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        total += term
    return sine * total if freedom % 2 == 0 else 2 / math.pi * (angle + sine * total)
