"""Readings made by hand, at round times."""

from __future__ import annotations

from collections.abc import Iterable

from hashwatt.bench.energy.joules.coverage import Attribution
from hashwatt.bench.energy.joules.readings import Point
from hashwatt.bench.energy.meter import Coverage, Meter, MeterError, MeterInfo, Reading

ABOUT_IT = Attribution("the device", "counts it")
PLAIN = MeterInfo(
    id="test:meter", name="a meter", scope="package", coverage=Coverage("processor"), update_s=0.0, bound_source="us"
)


def point(at_s: float, reading: Reading | None, error: str | None = None) -> Point:
    return Point(at_s, at_s, reading, error)


def counted(at_s: float, *joules: float | None) -> Point:
    return point(at_s, Reading(joules))


def watts(at_s: float, power_w: float) -> Point:
    return point(at_s, Reading((), power_w))


def failed(at_s: float, error: str = "it did not answer") -> Point:
    return point(at_s, None, error)


def seconds(first: int, last: int) -> Iterable[float]:
    return (float(second) for second in range(first, last + 1))


def ask(meter: Meter, at_s: float) -> Point:
    """One attempt at a real meter, as if it took no time."""
    try:
        return point(at_s, meter.read())
    except MeterError as error:
        return failed(at_s, str(error))
