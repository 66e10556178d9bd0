"""Predictions held against published chips: how wrong the model is, which way, and the bound that follows.

What is scaled is the energy a hash of our largest core, synthesised with real libraries (data/silicon.csv,
with the command that recomputes each row). For each chip the nearest library not below its process is
taken, and the result bracketed by the chip's core voltages.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from ..errors import InputError
from .scaling import read_rows, scaled_energy


@dataclass(frozen=True)
class Synthesised:
    """A core of ours in a library's cells, modelled. Energies in J/GH; see docs/silicon.md for what is missing."""

    process_nm: float
    scaled: str
    library: str
    voltage_v: float
    stages: int
    cells: int
    flip_flops: int
    area_mm2: float
    clock_mhz: float
    clock_j_per_gh: float
    flops_j_per_gh: float
    logic_j_per_gh: float
    glitches_j_per_gh: float
    leakage_j_per_gh: float
    tools: str

    @property
    def hashrate_hs(self) -> float:
        """Hashes a second at the fastest clock."""
        return self.clock_mhz * 1e6 / -(-61 // self.stages)

    @property
    def total_j_per_gh(self) -> float:
        """Joules for 10⁹ hashes."""
        return (
            self.clock_j_per_gh
            + self.flops_j_per_gh
            + self.logic_j_per_gh
            + self.glitches_j_per_gh
            + self.leakage_j_per_gh
        )

    @property
    def heat_w_per_mm2(self) -> float:
        """Power over the cells' area, at the fastest clock."""
        return self.total_j_per_gh * 1e-9 * self.hashrate_hs / self.area_mm2

    @property
    def command(self) -> str:
        """What recomputes the row."""
        return f"hashwatt rtl synth --liberty {self.library} --stages {self.stages}"


@dataclass(frozen=True)
class Validated:
    """A chip, its published energy, and ours for it. `factor` = modelled ÷ published, of the middles."""

    chip: str
    vendor: str
    process_nm: float
    style: str
    voltages_v: tuple[float, float]
    published_j_per_gh: tuple[float, float]
    modelled_j_per_gh: tuple[float, float]
    basis: str
    source: str

    @property
    def factor(self) -> float:
        """Above 1 the model says more energy than the chip was published with."""
        return middle(self.modelled_j_per_gh) / middle(self.published_j_per_gh)


@dataclass(frozen=True)
class Crosscheck:
    """One library's energy predicted from another's by scaling alone: what an extrapolation is worth."""

    from_nm: float
    to_nm: float
    predicted_j_per_gh: float
    synthesised_j_per_gh: float

    @property
    def error(self) -> float:
        """Predicted ÷ synthesised − 1."""
        return self.predicted_j_per_gh / self.synthesised_j_per_gh - 1


def middle(bounds: tuple[float, float]) -> float:
    """The geometric middle of two bounds."""
    return sqrt(bounds[0] * bounds[1])


def synthesised() -> list[Synthesised]:
    """The stored results, largest process first."""
    rows = [
        Synthesised(**{key: _typed(key, value) for key, value in row.items()})  # type: ignore[arg-type]
        for row in read_rows("silicon.csv")
    ]
    return sorted(rows, key=lambda row: (-row.process_nm, row.stages, row.library))


def _typed(column: str, text: str) -> str | int | float:
    if column in ("library", "scaled", "tools"):
        return text
    return int(text) if column in ("stages", "cells", "flip_flops") else float(text)


def full_cores() -> list[Synthesised]:
    """The cores that hash a nonce every clock, and from whose library others may be scaled."""
    return [row for row in synthesised() if row.stages == 61 and row.scaled == "yes"]


def validate() -> list[Validated]:
    """Every published chip with the model's bracket."""
    cores = full_cores()
    answers = []
    for row in read_rows("chips.csv"):
        process = float(row["process_nm"])
        core = min(
            (core for core in cores if core.process_nm >= process), key=lambda core: core.process_nm, default=None
        )
        if core is None:
            raise InputError(f"no stored core is on {process:g} nm or above; add one to kernels/rtl/data/silicon.csv")
        voltages = (float(row["voltage_low"]), float(row["voltage_high"]))
        low, high = sorted(
            scaled_energy(core.total_j_per_gh, (core.process_nm, core.voltage_v), (process, voltage))
            for voltage in voltages
        )
        published = (float(row["published_low"]), float(row["published_high"]))
        basis = f"{core.library}, {core.process_nm:g} nm, {core.voltage_v:g} V"
        answers.append(
            Validated(
                row["chip"],
                row["vendor"],
                process,
                row["style"],
                voltages,
                published,
                (low, high),
                basis,
                row["source"],
            )
        )
    return answers


def crosschecks() -> list[Crosscheck]:
    """Every pair of stored libraries, from the larger process to the smaller one."""
    cores = full_cores()
    return [
        Crosscheck(
            one.process_nm,
            other.process_nm,
            scaled_energy(one.total_j_per_gh, (one.process_nm, one.voltage_v), (other.process_nm, other.voltage_v)),
            other.total_j_per_gh,
        )
        for one in cores
        for other in cores
        if one.process_nm > other.process_nm
    ]


def bound(style: str | None = None) -> float:
    """The honest factor either way: the largest miss among the published chips (of one style of drawing)."""
    factors = [chip.factor for chip in validate() if style in (None, chip.style)]
    return max(max(factor, 1 / factor) for factor in factors)
