"""Joules for the same work on two sides: by the bounds that the meters leave, and by how far runs lie apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from ...collect.energy_figure import EnergyFigure, energy_figure
from ..rates.between_runs import RunRate, ratio_between
from ..rates.rate_series import Series
from ..rates.ratio import Ratio

LEFT_OPEN = "the meters' bounds leave it open"


def energy_ratio(base: Sequence[Series], new: Sequence[Series]) -> tuple[Ratio | None, str]:
    """The ratio of the joules a unit (at least one run a side), or why there is none."""
    before, now = (figures_of(side) for side in (base, new))
    if len(before) < len(base) or len(now) < len(new):
        return None, "no energy figure on both sides"
    for name in ("scope", "method"):
        told = [list(dict.fromkeys(getattr(figure, name) for figure in side)) for side in (before, now)]
        if len({*told[0], *told[1]}) > 1:
            return None, f"the {name} differs: {', '.join(told[0])} against {', '.join(told[1])}"
    if any(not figure.low or figure.high is None for figure in (*before, *now)):
        return None, "the energy figures have no bounds"
    sides = [[RunRate(log=math.log(one.j_per_unit), error=0.0) for one in side] for side in (before, now)]
    ratio, _ = ratio_between(sides[0], sides[1])
    try:
        down = fmean(below(one) for one in now) + fmean(above(one) for one in before)
        up = fmean(above(one) for one in now) + fmean(below(one) for one in before)
        ratio = Ratio(value=ratio.value, low=ratio.low * math.exp(-down), high=ratio.high * math.exp(up))
    except OverflowError:
        return None, LEFT_OPEN
    return (ratio, "") if math.isfinite(ratio.value + ratio.low + ratio.high) else (None, LEFT_OPEN)


def figures_of(side: Sequence[Series]) -> list[EnergyFigure]:
    """The energy figures of the runs that have one."""
    found = [energy_figure(one.entry.device) for one in side if one.entry is not None]
    return [figure for figure in found if figure is not None]


def below(figure: EnergyFigure) -> float:
    """How far the lower bound lies below the figure, in logarithms."""
    return math.log(figure.j_per_unit) - math.log(figure.low or figure.j_per_unit)


def above(figure: EnergyFigure) -> float:
    """How far the upper bound lies above it."""
    return math.log(figure.high or figure.j_per_unit) - math.log(figure.j_per_unit)
