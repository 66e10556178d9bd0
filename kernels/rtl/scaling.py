"""Energy from one process and voltage to another, with published coefficients, and how far to trust it.

Source of the coefficients: see data/scaling.csv. Only energy is scaled: a clock is a layout's and a
voltage's, and never scaled here.
"""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files

from ..errors import InputError


def read_rows(name: str) -> list[dict[str, str]]:
    """A file of the data folder, by column; lines that begin with # are its sources."""
    text = (files(__package__) / "data" / name).read_text(encoding="utf-8")
    lines = (line for line in io.StringIO(text) if not line.startswith("#"))
    return list(csv.DictReader(lines, strict=True))


@cache
def _factors() -> dict[float, tuple[float, float, float]]:
    return {
        float(row["process_nm"]): (float(row["a2"]), float(row["a1"]), float(row["a0"]))
        for row in read_rows("scaling.csv")
    }


def energy_factor(process_nm: float, voltage_v: float) -> float:
    """The process' energy for one operation at a voltage, in the source's arbitrary unit. Raises InputError.

    Between two processes of the table the factor is interpolated in proportion to the logarithms.
    """
    known = _factors()
    if not min(known) <= process_nm <= max(known):
        raise InputError(f"{process_nm:g} nm is outside the published scaling, {min(known):g} to {max(known):g} nm")
    if process_nm in known:
        a2, a1, a0 = known[process_nm]
        factor = a2 * voltage_v**2 + a1 * voltage_v + a0
        if factor <= 0:
            raise InputError(f"the published scaling does not reach down to {voltage_v:g} V at {process_nm:g} nm")
        return factor
    above = min(node for node in known if node > process_nm)
    below = max(node for node in known if node < process_nm)
    share = _share(below, process_nm, above)
    low, high = energy_factor(below, voltage_v), energy_factor(above, voltage_v)
    return float(low * (high / low) ** share)


def _share(below: float, between: float, above: float) -> float:
    from math import log

    return log(between / below) / log(above / below)


def scaled_energy(energy: float, source: tuple[float, float], target: tuple[float, float]) -> float:
    """An energy at `source` (process in nm, voltage in V), as the published scaling has it at `target`."""
    return energy * energy_factor(*target) / energy_factor(*source)
