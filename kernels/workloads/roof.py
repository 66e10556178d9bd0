"""The limit of a work on a device: the smallest of the ceilings that bind it."""

from __future__ import annotations

from collections.abc import Iterable

from ..device import Ceiling, Roof


def smallest_ceiling(ceilings: Iterable[Ceiling]) -> Roof | None:
    """The roof in units of work a second: what the smallest ceiling allows. None where there is none."""
    taken = tuple(ceiling for ceiling in ceilings if ceiling.count > 0)
    if not taken:
        return None
    smallest = min(taken, key=lambda ceiling: ceiling.rate_per_s / ceiling.count)
    explanation = f"The roof is that of the device's {smallest.name}: {smallest.explanation}."
    rate = smallest.rate_per_s / smallest.count
    return Roof(rate, None, None, {}, explanation, smallest.name, taken)
