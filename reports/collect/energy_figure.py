"""Joules a unit of work of one device in one run, from its energy records: which record speaks, whose word it is."""

from __future__ import annotations

from msgspec import Struct

from ...bench.result.energy import Energy
from ...bench.result.measurement import Measurement, Origin

# Where several meters saw the device: measured before its own word before an estimate, then what is closest to it.
_ORIGINS: tuple[Origin, ...] = ("measured", "reported", "modelled", "cited", "estimated")
_COVERS = ("the device", "the device and more", "unknown", None)
_SCOPES = ("board", "package", "chip", "system", "wall", "part", "memory", None)


class EnergyFigure(Struct, frozen=True, kw_only=True):
    """Joules a `unit` of work with their bounds (None: not known): whose word they are, how got, of which part."""

    unit: str
    j_per_unit: float
    low: float | None
    high: float | None
    origin: Origin
    method: str
    scope: str
    meter: str


def word_of(figure: EnergyFigure) -> str:
    """Whose word the joules are: no proof covers them."""
    return "the device's word" if figure.origin == "reported" else "the machine's word"


def energy_figure(device: Measurement) -> EnergyFigure | None:
    """The figure that speaks for the device, or None where no meter saw it."""
    figures = [
        (preference(record, figure.origin), figure)
        for record in device.energy
        for figure in [figure_of(record, device)]
        if figure is not None and record.covers != "not the device"
    ]
    return min(figures, key=lambda candidate: candidate[0])[1] if figures else None


def why_unknown(device: Measurement) -> str:
    """Why there is no figure, as the meters themselves say it."""
    reasons = [record.reason for record in device.energy if record.reason]
    return reasons[0] if reasons else "no energy meter was found"


def figure_of(record: Energy, device: Measurement) -> EnergyFigure | None:
    """The joules a unit of one record: as the harness worked it out, or joules ÷ the work of the same time."""
    low: float | None
    high: float | None
    if record.efficiency is not None:
        interval = record.efficiency.j_per_unit
        value, low, high = interval.value, interval.low, interval.high
    elif record.gross_j and record.window_s and device.amount and device.seconds:
        amount = device.amount / device.seconds * record.window_s
        value = record.gross_j / amount
        low = None if record.low_j is None else record.low_j / amount
        high = None if record.high_j is None else record.high_j / amount
    else:
        return None
    if value <= 0:
        return None
    return EnergyFigure(
        unit=device.unit,
        j_per_unit=value,
        low=low,
        high=high,
        origin=origin_of(record),
        method=record.method or "unknown method",
        scope=record.scope or "unknown scope",
        meter=record.meter or "unknown meter",
    )


def origin_of(record: Energy) -> Origin:
    """Whose word the joules are."""
    if record.method == "estimated":
        return "estimated"
    return "reported" if record.method == "device-reported" else "measured"


def preference(record: Energy, origin: Origin) -> tuple[int, int, int]:
    """Smaller is better."""
    return _ORIGINS.index(origin), _COVERS.index(record.covers), _SCOPES.index(record.scope)
