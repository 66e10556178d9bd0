"""The limit of a work on a device: the smallest of the ceilings that bind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..device import Ceiling, Roof


def smallest_ceiling(ceilings: Iterable[Ceiling], counts: Mapping[str, float]) -> Roof | None:
    """The roof in units of work a second; `counts` tells how much of each ceiling one unit of work takes.

    None where no ceiling is known that the work takes anything of.
    """
    binding = [(ceiling.rate_per_s / counts[ceiling.name], ceiling) for ceiling in ceilings if counts.get(ceiling.name)]
    if not binding:
        return None
    rate, ceiling = min(binding, key=lambda one: one[0])
    explanation = f"The roof is that of the device's {ceiling.name}: {ceiling.explanation}."
    return Roof(rate, None, None, {}, explanation, ceiling.name)
