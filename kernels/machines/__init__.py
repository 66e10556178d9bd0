"""What cores can do a cycle, as data: `models.csv`, keyed by archspec's names of microarchitectures.

A row tells for vectors of so many bits how many operations of a kind start a cycle, after how many
cycles their result is there, on which ports, and who says so. What a row lacks is unknown. A family without
rows is taken for its closest ancestor that has some (archspec's tree: Ice Lake for Skylake-X) where only an order
of instructions depends on it; figures that are told are always measured on the spot (`cpu/roof.py`).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..graph.schedule import Ports
from ..system.microarchitecture import host_core, name_by_model

DATA = "models.csv"


@dataclass(frozen=True)
class Throughput:
    """Operations that start a cycle; cycles until a result is there, None where unknown; ports in words; source."""

    per_cycle: float
    latency: int | None
    ports: str
    source: str


@dataclass(frozen=True)
class Machine:
    """A microarchitecture. `rows`: by bits of the vectors and kind of operation."""

    name: str
    rows: Mapping[tuple[int, str], Throughput]

    def ports(self, bits: int) -> Ports:
        """What the scheduler wants to know. Raises KeyError where the data lack it."""
        add, rotate = self.rows[bits, "add"], self.rows[bits, "rotate"]
        # What starts every other cycle only does start: an order without a port for it would have no end.
        width, shifts = (max(1, int(row.per_cycle)) for row in (add, rotate))
        return Ports(width=width, shifts=shifts, latency=add.latency or 1)

    def shares_shifts(self, bits: int) -> bool:
        """Whether rotates and shifts are known to compete for the same ports."""
        rotate, shift = self.rows.get((bits, "rotate")), self.rows.get((bits, "shift"))
        return rotate is not None and shift is not None and rotate.ports == shift.ports


@cache
def machines() -> Mapping[str, Machine]:
    """Every machine in the data, by archspec's name."""
    rows: dict[str, dict[tuple[int, str], Throughput]] = {}
    text = files(__package__).joinpath(DATA).read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        latency = int(row["latency"]) if row["latency"] else None
        entry = Throughput(float(row["per_cycle"]), latency, row["ports"], row["source"])
        rows.setdefault(row["machine"], {})[int(row["bits"]), row["kind"]] = entry
    return {name: Machine(name, of_machine) for name, of_machine in rows.items()}


def machine(name: str) -> Machine:
    """The machine of that name. Raises KeyError."""
    return machines()[name]


@cache
def host_machine() -> Machine | None:
    """The data of this machine's cores or of their closest ancestor's, or None where there are none."""
    core = host_core()
    # LLVM may know a core that archspec has no name for.
    names = [name_by_model()] if core is None else [core.name, *(each.name for each in core.ancestors), name_by_model()]
    return next((machines()[name] for name in names if name in machines()), None)
