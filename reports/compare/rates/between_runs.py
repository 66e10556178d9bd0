"""The ratio of two sides' rates by how far *runs* lie apart: what two runs of the same code differ by is no change.

Samples of one run are not independent of the run, so that however many there are, they say nothing of the next run.
What speaks for that is how far the runs of a side lie apart. They are few, so their variance is badly known: it is
joined with a prior (a scaled inverse chi-square of PRIOR_FREEDOM degrees of freedom), and the interval is Student's t
of the degrees of freedom of both, in logarithms. With one run a side the prior is all there is: it then says that the
ratio of two runs of the same code has a standard deviation of `prior` (2 %), and lies within 3.9 % in 95 of 100. Where
the runs differ so much that the prior is refuted, it is dropped and they speak for themselves.

Simulated, `python -m tests.simulations.verdicts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from msgspec import Struct

from ....bench.rounds.interval import BETWEEN_RUNS_VIRTUAL, WIDEST_LOG, student_t
from .ratio import CONFIDENCE, Ratio

# The standard deviation of the ratio of two runs of the same code, before any two were seen.
PRIOR = 0.02
# The same on virtual machines, where quiet runs lie 1.35 % apart: half of a prior is the scale of t for one run.
PRIOR_VIRTUAL = 2 * BETWEEN_RUNS_VIRTUAL
# Under contention, for work a CPU second: of twelve runs beside one to two busy CPUs, work ÷ time scattered by 31 % and
# work ÷ CPU time by 2.6 %, which is 3.7 % for the ratio of two.
PRIOR_CONTENDED = 0.05
# How many runs' worth of knowledge the prior is; with four, the variance of its t is twice that of the normal.
PRIOR_FREEDOM = 4
# Runs that scatter so many times as much as the prior says refute it.
REFUTED = 2.0
# A run whose rounds lie so far apart has moved: between levels, or steadily. Of simulated quiet runs 3 in 1,000 seem
# to, of runs that step 75 in 100.
MOVED = 0.007


class RunRate(Struct, frozen=True, kw_only=True):
    """The logarithm of a run's rate, and how far another run may lie from it by what this one shows (relative).

    `moved`: how far its rounds lie apart beyond what their samples explain: it was in several levels.
    """

    log: float
    error: float
    moved: float = 0.0


class Scatter(Struct, frozen=True, kw_only=True):
    """How far runs lie apart (a standard deviation, relative), by how many degrees of freedom, and whose word it is.

    `prior`: what the ratio of two runs was taken to scatter by before any were seen; None where it had no part in it.
    """

    deviation: float
    freedom: int
    source: str
    prior: float | None = None


def ratio_between(base: Sequence[RunRate], new: Sequence[RunRate], prior: float = PRIOR) -> tuple[Ratio, Scatter]:
    """New over base, of the geometric means of at least one run a side, with its 95 % interval."""
    change = fmean(run.log for run in new) - fmean(run.log for run in base)
    scatter = scatter_of_runs(base, new, prior)
    half = student_t(scatter.freedom, CONFIDENCE) * scatter.deviation
    if any(run.moved > MOVED for run in (*base, *new)) and len(base) + len(new) > 2:
        # What has levels may have further ones that no run has seen, of which a prior knows nothing.
        alone = scatter_alone(base, new)
        half = max(half, student_t(alone.freedom, CONFIDENCE) * alone.deviation)
    half = min(WIDEST_LOG, half * math.sqrt(1 / len(base) + 1 / len(new)))
    return Ratio(value=math.exp(change), low=math.exp(change - half), high=math.exp(change + half)), scatter


def scatter_of_runs(base: Sequence[RunRate], new: Sequence[RunRate], prior: float) -> Scatter:
    """How far runs of one side lie apart, by the runs themselves and the prior."""
    # A t of four degrees of freedom has twice the variance of its scale, and the ratio has two runs: a quarter.
    expected = prior**2 / 4 + fmean(run.error**2 for run in (*base, *new))
    freedom = len(base) + len(new) - 2
    if not freedom:
        return Scatter(deviation=math.sqrt(expected), freedom=PRIOR_FREEDOM, source="prior", prior=prior)
    alone = scatter_alone(base, new)
    if alone.deviation**2 > REFUTED**2 * expected:
        return alone
    shrunk = (PRIOR_FREEDOM * expected + freedom * alone.deviation**2) / (PRIOR_FREEDOM + freedom)
    return Scatter(deviation=math.sqrt(shrunk), freedom=PRIOR_FREEDOM + freedom, source="runs and prior", prior=prior)


def scatter_alone(base: Sequence[RunRate], new: Sequence[RunRate]) -> Scatter:
    """The same by the runs alone, of which there are three at least."""
    freedom = len(base) + len(new) - 2
    squares = math.fsum((run.log - fmean(one.log for one in side)) ** 2 for side in (base, new) for run in side)
    return Scatter(deviation=math.sqrt(squares / freedom), freedom=freedom, source="runs")


def runs_needed(change: float, scatter: Scatter, most: int = 50) -> int | None:
    """How many runs a side would show a ratio of exp(`change`), if they scatter as these do; None: more than `most`."""
    for runs in range(2, most + 1):
        half = student_t(PRIOR_FREEDOM + 2 * runs - 2, CONFIDENCE) * scatter.deviation * math.sqrt(2 / runs)
        if half < abs(change):
            return runs
    return None
