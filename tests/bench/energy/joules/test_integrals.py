"""Joules of several windows, readings around a window, and idle power, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hashwatt.bench.energy.joules.idle import above_idle, idle_power
from hashwatt.bench.energy.joules.integral import Integral, Stretch, joined, nothing, scaled, summed
from hashwatt.bench.energy.joules.readings import Point, Window, around, attempts, first_error, silences

from ..readings import failed, watts
from .by_hand import without


class TestIntegrals:
    def test_a_tenth_of_the_window_may_be_filled_in(self) -> None:
        nine = Stretch(9.0, 90.0, 80.0, 100.0, 12.0)
        # Filled with the mean, bounded by nothing and by twice the highest power.
        assert joined([nine], Window(0.0, 10.0), 2, "it") == Integral(100.0, 80.0, 124.0, 1.0, 2, None)
        found = joined([replace(nine, seconds=8.9)], Window(0.0, 10.0), 0, "it")
        assert (found.joules, found.low_j, found.high_j) == (None, None, None)
        assert found.hole_s == pytest.approx(1.1)
        two = joined([replace(nine, seconds=4.0), replace(nine, seconds=6.0, peak_w=1.0)], Window(0.0, 10.0), 1, "it")
        assert two == Integral(180.0, 160.0, 200.0, 0.0, 1, None)
        assert joined([], Window(0.0, 10.0), 0, "it").joules is None

    def test_a_hole_of_a_rounding_error_is_none_and_overlaps_are_no_hole_either(self) -> None:
        rounded = Stretch(10.0 - 5e-9, 100.0, 100.0, 100.0, 10.0)
        assert joined([rounded], Window(0.0, 10.0), 0, "it").hole_s == 0.0
        hole = joined([replace(rounded, seconds=10.0 - 5e-8)], Window(0.0, 10.0), 0, "it").hole_s
        assert hole == pytest.approx(5e-8, rel=1e-3)
        assert joined([replace(rounded, seconds=11.0)], Window(0.0, 10.0), 0, "it").hole_s == 0.0

    def test_counters_of_one_meter_add_up_where_all_are_known(self) -> None:
        one, other = Integral(10.0, 9.0, 11.0, 0.5, 1), Integral(20.0, 18.0, 22.0, 0.25, 2)
        assert summed([one, other]) == Integral(30.0, 27.0, 33.0, 0.5, 3)
        assert summed([one, nothing("silent", 3.0, 4)]) == Integral(None, None, None, 3.0, 5, "silent")
        assert summed([replace(one, joules=None)]).reason == "unknown"

    def test_a_vendor_s_accuracy_widens_the_bounds_alone(self) -> None:
        assert scaled(Integral(10.0, 9.0, 11.0, 0.5, 1), (0.5, 2.0)) == Integral(10.0, 4.5, 22.0, 0.5, 1)
        assert scaled(nothing("silent", 1.0), (0.5, 2.0)) == nothing("silent", 1.0)
        assert nothing("silent", 1.0).breaks == 0


class TestReadings:
    POINTS = (
        watts(0.0, 1.0),
        failed(1.0, "first"),
        watts(2.0, 2.0),
        failed(3.0, "second"),
        failed(4.0),
        watts(5.0, 3.0),
    )

    def test_a_value_belongs_to_the_middle_of_its_reading(self) -> None:
        assert Point(1.0, 2.0, None).at_s == 1.5
        assert Window(1.0, 4.0).seconds == 3.0

    def test_around_a_window_stands_one_usable_reading_on_each_side(self) -> None:
        assert [one.at_s for one in around(list(self.POINTS), Window(1.5, 3.5))] == [0.0, 2.0, 3.0, 5.0]
        assert [one.at_s for one in around(list(self.POINTS), Window(0.0, 5.0))] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        more = [*self.POINTS, watts(6.0, 1.0)]
        assert [one.at_s for one in around(more, Window(3.0, 4.0))] == [2.0, 3.0, 4.0, 5.0]

    def test_attempts_are_those_within_and_the_nearest_on_each_side(self) -> None:
        assert [one.at_s for one in attempts(list(self.POINTS), [Window(1.5, 2.5)])] == [1.0, 2.0, 3.0]
        assert [one.at_s for one in attempts(list(self.POINTS), [Window(2.0, 4.0)])] == [1.0, 2.0, 3.0, 4.0, 5.0]

    def test_failures_in_a_row_are_one_silence_and_the_first_reason_is_told(self) -> None:
        assert silences(list(self.POINTS)) == 2
        assert silences([failed(0.0), watts(1.0, 1.0)]) == 1
        assert silences([]) == 0
        assert first_error(list(self.POINTS)) == "first"
        assert first_error(list(self.POINTS[:1])) is None


class TestIdle:
    def test_idle_power_is_joules_over_the_seconds(self) -> None:
        found = idle_power(Integral(30.0, 20.0, 40.0), 10.0, "before")
        assert found is not None
        assert (found.when, found.seconds, found.power_w, found.low_w, found.high_w) == ("before", 10.0, 3.0, 2.0, 4.0)
        assert idle_power(Integral(30.0, 20.0, 40.0), 0.0, "before") is None
        for missing in ("joules", "low_j", "high_j"):
            assert idle_power(without(Integral(30.0, 20.0, 40.0), missing), 10.0, "after") is None

    def test_above_idle_takes_the_mean_off_and_the_extremes_widen_the_bounds(self) -> None:
        idle = [
            idle_power(Integral(30.0, 20.0, 40.0), 10.0, "before"),
            idle_power(Integral(50.0, 40.0, 60.0), 10.0, "after"),
        ]
        whole = Integral(100.0, 90.0, 120.0)
        assert above_idle(whole, 10.0, idle) == Integral(60.0, 30.0, 100.0)  # type: ignore[arg-type]
        assert above_idle(whole, 10.0, []) is None
        for missing in ("joules", "low_j", "high_j"):
            assert above_idle(without(whole, missing), 10.0, idle) is None  # type: ignore[arg-type]
