"""The published figures that measurements are set beside: `data/reference_devices.csv`, one row a source."""

from __future__ import annotations

import csv
import io
import math
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Rung = Literal["cpu", "gpu", "fpga", "asic"]
RUNGS: tuple[Rung, ...] = ("cpu", "gpu", "fpga", "asic")

Words = Annotated[str, Meta(min_length=1, max_length=400)]
Quantity = Annotated[float, Meta(gt=0, le=1e15)]

# Sources round to three digits or more.
ROUNDING = 0.005


class ReferenceDevice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one source says of one device. None is unknown.

    `device` is the same in all rows about one device, `name` is what the source calls it.
    `power_scope` tells what the watts feed (`system`: a whole product as sold; None: the source does not say).
    """

    device: Words
    name: Words
    vendor: Words
    kind: Rung
    origin: Literal["cited", "modelled", "estimated"]
    year: Annotated[int, Meta(ge=2008, le=2100)] | None
    process_nm: Quantity | None
    die_area_mm2: Quantity | None
    hashrate_mhs: Quantity | None
    power_w: Quantity | None
    efficiency_j_per_th: Quantity | None
    power_scope: Literal["chip", "board", "system", "wall"] | None
    note: Words | None
    source: Words
    url: Annotated[str, Meta(pattern=r"^https?://[^\s<>\"]+$", max_length=400)] | None

    @property
    def hashrate_hs(self) -> float | None:
        """Hashes a second."""
        return None if self.hashrate_mhs is None else self.hashrate_mhs * 1e6


@cache
def reference_devices() -> tuple[ReferenceDevice, ...]:
    """Published figures, in the file's order. Raises ValueError when the file breaks its schema (a bug)."""
    return read_devices("reference_devices.csv")


def read_devices(name: str) -> tuple[ReferenceDevice, ...]:
    """The rows of one file of the data folder, each held against the schema and its own units."""
    rows = []
    for number, fields in enumerate(read_table(name), start=2):
        known = {column: value or None for column, value in fields.items()}
        row = msgspec.convert(known, ReferenceDevice, strict=False)
        fault = fault_of(row)
        if fault:
            raise ValueError(f"{name}, line {number} ({row.name}): {fault}")
        rows.append(row)
    return tuple(rows)


def read_table(name: str) -> list[dict[str, str]]:
    """A CSV file of the data folder, as text by column."""
    text = (files("hashwatt.reports") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text), strict=True))


def fault_of(row: ReferenceDevice) -> str | None:
    """What the row contradicts itself in: hashrate × energy a hash must be the power, and a figure must be there."""
    if row.hashrate_mhs is None and row.efficiency_j_per_th is None:
        return "neither a hashrate nor an efficiency"
    if row.power_w is not None and (row.hashrate_mhs is None or row.efficiency_j_per_th is None):
        return "power without the hashrate or the efficiency that belongs to it"
    if row.hashrate_mhs is None or row.power_w is None or row.efficiency_j_per_th is None:
        return None
    implied_w = row.hashrate_mhs / 1e6 * row.efficiency_j_per_th
    if not math.isclose(implied_w, row.power_w, rel_tol=ROUNDING):
        return f"{row.hashrate_mhs} MH/s × {row.efficiency_j_per_th} J/TH is {implied_w:.4g} W, not {row.power_w} W"
    return None
