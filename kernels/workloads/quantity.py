"""What work is counted in: the one table of units, rate units and joule units."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A unit of work and how its figures are written.

    `unit` and `plural` count work ("1 hash", "12 hashes"); `rate_unit` takes SI prefixes ("MH/s"). Energy is
    written as joules for `energy_amount` units, `energy_unit` ("J/TH"), and as work a joule, `per_joule_amount`
    units at a time ("MH/J"). `best_is_custom`: benchmarks of this kind state the best of several times, as STREAM does,
    so that it stands beside the rate.
    """

    unit: str
    plural: str
    rate_unit: str
    rate_name: str
    energy_amount: float
    energy_unit: str
    per_joule_amount: float
    per_joule_unit: str
    best_is_custom: bool = False


HASH = Quantity("hash", "hashes", "H/s", "hashrate", 1e12, "J/TH", 1e6, "MH/J")
BYTE = Quantity("byte", "bytes", "B/s", "bandwidth", 1e9, "J/GB", 1e9, "GB/J", True)
FLOP = Quantity("flop", "flop", "FLOP/s", "rate", 1e9, "J/GFLOP", 1e9, "GFLOP/J", True)
OPERATION = Quantity("operation", "operations", "op/s", "rate", 1e9, "J/Gop", 1e9, "Gop/J", True)
MAC = Quantity("MAC", "MACs", "MAC/s", "rate", 1e9, "J/GMAC", 1e9, "GMAC/J")
UPDATE = Quantity("update", "updates", "up/s", "rate", 1e9, "J/Gup", 1e9, "Gup/J")

_BY_UNIT = {quantity.unit: quantity for quantity in (HASH, BYTE, FLOP, OPERATION, MAC, UPDATE)}


def quantity_of(unit: str) -> Quantity:
    """The row of `unit`; for a unit that is not in the table (another version's, a plug-in's) one made of its name."""
    return _BY_UNIT.get(unit) or Quantity(
        unit, f"{unit}s", per_second(unit), "rate", 1.0, f"J/{unit}", 1.0, f"{unit}/J"
    )


def per_second(unit: str) -> str:
    """The plain unit of a rate, as results write it: "hash/s"."""
    return f"{unit}/s"
