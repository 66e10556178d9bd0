"""The stored results of our cores as rows for the progression from CPU to ASIC, all of them modelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .scaling import read_rows
from .shape import Shape
from .validate import bound, synthesised


@dataclass(frozen=True)
class ModelledRow:
    """A core of ours as a rung's point. None is unknown: no open tool gives an FPGA's power.

    `low_j_per_th` and `high_j_per_th`: the efficiency's bounds, from validation against published chips.
    `basis`: what the figures come from, in one sentence; `command` recomputes them.
    """

    name: str
    kind: Literal["fpga", "asic"]
    process_nm: float
    stages: int
    hashrate_hs: float
    area_mm2: float | None
    efficiency_j_per_th: float | None
    low_j_per_th: float | None
    high_j_per_th: float | None
    heat_w_per_mm2: float | None
    basis: str
    command: str
    origin: Literal["modelled"] = "modelled"


def modelled_rows() -> list[ModelledRow]:
    """Every stored core: FPGAs first, then cells from the largest process to the smallest."""
    return [*fpga_rows(), *asic_rows()]


def fpga_rows() -> list[ModelledRow]:
    """The placed and routed cores of data/fpga.csv."""
    rows = []
    for row in read_rows("fpga.csv"):
        stages, clock_mhz = int(row["stages"]), float(row["clock_mhz"])
        rows.append(
            ModelledRow(
                name=f"hashwatt core, {stages_text(stages)}, on {row['device']}",
                kind="fpga",
                process_nm=float(row["process_nm"]),
                stages=stages,
                hashrate_hs=clock_mhz * 1e6 / Shape(stages).passes,
                area_mm2=None,
                efficiency_j_per_th=None,
                low_j_per_th=None,
                high_j_per_th=None,
                heat_w_per_mm2=None,
                basis=(
                    f"placed and routed at {clock_mhz:g} MHz ({seeds_text(int(row['seeds']))}), "
                    f"{int(row['logic_used']):,} of {int(row['logic_total']):,} cells; the tools give no power"
                ),
                command=row["command"],
            )
        )
    return rows


def asic_rows() -> list[ModelledRow]:
    """The synthesised cores of data/silicon.csv."""
    factor = bound()
    rows = []
    for core in synthesised():
        efficiency = core.total_j_per_gh * 1e3
        rows.append(
            ModelledRow(
                name=f"hashwatt core, {stages_text(core.stages)}, {core.process_nm:g} nm cells ({core.library})",
                kind="asic",
                process_nm=core.process_nm,
                stages=core.stages,
                hashrate_hs=core.hashrate_hs,
                area_mm2=core.area_mm2,
                efficiency_j_per_th=efficiency,
                low_j_per_th=efficiency / factor,
                high_j_per_th=efficiency * factor,
                heat_w_per_mm2=core.heat_w_per_mm2,
                basis=(
                    f"synthesised at {core.clock_mhz:g} MHz and {core.voltage_v:g} V, before layout: no clock tree, "
                    f"no wires; right within a factor of {factor:.1f}"
                ),
                command=core.command,
            )
        )
    return rows


def stages_text(stages: int) -> str:
    """`1 stage`, `8 stages`."""
    return f"{stages} stage{'s' if stages > 1 else ''}"


def seeds_text(seeds: int) -> str:
    """`one seed`, `median of 3 seeds`."""
    return "one seed" if seeds == 1 else f"median of {seeds} seeds"
