"""Energy and telemetry: joules of each meter over the measured time, clocks and temperatures."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ...kernels.bounded import Celsius, Count, Figure, Name, Probability, Record, Seconds, Text


class Interval(Record, frozen=True, kw_only=True):
    """A derived figure with its bounds; `high` is None where nothing bounds it from above.

    Fields:
        value: the likeliest figure
        low: at least
        high: at most; null: nothing bounds it from above
    """

    value: Figure
    low: Figure
    high: Figure | None


class IdlePower(Record, frozen=True, kw_only=True):
    """What a meter saw in `seconds` of idleness before or after the run.

    Fields:
        when: before or after the run
        seconds: how long the machine idled
        power_w: mean power meanwhile
        low_w: at least
        high_w: at most
    """

    when: Literal["before", "after"]
    seconds: Seconds
    power_w: Figure
    low_w: Figure
    high_w: Figure


class CrossCheck(Record, frozen=True, kw_only=True):
    """The same joules got from the meter's other kind of reading; `agrees` when the bounds of the two overlap.

    Fields:
        method: how these joules were got
        joules: the second opinion
        low_j: at least
        high_j: at most
        agrees: whether the two figures' bounds overlap
    """

    method: Literal["integrated counter", "sampled power"]
    joules: Figure
    low_j: Figure
    high_j: Figure
    agrees: bool


class Efficiency(Record, frozen=True, kw_only=True):
    """Energy and work together, for one unit of work: joules a unit, units a joule, joules above idle a unit.

    The bounds are the energy's, and what the moments leave open in which no work was counted.

    Fields:
        j_per_unit: joules for one unit of work
        units_per_j: units of work a joule
        above_idle_j_per_unit: joules above idle for one unit; null: no idle power was measured, or nothing was
            above it
    """

    j_per_unit: Interval
    units_per_j: Interval
    above_idle_j_per_unit: Interval | None


class PowerPoint(Record, frozen=True, kw_only=True):
    """The mean power in a part of the windows, laid end to end, that ends `until_s` after their start.

    Fields:
        until_s: where the part ends, counted in the windows' time alone
        power_w: mean power in that part
    """

    until_s: Seconds
    power_w: Figure


class Energy(Record, frozen=True, kw_only=True):
    """Joules of one meter over the windows of the counted rounds: gross, and above idle where idle was measured.

    Where `gross_j` is None, `reason` says why. `low_j` and `high_j` bound the gross figure.
    Figures of two meters are never added: see `scope` for what each one covers, and `covers` for
    how that relates to the device. `hole_s` of the window were filled in; `meter_cpu_s` is the CPU
    time that reading the meter took within the window.

    Fields:
        meter: the meter's id, as `hashwatt meters` lists it; null: there was none
        method: how the joules were got; null: there are none
        scope: what the meter covers; null: unknown
        gross_j: all joules of the window; null: not known, see `reason`
        above_idle_j: joules above idle; null: no idle power was measured
        window_s: how long the windows were, one for each counted round, together; null: there were none
        samples: readings within the windows; null: there was no meter
        gaps: how often the meter fell silent; null: there was no meter
        low_j: at least so many joules; null: not known
        high_j: at most so many joules; null: not known
        bound_source: where the bounds come from; null: there are none
        reason: why there is no figure; null: there is one
        name: the meter in words; null: there was none
        covers: how what the meter counts relates to the device; null: unknown
        attribution: the same as a sentence; null: unknown
        hole_s: how much of the windows had to be filled in; null: unknown
        above_idle_low_j: at least so many above idle; null: no idle power was measured
        above_idle_high_j: at most so many above idle; null: no idle power was measured
        idle: idle power before and after the run, where it was measured
        cross_check: the same joules by another way; null: the meter has one way only
        efficiency: joules and work together; null: the meter does not count the device, or there is no rate
        course: mean power in parts of the windows, in their order
        meter_cpu_s: CPU time that reading the meter took; null: unknown
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
    """Why a device held its clock back, and in which share of the readings it said so.

    Fields:
        reason: the driver's name for it
        share: the share of the readings in which the device said so
    """

    reason: Name
    share: Probability


class Telemetry(Record, frozen=True, kw_only=True):
    """Clocks and temperatures seen while sampling, beside those kept with each sample; `source` says where.

    Fields:
        source: whose word it is
        readings: how often
        clock_hz: median clock; null: unknown
        clock_low_hz: lowest clock; null: unknown
        clock_high_hz: highest clock; null: unknown
        temperature_c: median temperature; null: unknown
        temperature_high_c: highest temperature; null: unknown
        throttle: why the device held its clock back
    """

    source: Name
    readings: Count
    clock_hz: Figure | None
    clock_low_hz: Figure | None
    clock_high_hz: Figure | None
    temperature_c: Celsius | None
    temperature_high_c: Celsius | None
    throttle: Annotated[tuple[ThrottleReason, ...], Meta(max_length=40)]
