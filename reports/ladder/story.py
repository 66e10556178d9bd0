"""The progression in one sentence: the rungs in their own times, with what stands behind each median."""

from __future__ import annotations

from collections.abc import Mapping

from ..wording.ratios import three_digits
from .progression import Progression
from .rungs import RungSummary

SCOPE_WORDS = {"tdp": "TDP", "system": "whole system"}


def story(ladder: Progression) -> str:
    """What the picture shows."""
    told = []
    for rung, ratio in zip((*ladder.rungs, ladder.today), ratios_of(ladder), strict=True):
        name = rung.rung.upper() if rung is not ladder.today else "today"
        told.append(f"{name} {rung_words(rung)}" + (f", {division_text(ratio)}" if ratio else "") + behind(rung))
    return f"The median device of each rung in its own time, in J/TH: {' → '.join(told)}."


def short_story(ladder: Progression) -> str:
    """The same in one line: the medians and the steps between them, whose tables have what stands behind."""
    told = [
        f"{rung.rung.upper() if rung is not ladder.today else 'today'} {rung_words(rung)}"
        + (f" ({division_text(ratio)})" if ratio else "")
        for rung, ratio in zip((*ladder.rungs, ladder.today), ratios_of(ladder), strict=True)
    ]
    return f"Median energy, J/TH: {' → '.join(told)}."


def ratios_of(ladder: Progression) -> tuple[float | None, ...]:
    """How many times less energy a hash each rung needs than the one before, None for the first; today's is last."""
    last, today = ladder.rungs[-1].efficiency_j_per_th, ladder.today.efficiency_j_per_th
    since = last.median / today.median if last and today else None
    return (None, *(step.efficiency_ratio for step in ladder.steps), since)


def rung_words(rung: RungSummary) -> str:
    """The median energy, or that there is none."""
    return short_energy(rung.efficiency_j_per_th.median) if rung.efficiency_j_per_th else "unknown"


def behind(rung: RungSummary) -> str:
    """The number of devices, their years, and the power scopes of their figures."""
    if not rung.devices:
        return ""
    devices = f"{rung.devices} {'device' if rung.devices == 1 else 'devices'}"
    figures = sum(rung.scopes.values())
    return f" ({devices} of {years_text(rung)}; power of {figures} figures: {scopes_text(rung.scopes)})"


def years_text(rung: RungSummary) -> str:
    """The span of a rung with devices."""
    return str(rung.first_year) if rung.first_year == rung.last_year else f"{rung.first_year}–{rung.last_year}"


def scopes_text(scopes: Mapping[str, int]) -> str:
    """What the watts feed, commonest first.

    >>> scopes_text({"board": 15, "tdp": 8})
    '15 board, 8 TDP'
    """
    return ", ".join(f"{count} {SCOPE_WORDS.get(scope, scope)}" for scope, count in scopes.items())


def short_energy(j_per_th: float) -> str:
    """J/TH in three or four digits without its unit.

    >>> short_energy(12_921_750), short_energy(52_346.5), short_energy(1181.25), short_energy(15.57)
    ('12.9 M', '52.3 k', '1,181', '15.6')
    """
    for size, prefix in ((1e6, "M"), (1e4, "k")):
        if j_per_th >= size * 0.99995:
            return f"{three_digits(j_per_th / (1e3 if prefix == 'k' else size))} {prefix}"
    return f"{j_per_th:,.0f}" if j_per_th >= 1000 else three_digits(j_per_th)


def division_text(ratio: float) -> str:
    """By what energy is divided, in two digits.

    >>> division_text(25.39), division_text(9.72), division_text(44.31), division_text(0.5)
    ('÷ 25', '÷ 9.7', '÷ 44', '÷ 0.50')
    """
    if ratio >= 99.5:
        return f"÷ {float(f'{ratio:.2g}'):,.0f}"
    return f"÷ {ratio:.0f}" if ratio >= 9.95 else f"÷ {ratio:.1f}" if ratio >= 1 else f"÷ {ratio:.2f}"
