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
from ..system.processor import llvms_name

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
        return Ports(width=int(add.per_cycle), shifts=int(rotate.per_cycle), latency=add.latency or 1)

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
    """The data of this machine's cores or of their closest ancestor's, or None where there are none.

    A virtual machine that hides some feature looks like an older or a generic one to archspec; LLVM goes by
    family and model, so where archspec knows only a generic name its answer counts.
    """
    name = _archspec_name()
    # LLVM's names of AMD's cores: znver4 for zen4.
    by_model = llvms_name().replace("znver", "zen").replace("-", "_")
    for known in (name, by_model, *_ancestors(by_model), *_ancestors(name)):
        if known in machines():
            return machines()[known]
    return None


def _ancestors(name: str) -> list[str]:
    # Closest first.
    import archspec.cpu

    target = archspec.cpu.TARGETS.get(name)
    return [] if target is None else [each.name for each in target.ancestors]


def _archspec_name() -> str:
    import archspec.cpu

    try:
        return str(archspec.cpu.host().name)
    except Exception:
        # Its guesses raise what they happen to raise where the system tells less than they expect.
        return "unknown"
