"""Joules of several windows, readings around a window, and idle power, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hashwatt.bench.energy.joules.idle import above_idle, idle_power
from hashwatt.bench.energy.joules.integral import Integral, Stretch, Value, end_to_end, joined, nothing, scaled, summed
from hashwatt.bench.energy.joules.readings import Point, Window, around, attempts, first_error, silences, within
from hashwatt.bench.energy.measurement import EnergyMeasurement
from hashwatt.bench.energy.meter import MeterFound, Reading
from hashwatt.bench.progress import NoProgress

from ..readings import PLAIN, failed, watts
from ..test_sampler import Played
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
        for missing in ("low_j", "high_j"):
            half = without(Integral(10.0, 9.0, 11.0), missing)
            assert scaled(half, (0.5, 2.0)) == half
        assert nothing("silent", 1.0).breaks == 0
        assert (Integral(1.0, 1.0, 1.0).hole_s, Integral(1.0, 1.0, 1.0).breaks) == (0.0, 0)

    def test_a_value_is_due_when_nothing_else_is_said_at_once(self) -> None:
        assert Value(0.0, 0.0, 1.0).due_s == 0.0

    def test_a_hole_is_bounded_by_the_highest_power_of_any_stretch(self) -> None:
        low, high = Stretch(4.0, 20.0, 18.0, 22.0, 6.0), Stretch(5.0, 70.0, 60.0, 75.0, 15.0)
        right = Integral(100.0, 78.0, 127.0, 1.0, 1, None)
        assert (
            joined([low, high], Window(0.0, 10.0), 1, "it") == joined([high, low], Window(0.0, 10.0), 1, "it") == right
        )
        # A hole is a rounding error below a billionth of the window, and no longer at just that.
        assert joined([replace(low, seconds=1e9 - 1)], Window(0.0, 1e9), 0, "it").hole_s == 1.0

    def test_of_nothing_nothing_is_added(self) -> None:
        none = Integral(0.0, 0.0, 0.0)
        one = Integral(10.0, 9.0, 11.0)
        assert summed([none, one]) == one
        assert end_to_end([none, one], [Window(0.0, 1.0), Window(1.0, 2.0)]) == one
        unknown = [nothing("silent", 0.125), none, none]
        windows = [Window(0.0, 0.125), Window(0.125, 1.0), Window(1.0, 2.0)]
        assert end_to_end(unknown, windows) == Integral(0.0, 0.0, 0.0, 0.125)


class TestSeveralWindows:
    """9.5 s that are known but for a quarter of a second, and half a second of which nothing is."""

    WINDOWS = (Window(0.0, 9.5), Window(10.0, 10.5))
    KNOWN, UNKNOWN = Integral(95.0, 90.0, 114.0, 0.25, 1), nothing("silent", 0.5, 2)

    def test_a_window_without_a_figure_is_a_hole_filled_as_any_other(self) -> None:
        # 95 J in 9.5 s, and twice the highest mean of 12 W for half a second.
        right = Integral(100.0, 90.0, 126.0, 0.75, 3, None)
        assert end_to_end([self.KNOWN, self.UNKNOWN], self.WINDOWS) == right
        assert end_to_end([self.UNKNOWN, self.KNOWN], self.WINDOWS[::-1]) == right

    def test_the_highest_mean_of_any_window_bounds_it(self) -> None:
        windows = (Window(0.0, 7.5), *self.WINDOWS[1:], Window(20.0, 22.0))
        for low_w, high_w in ((12.0, 20.0), (20.0, 12.0)):
            parts = [replace(self.KNOWN, high_j=7.5 * low_w), self.UNKNOWN, Integral(19.0, 18.0, 2.0 * high_w)]
            found = end_to_end(parts, windows)
            assert found.high_j == 7.5 * low_w + 2.0 * high_w + 2 * 20.0 * 0.5
            assert (found.joules, found.low_j, found.hole_s) == (120.0, 108.0, 0.75)

    def test_a_tenth_of_all_may_be_unknown(self) -> None:
        just = replace(self.KNOWN, hole_s=0.5)
        assert end_to_end([just, self.UNKNOWN], self.WINDOWS).joules == 100.0
        beyond = replace(self.KNOWN, hole_s=0.75)
        assert end_to_end([beyond, self.UNKNOWN], self.WINDOWS) == nothing("silent", 1.25, 3)
        unsaid = end_to_end([beyond, replace(self.UNKNOWN, reason=None)], self.WINDOWS)
        assert unsaid == nothing("nothing is known about 1.25 s of the 10 s", 1.25, 3)
        assert end_to_end([self.UNKNOWN] * 2, self.WINDOWS) == nothing("silent", 10.0, 4)

    def test_one_window_s_figure_is_its_own(self) -> None:
        for part in (self.KNOWN, self.UNKNOWN):
            assert end_to_end([part], self.WINDOWS[:1]) is part


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
        assert [one.at_s for one in attempts(list(self.POINTS), [Window(3.5, 4.0)])] == [3.0, 4.0, 5.0]

    def test_failures_in_a_row_are_one_silence_and_the_first_reason_is_told(self) -> None:
        assert silences(list(self.POINTS)) == 2
        assert silences([failed(0.0), watts(1.0, 1.0)]) == 1
        assert silences([]) == 0
        assert first_error(list(self.POINTS)) == "first"
        assert first_error(list(self.POINTS[:1])) is None

    def test_only_what_lies_in_one_of_the_windows_is_within(self) -> None:
        found = within(self.POINTS, [Window(0.0, 1.0), Window(2.5, 4.0)])
        assert [one.at_s for one in found] == [0.0, 1.0, 3.0, 4.0]


class TestIdle:
    def test_idle_power_is_joules_over_the_seconds(self) -> None:
        found = idle_power(Integral(30.0, 20.0, 40.0), 10.0, "before")
        assert found is not None
        assert (found.when, found.seconds, found.power_w, found.low_w, found.high_w) == ("before", 10.0, 3.0, 2.0, 4.0)
        assert idle_power(Integral(30.0, 20.0, 40.0), 0.0, "before") is None
        short = idle_power(Integral(3.0, 2.0, 4.0), 0.25, "before")
        assert short is not None
        assert short.power_w == 12.0
        for missing in ("joules", "low_j", "high_j"):
            assert idle_power(without(Integral(30.0, 20.0, 40.0), missing), 10.0, "after") is None

    def test_three_seconds_are_idled_by_default_and_with_meters_that_are_quick_enough(self) -> None:
        class Begun(Exception):
            pass

        class Shown(NoProgress):
            def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
                assert (device, total) == ("idle", 3.0)
                raise Begun

        measurement = EnergyMeasurement([MeterFound(PLAIN, lambda: Played(PLAIN, Reading))], None)
        with pytest.raises(Begun):
            measurement.measure_idle("before", Shown())
        quick = replace(PLAIN, update_s=0.5, interval_s=0.5)
        assert measurement._idles(quick)
        assert not measurement._idles(replace(quick, update_s=0.51))
        assert not measurement._idles(replace(quick, interval_s=0.51))

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
