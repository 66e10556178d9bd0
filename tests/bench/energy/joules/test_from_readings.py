"""Readings of counters and of watts into joules, worked out by hand, and the edges between the answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hashwatt.bench.energy.joules.from_counter import (
    count_at,
    counter_stretch,
    highest_rate,
    integrate_counter,
    rise_between,
    unbroken_runs,
)
from hashwatt.bench.energy.joules.from_power import integrate_power, power_stretch, stands_for_s
from hashwatt.bench.energy.joules.integral import Integral, Value
from hashwatt.bench.energy.joules.readings import Window
from hashwatt.bench.energy.meter import Counter

from .by_hand import near

COUNTER = Counter("it", step_j=1.0, plausible_w=10.0)


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
        for at_s in (-1.0, 0.0, 1.0):
            assert count_at(run[:1], at_s, 10.0) == near(100.0, 100.0, 100.0)
        # A peak below the mean between the two cannot be one: then the straight line is all there is.
        assert count_at(run, 0.5, 1.0) == near(105.0, 105.0, 105.0)

    def test_two_readings_of_one_moment_are_passed_over(self) -> None:
        run = [Value(0.0, 0.0, 0.0), Value(1.0, 0.0, 10.0), Value(1.0, 0.0, 20.0), Value(2.0, 0.0, 30.0)]
        assert count_at(run, 1.0, 10.0)[1] == 10.0
        assert count_at(run, 1.5, 10.0)[1] == 25.0
        assert count_at(run[1:], 1.0, 10.0) == near(20.0, 20.0, 20.0)
        assert count_at(run[1:3], 1.0, 10.0) == near(10.0, 10.0, 10.0)
        assert count_at(run, 9.0, 10.0) == near(30.0, 30.0, 30.0)

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

    def test_old_values_shift_the_curve_by_the_height_between_its_lowest_and_its_highest(self) -> None:
        run = [Value(0.0, 0.0, 100.0), Value(1.0, 0.0, 110.0)]
        found = power_stretch(run, 0.0, Window(0.0, 1.0), 0.5)
        assert found is not None
        # 10 W for half a second beside the 100 to 110 J that lie between the two.
        assert (found.low_j, found.joules, found.high_j) == near(95.0, 105.0, 115.0)

    def test_no_less_than_nothing_and_nothing_outside(self) -> None:
        run = [Value(0.0, 0.0, 10.0), Value(1.0, 0.0, 20.0)]
        assert power_stretch(run, 99.0, Window(0.0, 1.0), 0.0).low_j == 0.0  # type: ignore[union-attr]
        assert power_stretch(run, 0.0, Window(1.0, 2.0), 0.0) is None
        assert power_stretch(run, 0.0, Window(-2.0, 0.0), 0.0) is None
        assert power_stretch(run[:1], 0.0, Window(-1.0, 1.0), 0.0) is None

    def test_readings_before_and_after_the_window_take_nothing_off(self) -> None:
        run = [Value(float(at), 0.0, 10.0) for at in (-3, -2, 1, 4, 5)]
        found = power_stretch(run, 0.0, Window(0.0, 2.0), 0.0)
        assert found is not None
        assert (found.seconds, found.joules, found.low_j, found.high_j) == (2.0, 20.0, 20.0, 20.0)

    def test_the_edges_are_those_of_the_first_and_the_last_reading(self) -> None:
        # A reading a second stands for 3 s: half a second is left at either edge.
        values = [Value(at + 0.5, 0.0, 10.0 * (at + 1), due_s=1.0) for at in range(9)]
        found = integrate_power(values, 0.0, Window(0.0, 9.0), 0.0)
        # Nine trapezoids' worth of 10 to 90 W, with half a second of the first and of the last value.
        assert (found.joules, found.hole_s, found.breaks) == (5.0 + 400.0 + 45.0, 0.0, 0)
        # Each value stands for its own time: here that of the last reading alone is long enough for what is left.
        ends = [Value(0.0, 0.0, 10.0, due_s=0.1), Value(0.25, 0.0, 10.0), Value(0.25, 0.0, 10.0, due_s=1.0)]
        assert integrate_power(ends, 0.0, Window(0.0, 2.0), 0.125).hole_s == 0.0
        # At the start that of the first one alone, however far the next is and however long that stands.
        first = [Value(0.5, 0.0, 10.0, due_s=1.0), Value(4.0, 0.0, 10.0)]
        assert integrate_power(first, 0.0, Window(0.0, 4.0), 0.125).hole_s == 3.5
        first = [Value(0.5, 0.0, 10.0, due_s=0.1), Value(0.75, 0.0, 10.0, due_s=1.0), Value(2.0, 0.0, 10.0)]
        assert integrate_power(first, 0.0, Window(0.0, 2.0), 0.125).hole_s == 0.5

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
        # Whenever that is on the measurement's clock.
        for later_s in (0.0, 100.0):
            values = [Value(at_s + later_s, 0.0, 10.0, due_s=0.5) for at_s in (1.0, 2.0)]
            then = Window(window.start_s + later_s, window.end_s + later_s)
            found = integrate_power(values, 0.0, then, 0.0)
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
