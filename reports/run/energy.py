"""What each meter said about each device: the joules behind the table's energy, and those of other scopes beside."""

from __future__ import annotations

from ...bench.result.energy import Energy
from ...bench.result.measurement import Measurement
from ...bench.result.model import Result
from ...kernels.workloads.quantity import quantity_of
from ..wording.ratios import efficiency_text
from ..wording.units import energy_text
from ..wording.visible import visible


def energy_lines(result: Result) -> list[str]:
    """A line for each meter and measurement; nothing where no meter was read."""
    several = len({entry.workload for entry in result.results}) > 1
    return [
        visible(f"{entry.device.id}  {f'{entry.workload}  ' if several else ''}{record.meter}: {told(record, entry)}")
        for entry in result.results
        for record in entry.energy
        if record.meter is not None
    ]


def told(record: Energy, entry: Measurement) -> str:
    """One meter's figures in a sentence, or why it has none."""
    if record.gross_j is None or record.low_j is None or record.high_j is None or not record.window_s:
        return f"no figure: {record.reason}"
    parts = [
        f"{'~' if record.method == 'estimated' else ''}{energy_text(record.gross_j)} "
        f"({energy_text(record.low_j)}–{energy_text(record.high_j)}) in {record.window_s:.1f} s",
        f"{record.gross_j / record.window_s:.4g} W",
    ]
    if record.above_idle_j is not None:
        parts.append(f"{energy_text(record.above_idle_j)} above idle")
    if record.efficiency is not None:
        quantity = quantity_of(entry.unit)
        parts.append(efficiency_text(record.efficiency.j_per_unit.value, entry.unit))
        parts.append(f"{record.efficiency.units_per_j.value / quantity.per_joule_amount:.4g} {quantity.per_joule_unit}")
    parts.append(f"{record.method}, {record.scope or 'scope not stated'}")
    if record.covers == "not the device":
        parts.append(f"not {entry.device.id}'s own")
    if record.covers == "the device and more":
        parts.append(f"{entry.device.id}'s and more")
    if record.meter_cpu_s is not None:
        parts.append(f"reading it took {record.meter_cpu_s / record.window_s:.2%} of one CPU")
    return ", ".join(parts)
