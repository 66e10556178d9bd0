"""What the units of GPUs can do a clock, as data: `gpu_pipes.csv`, keyed by what compilers call an architecture.

A row tells on which pipe of a unit (NVIDIA's multiprocessor, AMD's compute unit) a kind of instruction runs, for
how many lanes it starts a clock, who says so, and, where nobody does, between which bounds it may lie ("inf": it may
not need that pipe at all). A kind that keeps several pipes busy has a row for each. The kind "any" stands for all
kinds; the pipe "any" takes what the others leave room for; "issue" is what starts a clock on all pipes together.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

DATA = "gpu_pipes.csv"
ANY, ISSUE = "any", "issue"

Bound = Literal["low", "likely", "high"]


@dataclass(frozen=True)
class PipeRate:
    """Lanes that start a clock, as far as is known and at least and at most; the pipe; who says so."""

    pipe: str
    per_clock: float
    low: float
    high: float
    source: str

    def at(self, bound: Bound) -> float:
        """The rate at one of its bounds."""
        return {"low": self.low, "likely": self.per_clock, "high": self.high}[bound]


@dataclass(frozen=True)
class Clocks:
    """How long a unit has to work for one lane's instructions, in clocks, and which pipe takes as long."""

    clocks: float
    binds: str


@dataclass(frozen=True)
class GpuUnit:
    """A unit of an architecture. `rates`: by kind of instruction, one for each pipe that it keeps busy."""

    name: str
    rates: Mapping[str, tuple[PipeRate, ...]]

    @property
    def pipes(self) -> set[str]:
        """The names of its pipes."""
        return {rate.pipe for kind, rates in self.rates.items() if kind != ISSUE for rate in rates} - {ANY}

    def clocks(self, counts: Mapping[str, int], bound: Bound = "likely") -> Clocks:
        """The clocks for so many instructions of each kind, all pipes working beside each other without a wait.

        Raises KeyError for a kind of which nothing is known.
        """
        busy = dict.fromkeys(sorted(self.pipes), 0.0)
        anywhere = 0.0
        for kind, count in counts.items():
            if not count:
                continue
            for rate in self.rates.get(ANY) or self.rates[kind]:
                if rate.pipe == ANY:
                    anywhere += count / rate.at(bound)
                else:
                    busy[rate.pipe] += count / rate.at(bound)
        if anywhere:
            # It fills what the busiest pipe leaves of the others, and then all alike.
            level = (sum(busy.values()) + anywhere) / len(busy)
            busy = {pipe: max(clocks, level) for pipe, clocks in busy.items()}
        if ISSUE in self.rates:
            busy[ISSUE] = sum(counts.values()) / self.rates[ISSUE][0].at(bound)
        binds = max(busy, key=lambda pipe: busy[pipe])
        return Clocks(busy[binds], binds)


@cache
def gpu_units() -> Mapping[str, GpuUnit]:
    """Every architecture in the data, by the name that compilers have for it (`sm_90`, `gfx1100`)."""
    rates: dict[str, dict[str, tuple[PipeRate, ...]]] = {}
    text = files(__package__).joinpath(DATA).read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        per_clock = float(row["per_clock"])
        low, high = float(row["low"] or per_clock), float(row["high"] or per_clock)
        rate = PipeRate(row["pipe"], per_clock, low, high, row["source"])
        of_unit = rates.setdefault(row["architecture"], {})
        of_unit[row["kind"]] = (*of_unit.get(row["kind"], ()), rate)
    return {name: GpuUnit(name, of_unit) for name, of_unit in rates.items()}
