"""The cores' clock as a condition: what follows it is the machine's doing, not that of what is compared.

A verdict on two sides whose clocks differ is given only where it holds for work a cycle as well. Work that the clock
does not touch (memory binds it) and code that changes the clock (wide vectors) then get none where the two disagree:
rather no verdict than one on the machine's mood. Rounds of one run that alternates two settings meet the same mood.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from msgspec.structs import replace

from ....bench.rates import measured_clock_hz
from ...wording.ratios import change_text
from ...wording.units import clock_text
from ..rates.between_runs import RunRate, ratio_between
from ..rates.rate_series import Series
from ..rates.ratio import Ratio
from .judgement import judge

# Nearer clocks decide nothing.
EQUAL_CLOCKS = 0.01
HELPS = "measure again, or alternate (`hashwatt run --ab`)"


def clocks_of(side: Sequence[Series]) -> list[float] | None:
    """That of each run; None where one does not tell it."""
    told = [None if run.entry is None else measured_clock_hz(run.entry.device) for run in side]
    known = [clock for clock in told if clock is not None]
    return known if known and len(known) == len(told) else None


def undone_by_clock(
    base: Sequence[Series], new: Sequence[Series], rates: Sequence[Sequence[RunRate]], ratio: Ratio, prior: float,
    threshold: float,
) -> str:  # fmt: skip
    """Why the verdict that the ratio of these rates gives does not hold at equal clocks; empty where it does."""
    clocks = [clocks_of(side) for side in (base, new)]
    if clocks[0] is None or clocks[1] is None or judge(ratio, threshold) == "cannot tell":
        return ""
    middle = [math.exp(fmean(math.log(clock) for clock in side)) for side in (clocks[0], clocks[1])]
    if abs(math.log(middle[1] / middle[0])) <= math.log1p(EQUAL_CLOCKS):
        return ""
    a_cycle = [
        [replace(rate, log=rate.log - math.log(clock)) for rate, clock in zip(side, known, strict=True)]
        for side, known in zip(rates, (clocks[0], clocks[1]), strict=True)
    ]
    at_equal, _ = ratio_between(a_cycle[0], a_cycle[1], prior)
    if judge(at_equal, threshold) == judge(ratio, threshold):
        return ""
    return (
        f"the clock differs, {clock_text(middle[0])} → {clock_text(middle[1])}: work a cycle changed by "
        f"{change_text(at_equal.value)}, the rate by {change_text(ratio.value)}; {HELPS}"
    )
