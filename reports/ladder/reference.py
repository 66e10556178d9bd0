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

PowerScope = Literal["tdp", "chip", "board", "system", "wall"]
Form = Literal[
    "package", "soc", "server", "coprocessor", "microcontroller",
    "card", "rack", "rig",
    "board", "chip", "usb", "home", "miner", "hydro", "immersion",
]  # fmt: skip

Words = Annotated[str, Meta(min_length=1, max_length=400)]
# The oldest processor with a figure is of 2004.
Released = Annotated[str, Meta(pattern="^20(0[4-9]|[1-9][0-9])(-(0[1-9]|1[0-2]))?$")]
Quantity = Annotated[float, Meta(gt=0, le=1e15)]

# Sources round to three digits or more.
ROUNDING = 0.005


class ReferenceDevice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one source says of one device. None is unknown.

    `device` is the same in all rows about one device, `name` is what the source calls it. `form` is what
    kind of thing it is. `origin`: `cited` from a source that measured or states it, `derived` from a
    source's rate of another hash (the note has the arithmetic), `estimated` by the source itself,
    `modelled` by us. `released` is a year or a month (`released_source` None: the same source);
    `source_date` when the source was written, where it says so. `power_scope` tells what the watts feed
    (`tdp`: the nominal power of the chip or card, which nobody measured; `system`: a whole product as
    sold; None: the source does not say). `outlier` is the reason for which a row counts in no median.
    `grade`: `secondary` for a list that cites others.
    """

    device: Words
    name: Words
    vendor: Words
    kind: Rung
    form: Form | None
    origin: Literal["cited", "derived", "estimated", "modelled"]
    released: Released | None
    released_source: Words | None
    process_nm: Quantity | None
    die_area_mm2: Quantity | None
    hashrate_mhs: Quantity | None
    power_w: Quantity | None
    efficiency_j_per_th: Quantity | None
    power_scope: PowerScope | None
    power_note: Words | None
    outlier: Words | None
    note: Words | None
    grade: Literal["as titled", "secondary"]
    source: Words
    source_date: Released | None
    url: Annotated[str, Meta(pattern=r"^https?://[^\s<>\"]+$", max_length=400)] | None
    licence: Words | None

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
    """What the row contradicts itself in, if it does.

    Hashrate × energy a hash must be the power, a figure must be there, and nothing is released after it was described.
    """
    if row.hashrate_mhs is None and row.efficiency_j_per_th is None:
        return "neither a hashrate nor an efficiency"
    if row.power_w is not None and (row.hashrate_mhs is None or row.efficiency_j_per_th is None):
        return "power without the hashrate or the efficiency that belongs to it"
    if is_later(row.released, row.source_date):
        return f"released {row.released}, after its source of {row.source_date}"
    if row.hashrate_mhs is None or row.power_w is None or row.efficiency_j_per_th is None:
        return None
    implied_w = row.hashrate_mhs / 1e6 * row.efficiency_j_per_th
    if not math.isclose(implied_w, row.power_w, rel_tol=ROUNDING):
        return f"{row.hashrate_mhs} MH/s × {row.efficiency_j_per_th} J/TH is {implied_w:.4g} W, not {row.power_w} W"
    return None


def is_later(first: str | None, second: str | None) -> bool:
    """Whether one year or month is surely after another: as far as both are known.

    >>> is_later("2014", "2013-12"), is_later("2013", "2013-12"), is_later("2014-02", "2014"), is_later(None, "2014")
    (True, False, False, False)
    """
    if first is None or second is None:
        return False
    known = min(len(first), len(second))
    return first[:known] > second[:known]


def time_of(released: str) -> float:
    """A year or a month as a year with a fraction: the middle of it.

    >>> time_of("2013"), time_of("2013-01")
    (2013.5, 2013.0416666666667)
    """
    year, _, month = released.partition("-")
    return int(year) + ((int(month) - 0.5) / 12 if month else 0.5)
