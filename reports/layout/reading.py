"""How a report is to be read: what its evidence shows together, and what its units are."""

from __future__ import annotations

from ...bench.verification.verdict import statement_of
from ...kernels.workloads.evidence import class_of
from ...kernels.workloads.quantity import quantity_of
from ..collect.gather import Collection
from ..collect.sources import SHARES_LOOKED_AT
from ..ladder.own import LADDER_UNIT
from ..wording.units import UNIT_LIMIT
from ..wording.visible import visible

NOTHING_VERIFIES = "Nothing here verifies, so nothing here is proven."
LOOKED_AT = (
    f"{SHARES_LOOKED_AT} shares of each, drawn anew, were looked at, or what `hashwatt verify` found in the very same "
    "file was taken; joules and seconds are the machine's own word."
)
_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def statement(collection: Collection) -> str:
    """What the evidence of all ranked runs shows, and what it does not."""
    evidence = [entry.device.evidence for group in collection.groups for entry in group.entries]
    if not evidence:
        return NOTHING_VERIFIES
    proven = any(each is not None and class_of(each) == "shares" for each in evidence)
    return f"{statement_of(evidence)}{f' {LOOKED_AT}' if proven else ''}"


def energy_units(collection: Collection) -> list[str]:
    """A sentence for each energy unit in the report: those of the ranked work, and the ladder's."""
    units = dict.fromkeys((*(ranking.unit for ranking in collection.rankings), LADDER_UNIT))
    return [energy_unit_text(unit) for unit in units]


def energy_unit_text(unit: str) -> str:
    """What joules stand for.

    >>> energy_unit_text("byte"), energy_unit_text("brick")
    ('J/GB is joules for 10⁹ bytes', 'J/brick is joules for 1 brick')
    """
    quantity = quantity_of(unit)
    name = visible(quantity.energy_unit, UNIT_LIMIT)
    if quantity.energy_amount == 1:
        return f"{name} is joules for 1 {visible(quantity.unit, UNIT_LIMIT)}"
    power = f"{quantity.energy_amount:.0e}".partition("e+")[2].lstrip("0").translate(_DIGITS)
    return f"{name} is joules for 10{power} {visible(quantity.plural, UNIT_LIMIT)}"
