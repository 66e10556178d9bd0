"""Each step from readings to joules against figures worked out by hand, and the edges between the answers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as changed

from hashwatt.bench.energy.joules.efficiency import efficiency
from hashwatt.bench.energy.joules.from_counter import (
    count_at,
    counter_stretch,
    highest_rate,
    integrate_counter,
    rise_between,
    unbroken_runs,
)
from hashwatt.bench.energy.joules.from_power import integrate_power, power_stretch, stands_for_s
from hashwatt.bench.energy.joules.idle import above_idle, idle_power
from hashwatt.bench.energy.joules.integral import Integral, Stretch, Value, joined, nothing, scaled, summed
from hashwatt.bench.energy.joules.readings import Point, Window, around, attempts, first_error, silences
from hashwatt.bench.energy.joules.record import (
    best_figure,
    bound_source,
    course,
    cross_check,
    doubt,
    spanning,
    why_frozen,
    why_unknown,
    window_needed_s,
)
from hashwatt.bench.energy.meter import Counter, Reading
from hashwatt.bench.result.energy import Energy, PowerPoint
from hashwatt.bench.result.measurement import Rate

from ..readings import PLAIN, counted, failed, point, watts

COUNTER = Counter("it", step_j=1.0, plausible_w=10.0)


def near(*figures: float) -> object:
    return pytest.approx(figures, rel=1e-12, abs=1e-12)


def without(integral: Integral, name: str) -> Integral:
    """The integral with one of its figures unknown."""
    changes: dict[str, Any] = {name: None}
    return replace(integral, **changes)


class TestCounters:
    def test_a_count_between_two_readings_is_bounded_by_the_peak_from_either_side(self) -> None:
        run = [Value(0.0, 0.0, 100.0), Value(2.0, 0.0, 120.0)]
        # From the left at most 2·10 W·0.5 s more than 100, from the right at most 2·10 W·1.5 s less than 120.
        assert count_at(run, 0.5, 10.0) == near(100.0, 105.0, 110.0)
        assert count_at(run, 1.75, 10.0) == near(115.0, 117.5, 120.0)
        assert count_at(run, 0.0, 10.0) == near(100.0, 100.0, 100.0)
        assert count_at(run, 2.0, 10.0) == near(120.0, 120.0, 120.0)
        # Outside it stands at the nearest reading.
        assert count_at(run, -1.0, 10.0) == near(100.0, 100.0, 100.0)
        assert count_at(run, 3.0, 10.0) == near(120.0, 120.0, 120.0)
        # A peak below the mean between the two cannot be one: then the straight line is all there is.
        assert count_at(run, 0.5, 1.0) == near(105.0, 105.0, 105.0)

    def test_two_readings_of_one_moment_are_passed_over(self) -> None:
        run = [Value(0.0, 0.0, 0.0), Value(1.0, 0.0, 10.0), Value(1.0, 0.0, 20.0), Value(2.0, 0.0, 30.0)]
        assert count_at(run, 1.0, 10.0)[1] == 10.0
        assert count_at(run, 1.5, 10.0)[1] == 25.0

    def test_the_highest_rate_is_taken_over_no_less_than_values_are_old(self) -> None:
        run = [Value(0.0, 0.0, 0.0), Value(1.0, 0.0, 10.0), Value(2.0, 0.0, 40.0), Value(4.0, 0.0, 50.0)]
        assert highest_rate(run, 0.0) == 30.0
        assert highest_rate(run, 1.0) == 30.0
        # Over 2 s: from 0 to 40; the last 2 s have 10.
        assert highest_rate(run, 1.5) == 20.0
        assert highest_rate(run, 2.0) == 20.0
        # Nothing is that far apart: the mean of the whole.
        assert highest_rate(run, 5.0) == 12.5
        assert highest_rate(run[:1] * 2, 0.0) == 0.0
        late = [Value(10.0, 0.0, 7.0), Value(11.0, 0.0, 27.0), Value(14.0, 0.0, 47.0)]
        assert (highest_rate(late, 0.0), highest_rate(late, 9.0)) == (20.0, 10.0)
        assert highest_rate([Value(10.0, 0.0, 7.0), Value(10.5, 0.0, 12.0)], 9.0) == 10.0
        # The first two readings tell as much as any other two.
        assert highest_rate([Value(0.0, 0.0, 0.0), Value(1.0, 0.0, 30.0), Value(2.0, 0.0, 35.0)], 0.0) == 30.0

    def test_a_stretch_has_the_slack_of_old_values_and_of_the_step(self) -> None:
        run = [Value(0.0, 0.1, 100.0), Value(1.0, 0.05, 110.0), Value(2.0, 0.0, 130.0)]
        found = counter_stretch(run, 1.0, Window(0.5, 2.5), 0.2)
        # 25 J from 0.5 to 2 s; the slack is 20 W · (0.2 + 0.1) s + 1 J.
        assert found is not None
        assert (found.seconds, found.peak_w) == (1.5, 20.0)
        assert (found.joules, found.low_j, found.high_j) == near(25.0, 13.0, 37.0)
        # Nobody can have spent less than nothing.
        assert counter_stretch(run[:2], 99.0, Window(0.0, 1.0), 0.0).low_j == 0.0  # type: ignore[union-attr]

    def test_a_run_that_does_not_reach_into_the_window_tells_nothing(self) -> None:
        run = [Value(0.0, 0.0, 0.0), Value(1.0, 0.0, 10.0)]
        assert counter_stretch(run, 1.0, Window(1.0, 2.0), 0.0) is None
        assert counter_stretch(run, 1.0, Window(-2.0, 0.0), 0.0) is None
        assert counter_stretch(run[:1], 1.0, Window(-1.0, 1.0), 0.0) is None
        assert counter_stretch(run, 1.0, Window(0.5, 2.0), 0.0) is not None

    def test_a_rise_is_plausible_up_to_the_watts_over_all_the_time_there_may_have_been(self) -> None:
        earlier = Value(0.0, 0.1, 50.0)
        # 10 W over 1 + 0.1 + 0.2 + 0.5 s, and a step of 1 J.
        for rise, right in ((19.0, 19.0), (19.001, None), (0.0, 0.0), (-0.001, None)):
            found = rise_between(earlier, Value(1.0, 0.2, 50.0 + rise), COUNTER, 0.5)
            assert found == (None if right is None else pytest.approx(right))

    def test_a_counter_that_wraps_goes_on_where_there_was_room_for_one_wrap_only(self) -> None:
        wrapping = replace(COUNTER, wraps_at_j=100.0)
        assert rise_between(Value(0.0, 0.0, 98.0), Value(1.0, 0.0, 3.0), wrapping, 0.0) == 5.0
        assert rise_between(Value(0.0, 0.0, 3.0), Value(1.0, 0.0, 3.0), wrapping, 0.0) == 0.0
        # 20 J are more than 10 W and a step give.
        assert rise_between(Value(0.0, 0.0, 90.0), Value(1.0, 0.0, 10.0), wrapping, 0.0) is None
        assert rise_between(Value(0.0, 0.0, 98.0), Value(1.0, 0.0, 9.0), wrapping, 0.0) == 11.0
        tight = replace(COUNTER, wraps_at_j=11.0)
        assert rise_between(Value(0.0, 0.0, 9.0), Value(1.0, 0.0, 1.0), tight, 0.0) is None
        assert rise_between(Value(0.0, 0.0, 9.0), Value(0.99, 0.0, 1.0), tight, 0.0) == 3.0

    def test_runs_have_their_wraps_added_and_end_where_the_count_was_lost(self) -> None:
        wrapping = replace(COUNTER, wraps_at_j=100.0)
        values = [Value(float(at), 0.25, count) for at, count in enumerate((90.0, 98.0, 3.0, 10.0, 50.0, 55.0))]
        runs = unbroken_runs(values, wrapping, 0.0)
        assert [[value.value for value in run] for run in runs] == [[90.0, 98.0, 103.0, 110.0], [50.0, 55.0]]
        assert [value.half_s for run in runs for value in run] == [0.25] * 6
        # A wrap before the loss says nothing about the counts after it.
        assert runs[1][0].at_s == 4.0

    def test_each_break_is_counted_and_its_time_is_a_hole(self) -> None:
        values = [Value(float(at), 0.0, count) for at, count in enumerate((100.0, 105.0, 5.0, 10.0))]
        found = integrate_counter(values, COUNTER, Window(0.0, 3.0), 0.0)
        assert (found.joules, found.hole_s, found.breaks) == (None, 1.0, 1)
        assert found.reason == "it tells nothing about 1 s of the 3 s: too much to fill in"
        assert integrate_counter(values[:2], COUNTER, Window(0.0, 1.0), 0.0).breaks == 0

    def test_a_counter_s_own_delay_goes_before_the_meter_s(self) -> None:
        values = [Value(0.0, 0.0, 0.0), Value(10.0, 0.0, 50.0)]
        # 5 W: slack of 5 W · delay + 1 J at each end.
        found = integrate_counter(values, COUNTER, Window(0.0, 10.0), 2.0)
        own = integrate_counter(values, replace(COUNTER, update_s=0.4), Window(0.0, 10.0), 2.0)
        assert (found.low_j, found.joules, found.high_j) == near(39.0, 50.0, 61.0)
        assert (own.low_j, own.joules, own.high_j) == near(47.0, 50.0, 53.0)


class TestWatts:
    def test_a_stretch_is_the_trapezoids_within_the_window(self) -> None:
        run = [Value(0.0, 0.0, 10.0), Value(2.0, 0.1, 20.0), Value(3.0, 0.0, 0.0)]
        found = power_stretch(run, 0.5, Window(1.0, 2.5), 0.2)
        # 17.5 J and 7.5 J; from 10 to 30 J by the lower and the higher neighbour; 20 W · 0.3 s + 0.5 W · 1.5 s slack.
        assert found is not None
        assert (found.seconds, found.peak_w) == (1.5, 20.5)
        assert (found.joules, found.low_j, found.high_j) == near(25.0, 3.25, 36.75)

    def test_no_less_than_nothing_and_nothing_outside(self) -> None:
        run = [Value(0.0, 0.0, 10.0), Value(1.0, 0.0, 20.0)]
        assert power_stretch(run, 99.0, Window(0.0, 1.0), 0.0).low_j == 0.0  # type: ignore[union-attr]
        assert power_stretch(run, 0.0, Window(1.0, 2.0), 0.0) is None
        assert power_stretch(run, 0.0, Window(-2.0, 0.0), 0.0) is None
        assert power_stretch(run[:1], 0.0, Window(-1.0, 1.0), 0.0) is None

    def test_a_reading_stands_for_three_times_the_longer_of_interval_and_delay(self) -> None:
        assert stands_for_s(Value(0.0, 0.0, 1.0, due_s=0.5), 0.2) == 1.5
        assert stands_for_s(Value(0.0, 0.0, 1.0, due_s=0.1), 0.2) == pytest.approx(0.6)

    @pytest.mark.parametrize(
        ("window", "joules", "hole_s"),
        [
            (Window(0.0, 3.0), 30.0, 0.0),
            # 1.5 s is just what a reading may stand for, at either edge.
            (Window(-0.5, 3.5), 40.0, 0.0),
            (Window(-0.6, 2.0), None, 1.6),
            (Window(1.0, 3.6), None, 1.6),
        ],
    )
    def test_readings_stand_for_the_window_s_edges(self, window: Window, joules: float | None, hole_s: float) -> None:
        values = [Value(1.0, 0.0, 10.0, due_s=0.5), Value(2.0, 0.0, 10.0, due_s=0.5)]
        found = integrate_power(values, 0.0, window, 0.0)
        assert found.joules == (None if joules is None else pytest.approx(joules))
        assert found.hole_s == pytest.approx(hole_s)

    def test_the_edge_has_the_power_of_its_nearest_reading(self) -> None:
        values = [Value(1.0, 0.0, 10.0, due_s=0.5), Value(2.0, 0.0, 20.0, due_s=0.5)]
        assert integrate_power(values, 0.0, Window(0.0, 3.0), 0.0).joules == 10.0 + 15.0 + 20.0
        assert integrate_power([], 0.0, Window(0.0, 3.0), 0.0).joules is None

    def test_a_silence_longer_than_that_begins_another_run(self) -> None:
        def at(*moments: float) -> Integral:
            values = [Value(moment, 0.0, 10.0, due_s=0.5) for moment in moments]
            return integrate_power(values, 0.0, Window(moments[0], moments[-1]), 0.0)

        assert (at(0.0, 1.5, 3.0).joules, at(0.0, 1.5, 3.0).breaks) == (30.0, 0)
        found = at(0.0, 1.5, 3.0, 4.6)
        assert (found.joules, found.breaks) == (None, 1)
        assert found.reason is not None
        assert found.reason.startswith("the power reading tells nothing about 1.6 s")


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


class TestRecords:
    BOTH = replace(PLAIN, counters=(COUNTER,), power_step_w=0.0, interval_s=1.0)

    def test_doubt_is_half_the_bounds_relative_to_the_figure(self) -> None:
        assert doubt(Integral(10.0, 8.0, 14.0)) == pytest.approx(0.3)
        for none in (None, Integral(None, 8.0, 14.0), Integral(10.0, None, 14.0), Integral(10.0, 8.0, None)):
            assert doubt(none) == math.inf
        assert doubt(Integral(0.0, 0.0, 1.0)) == math.inf

    def test_a_counter_goes_before_watts_unless_it_is_both_unsure_and_less_sure(self) -> None:
        fine = [point(float(at), Reading((5.0 * at,), 5.0)) for at in range(101)]
        method, figure, other = best_figure(self.BOTH, fine, [Window(0.0, 100.0)])
        # A step of 1 J in 500: 0.2 %. The watts are surer still, and it does not matter.
        assert method == "integrated counter"
        assert (figure.joules, other.joules if other else None) == near(500.0, 500.0)
        method, figure, other = best_figure(self.BOTH, fine[:3], [Window(0.0, 2.0)])
        assert method == "sampled power"
        assert other is not None
        assert doubt(other) == pytest.approx(0.1)
        unsure = replace(self.BOTH, power_step_w=5.0)
        assert best_figure(unsure, fine[:3], [Window(0.0, 2.0)])[0] == "integrated counter"

    def test_a_meter_of_one_kind_has_no_second_figure(self) -> None:
        fine = [point(float(at), Reading((5.0 * at,), 5.0)) for at in range(11)]
        window = Window(0.0, 10.0)
        assert best_figure(replace(self.BOTH, power_step_w=None), fine, [window])[2] is None
        method, _, other = best_figure(replace(self.BOTH, counters=()), fine, [window])
        assert (method, other) == ("sampled power", None)
        method, figure, other = best_figure(PLAIN, fine, [window])
        assert (method, other, figure.joules, figure.hole_s, figure.breaks) == (None, None, None, 10.0, 0)

    def test_figures_agree_where_their_bounds_touch(self) -> None:
        one = Integral(10.0, 9.0, 11.0)
        for other, agrees in (
            (Integral(12.0, 11.0, 13.0), True),
            (Integral(12.0, 11.001, 13.0), False),
            (Integral(8.0, 7.0, 9.0), True),
            (Integral(8.0, 7.0, 8.999), False),
        ):
            found = cross_check("integrated counter", one, other)
            assert found is not None
            assert (found.agrees, found.method, found.joules) == (agrees, "sampled power", other.joules)
            assert (found.low_j, found.high_j) == (other.low_j, other.high_j)
        swapped = cross_check("sampled power", one, one)
        assert swapped is not None
        assert swapped.method == "integrated counter"
        assert cross_check(None, one, one) is None
        for missing in ("low_j", "high_j"):
            assert cross_check("sampled power", without(one, missing), one) is None
        for missing in ("joules", "low_j", "high_j"):
            assert cross_check("sampled power", one, without(one, missing)) is None

    def test_bounds_that_disagree_are_spanned(self) -> None:
        found = spanning(Integral(10.0, 9.0, 11.0, 0.5, 1), Integral(20.0, 18.0, 22.0, 0.7, 3))
        assert found == Integral(10.0, 9.0, 22.0, 0.5, 1)
        assert spanning(Integral(20.0, 18.0, 22.0), Integral(10.0, 9.0, 11.0)) == Integral(20.0, 9.0, 22.0)

    def test_where_the_bounds_come_from_is_told_in_full(self) -> None:
        whole, holed = Integral(1.0, 1.0, 1.0), Integral(1.0, 1.0, 1.0, hole_s=0.1)
        assert bound_source(PLAIN, whole, False) == "us"
        assert "time without readings" in bound_source(PLAIN, holed, False)
        assert "disagree" not in bound_source(PLAIN, holed, False)
        assert "disagree" in bound_source(PLAIN, whole, True)

    def test_how_long_a_window_must_be(self) -> None:
        info = replace(PLAIN, counters=(replace(COUNTER, step_j=1.5), replace(COUNTER, step_j=0.5)), update_s=0.5)
        unsure, window = Integral(10.0, 0.0, 30.0), Window(0.0, 10.0)
        # 1.5 W: 2 J of steps take 1.333 s, and 0.5 s of delay, within a twentieth.
        assert window_needed_s(info, unsure, [window]) == pytest.approx((2 / 1.5 + 0.5) / 0.05)
        assert window_needed_s(info, Integral(20.0, 0.0, 30.0), [window]) == pytest.approx((2 / 2 + 0.5) / 0.05)
        slow = replace(info, counters=(replace(COUNTER, update_s=3.0), COUNTER))
        assert window_needed_s(slow, unsure, [window]) == pytest.approx((2 / 1.5 + 3.0) / 0.05)
        assert window_needed_s(replace(PLAIN, update_s=0.5), unsure, [window]) == pytest.approx(10.0)
        assert window_needed_s(info, Integral(0.0, 0.0, 0.0), [window]) == 0.0
        for missing in ("joules", "low_j", "high_j"):
            assert window_needed_s(info, without(unsure, missing), [window]) == 0.0

    def test_what_is_too_unsure_is_no_figure(self) -> None:
        def why(integral: Integral, **changes: object) -> str | None:
            info = replace(self.BOTH, update_s=0.0, **changes)  # type: ignore[arg-type]
            return why_unknown(info, integral, [failed(0.0, "broken")], [Window(0.0, 10.0)])

        assert why(Integral(10.0, 1.0, 20.9)) is None
        assert "are too short" in (why(Integral(10.0, 0.0, 20.0)) or "")
        assert why(Integral(10.0, 0.0, 20.0), estimated=True) is None
        assert why(nothing("silent", 10.0)) == "silent (broken)"
        assert why(replace(nothing("silent", 10.0), reason=None)) == "unknown (broken)"
        assert why(Integral(0.0, 0.0, 0.0), counters=()) == "the meter reported 0 W for 10 s"
        assert "next to no power" in (why(Integral(0.0, 0.0, 0.0)) or "")
        # 20 s would do: (1 J ÷ 1 W + 0 s) ÷ 0.05.
        assert "measure for 20 s (-t 20)" in (why(Integral(10.0, 0.0, 20.0)) or "")

    def test_the_course_has_at_least_two_readings_a_part(self) -> None:
        counts = [counted(float(at), count) for at, count in enumerate((0.0, 10.0, 20.0, 45.0, 70.0))]
        info = replace(PLAIN, counters=(replace(COUNTER, plausible_w=100.0, step_j=0.0),))
        found = course(info, "integrated counter", counts, [Window(0.0, 4.0)])
        assert [(part.until_s, part.power_w) for part in found] == [(2.0, 10.0), (4.0, 25.0)]
        later = [replace(one, before_s=one.before_s + 7, after_s=one.after_s + 7) for one in counts]
        assert course(info, "integrated counter", later, [Window(7.0, 11.0)]) == found
        one = course(info, "integrated counter", counts[:2], [Window(0.0, 1.0)])
        assert [(part.until_s, part.power_w) for part in one] == [(1.0, 10.0)]
        many = [watts(at / 10, 5.0) for at in range(1001)]
        fine = course(replace(PLAIN, power_step_w=0.0), "sampled power", many, [Window(0.0, 100.0)])
        assert len(fine) == 60
        assert {round(part.power_w, 9) for part in fine} == {5.0}

    def test_a_counter_stands_still_where_anything_would_have_moved_it(self) -> None:
        info = replace(PLAIN, counters=(COUNTER,), update_s=1.0)
        still = [counted(float(at) * 10, 7.0) for at in range(4)]
        why = why_frozen(info, still, Window(0.0, 30.0), False)
        assert why == "the counter it did not move in 30 s, so it counts nothing"
        # Three readings, over more than 20 times its delay, in which a tenth of a watt is more than a step.
        assert why_frozen(info, still[:3], Window(0.0, 20.5), False) is not None
        assert why_frozen(info, still[:3], Window(0.0, 20.0), False) is None
        assert why_frozen(info, [still[0], still[3]], Window(0.0, 30.0), False) is None
        assert (
            why_frozen(replace(info, counters=(replace(COUNTER, step_j=3.0),)), still, Window(0.0, 30.0), False) is None
        )
        assert why_frozen(replace(info, counters=(replace(COUNTER, step_j=2.9),)), still, Window(0.0, 30.0), False)
        assert (
            why_frozen(replace(info, counters=(replace(COUNTER, update_s=2.0),)), still, Window(0.0, 30.0), False)
            is None
        )
        moved = [*still[:3], counted(30.0, 7.1)]
        assert why_frozen(info, moved, Window(0.0, 30.0), False) is None
        unread = [counted(float(at) * 10, None) for at in range(4)]
        assert why_frozen(info, unread, Window(0.0, 30.0), False) is None

    def test_watts_stand_still_where_twenty_are_the_same_to_a_fine_digit(self) -> None:
        info = replace(PLAIN, power_step_w=0.1)
        same = [watts(float(at), 50.0) for at in range(20)]
        window = Window(0.0, 19.0)
        assert (
            why_frozen(info, same, window, True) == "the reading did not move: 50 W to the last digit, idle and at work"
        )
        assert why_frozen(info, same, window, False) is None
        assert why_frozen(info, same[:19], window, True) is None
        assert why_frozen(info, [*same, watts(20.0, 50.1)], window, True) is None
        assert why_frozen(replace(info, power_step_w=0.1001), same, window, True) is None
        assert why_frozen(info, [watts(float(at), 0.0) for at in range(20)], window, True) is None


class TestEfficiency:
    ENERGY = Energy(
        meter="m", method="sampled power", scope="package", covers="the device", gross_j=100.0, above_idle_j=60.0,
        window_s=10.0, samples=9, gaps=0, low_j=90.0, high_j=110.0, above_idle_low_j=55.0, above_idle_high_j=70.0,
        bound_source="us", reason=None,
    )  # fmt: skip
    RATE = Rate(
        value=50.0, low=40.0, high=60.0, confidence=0.95, median=50.0, best=60.0, unit="hash/s", origin="measured"
    )

    def test_joules_a_unit_and_their_bounds_by_hand(self) -> None:
        found = efficiency(self.ENERGY, self.RATE, 400, 8.0)
        assert found is not None
        # 2 s beside the work at twice 10 W are 40 J; the rate's own interval has no part in it.
        joules = found.j_per_unit
        assert (joules.low, joules.value, joules.high) == near(50 / 400, 0.2, 110 / 400)
        units = found.units_per_j
        assert (units.low, units.value, units.high) == near(1 / joules.high, 5.0, 1 / joules.low)  # type: ignore[operator]
        above = found.above_idle_j_per_unit
        assert above is not None
        assert (above.low, above.value, above.high) == near(15 / 400, 0.12, 70 / 400)

    def test_the_highest_power_seen_counts_beside_the_work(self) -> None:
        peak = changed(
            self.ENERGY, course=(PowerPoint(until_s=1.0, power_w=20.0), PowerPoint(until_s=2.0, power_w=5.0))
        )
        found = efficiency(peak, self.RATE, 400, 8.0)
        assert found is not None
        assert found.j_per_unit.low == pytest.approx(10 / 400)

    def test_with_all_the_window_at_work_the_share_bounds_it(self) -> None:
        for timed_s in (10.0, 12.0):
            found = efficiency(self.ENERGY, self.RATE, 400, timed_s)
            assert found is not None
            assert found.j_per_unit.low == pytest.approx(90 / 400)
            assert found.j_per_unit.value == 0.25

    def test_bounds_that_reach_nothing_leave_no_highest_units_a_joule(self) -> None:
        found = efficiency(changed(self.ENERGY, low_j=30.0), self.RATE, 400, 8.0)
        assert found is not None
        assert (found.j_per_unit.low, found.units_per_j.high) == (0.0, None)
        unsure = changed(self.RATE, low=None, high=None)
        found = efficiency(self.ENERGY, unsure, 400, 10.0)
        assert found is not None
        assert (found.j_per_unit.low, found.j_per_unit.high) == near(90 / 400, 110 / 400)

    @pytest.mark.parametrize(
        "changes",
        [{"covers": "not the device"}, {"covers": "unknown"}, {"gross_j": None}, {"low_j": None}, {"high_j": None},
         {"window_s": None}, {"window_s": 0.0}, {"gross_j": 0.0}, {"high_j": 0.0}],
    )  # fmt: skip
    def test_what_is_unknown_or_nothing_has_no_efficiency(self, changes: dict[str, object]) -> None:
        assert efficiency(changed(self.ENERGY, **changes), self.RATE, 400, 8.0) is None

    def test_without_rate_work_or_time_there_is_none_either(self) -> None:
        assert efficiency(self.ENERGY, None, 400, 8.0) is None
        assert efficiency(self.ENERGY, self.RATE, 0, 8.0) is None
        assert efficiency(self.ENERGY, self.RATE, 400, 0.0) is None
        beside = efficiency(changed(self.ENERGY, covers="the device and more"), self.RATE, 1, 8.0)
        assert beside is not None
        short = efficiency(changed(self.ENERGY, above_idle_j=0.5), self.RATE, 1, 0.5)
        assert short is not None
        assert short.above_idle_j_per_unit is not None

    @pytest.mark.parametrize(
        "changes",
        [{"above_idle_j": None}, {"above_idle_low_j": None}, {"above_idle_high_j": None}, {"above_idle_j": 0.0},
         {"above_idle_j": -1.0}],
    )  # fmt: skip
    def test_nothing_above_idle_is_told_where_it_is_unknown(self, changes: dict[str, object]) -> None:
        found = efficiency(changed(self.ENERGY, **changes), self.RATE, 400, 8.0)
        assert found is not None
        assert found.above_idle_j_per_unit is None
