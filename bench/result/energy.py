"""Energy and telemetry: joules of each meter over the measured time, clocks and temperatures."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ...kernels.bounded import Celsius, Count, Figure, Name, Probability, Record, Seconds, Text


class Interval(Record, frozen=True, kw_only=True):
    """A derived figure with its bounds; `high` is None where nothing bounds it from above."""

    value: Figure
    low: Figure
    high: Figure | None


class IdlePower(Record, frozen=True, kw_only=True):
    """What a meter saw in `seconds` of idleness before or after the run."""

    when: Literal["before", "after"]
    seconds: Seconds
    power_w: Figure
    low_w: Figure
    high_w: Figure


class CrossCheck(Record, frozen=True, kw_only=True):
    """The same joules got from the meter's other kind of reading; `agrees` when the bounds of the two overlap."""

    method: Literal["integrated counter", "sampled power"]
    joules: Figure
    low_j: Figure
    high_j: Figure
    agrees: bool


class Efficiency(Record, frozen=True, kw_only=True):
    """Energy and work together, for one unit of work: joules a unit, units a joule, joules above idle a unit.

    The bounds combine the energy's with the rate's. They are shown in the units of the workload's quantity (J/TH).
    """

    j_per_unit: Interval
    units_per_j: Interval
    above_idle_j_per_unit: Interval | None


class PowerPoint(Record, frozen=True, kw_only=True):
    """The mean power in a part of the window that ends `until_s` after its start."""

    until_s: Seconds
    power_w: Figure


class Energy(Record, frozen=True, kw_only=True):
    """Joules of one meter over one window: gross, and above idle where idle was measured.

    Where `gross_j` is None, `reason` says why. `low_j` and `high_j` bound the gross figure.
    Figures of two meters are never added: see `scope` for what each one covers, and `covers` for
    how that relates to the device. `hole_s` of the window were filled in; `meter_cpu_s` is the CPU
    time that reading the meter took within the window.
    """

    meter: Name | None
    method: Literal["integrated counter", "sampled power", "device-reported", "estimated"] | None
    scope: Literal["part", "memory", "chip", "package", "board", "system", "wall"] | None
    gross_j: Figure | None
    above_idle_j: Annotated[float, Meta(ge=-1e30, le=1e30)] | None
    window_s: Seconds | None
    samples: Count | None
    gaps: Count | None
    low_j: Figure | None
    high_j: Figure | None
    bound_source: Text | None
    reason: Text | None
    name: Text | None = None
    covers: Literal["the device", "the device and more", "not the device", "unknown"] | None = None
    attribution: Text | None = None
    hole_s: Seconds | None = None
    above_idle_low_j: Annotated[float, Meta(ge=-1e30, le=1e30)] | None = None
    above_idle_high_j: Annotated[float, Meta(ge=-1e30, le=1e30)] | None = None
    idle: Annotated[tuple[IdlePower, ...], Meta(max_length=2)] = ()
    cross_check: CrossCheck | None = None
    efficiency: Efficiency | None = None
    course: Annotated[tuple[PowerPoint, ...], Meta(max_length=200)] = ()
    meter_cpu_s: Seconds | None = None


class ThrottleReason(Record, frozen=True, kw_only=True):
    """Why a device held its clock back, and in which share of the readings it said so."""

    reason: Name
    share: Probability


class Telemetry(Record, frozen=True, kw_only=True):
    """Clocks and temperatures seen while sampling, beside those kept with each sample; `source` says where."""

    source: Name
    readings: Count
    clock_hz: Figure | None
    clock_low_hz: Figure | None
    clock_high_hz: Figure | None
    temperature_c: Celsius | None
    temperature_high_c: Celsius | None
    throttle: Annotated[tuple[ThrottleReason, ...], Meta(max_length=40)]
