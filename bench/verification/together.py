"""Whether what is said of devices that worked at once follows from their records."""

from __future__ import annotations

import math

from ..result.measurement import Measurement
from ..result.model import Result, Together
from .figures import RELATIVE_ROUNDING


def fault_of_rates(result: Result, together: Together) -> str:
    """Why rates together do not follow from the records; empty where they do."""
    alone = {_place(entry): entry.rate.value for entry in result.results if entry.rate}
    then = {_place(entry): entry.rate.value for entry in together.results if entry.rate}
    stated = {(rate.machine, rate.device, rate.workload): rate for rate in together.rates}
    if stated.keys() != then.keys() or len(stated) != len(together.rates) or not then.keys() <= alone.keys():
        return "the rates together are not those of the devices measured together"
    for place, rate in stated.items():
        expected = then[place] / alone[place]
        if rate.rate != then[place] or not math.isclose(rate.ratio_to_alone, expected, rel_tol=RELATIVE_ROUNDING):
            return f"{rate.device} made {expected:.3f} of its rate alone, not the stated {rate.ratio_to_alone:.3f}"
    total = math.fsum(then.values())
    if not math.isclose(together.sum_rate or 0.0, total, rel_tol=RELATIVE_ROUNDING):
        return f"the rates together add up to {total:.6g}, not to the stated {together.sum_rate or 0:.6g}"
    if len({entry.unit for entry in together.results}) > 1:
        return "rates of different units are added up"
    if not together.rates:
        return "" if together.unit is None else f"no rates together, and yet they are counted in {together.unit!s:.40}"
    if together.unit != together.results[0].unit:
        return f"rates of {together.results[0].unit} are not counted in {together.unit!s:.40}"
    return ""


def _place(entry: Measurement) -> tuple[str, str, str]:
    return entry.machine, entry.device.id, entry.workload
