"""Of several meters the one closest to the device speaks, and says whose word it is."""

from __future__ import annotations

import msgspec
import pytest

from hashwatt.bench.result.energy import Efficiency, Interval
from hashwatt.reports.collect.energy_figure import energy_figure, why_unknown
from hashwatt.reports.ladder.own import j_per_th

from ..factory import joules, verified, with_energy


def test_joules_and_work_of_the_same_time_give_the_figure_with_its_bounds() -> None:
    figure = energy_figure(with_energy(verified(), 2.4e6, half_width=0.1))
    assert figure is not None
    assert (figure.j_per_unit, figure.low, figure.high) == pytest.approx((2.4e-6, 2.16e-6, 2.64e-6))
    assert j_per_th(figure) == pytest.approx((2.4e6, 2.16e6, 2.64e6))
    assert (figure.origin, figure.scope) == ("measured", "package")


def test_a_longer_window_is_scaled_to_the_work() -> None:
    device = verified()
    record = joules(2.4e6, device)
    longer = msgspec.structs.replace(record, gross_j=(record.gross_j or 0) * 2, window_s=(record.window_s or 0) * 2)
    figure = energy_figure(msgspec.structs.replace(device, energy=(longer,)))
    assert figure is not None
    assert figure.j_per_unit == pytest.approx(2.4e-6)


def test_what_the_harness_worked_out_itself_is_taken() -> None:
    device = verified()
    interval = Interval(value=7.0, low=6.0, high=None)
    record = joules(
        2.4e6, device, efficiency=Efficiency(j_per_unit=interval, units_per_j=interval, above_idle_j_per_unit=None)
    )
    figure = energy_figure(msgspec.structs.replace(device, energy=(record,)))
    assert figure is not None
    assert (figure.j_per_unit, figure.low, figure.high) == (7.0, 6.0, None)


def test_measured_comes_before_reported_before_estimated() -> None:
    device = verified()
    estimated = joules(1.0, device, method="estimated")
    reported = joules(2.0, device, method="device-reported")
    real = joules(3.0, device)
    for records, expected in (
        ((estimated, reported, real), "measured"),
        ((estimated, reported), "reported"),
        ((estimated,), "estimated"),
    ):
        figure = energy_figure(msgspec.structs.replace(device, energy=records))
        assert figure is not None
        assert figure.origin == expected


def test_a_meter_that_does_not_see_the_device_does_not_speak() -> None:
    assert energy_figure(with_energy(verified(), 1.0, covers="not the device")) is None


def test_no_sensor_is_unknown_with_the_reason_and_never_nought() -> None:
    silent = with_energy(verified(), 1.0, gross_j=None, reason="RAPL is readable by root only")
    assert energy_figure(silent) is None
    assert why_unknown(silent) == "RAPL is readable by root only"
    assert energy_figure(with_energy(verified(), 1.0, gross_j=0.0)) is None
    assert why_unknown(verified()) == "no energy meter was found"
