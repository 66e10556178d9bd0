"""From readings to joules: watts, coarse counters, second opinions, idleness, efficiency."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec.structs import replace as with_fields

from hashwatt.bench.energy.joules.efficiency import efficiency
from hashwatt.bench.energy.joules.idle import idle_power
from hashwatt.bench.energy.joules.integral import Integral
from hashwatt.bench.energy.joules.readings import Point, Window
from hashwatt.bench.energy.joules.record import (
    energy_record,
    from_counters,
    from_power,
    missing_record,
    no_meter_reason,
    spanning,
    why_frozen,
    why_unknown,
)
from hashwatt.bench.energy.meter import NOTHING_HELPS, Counter, MeterMissing, Reading
from hashwatt.bench.result.energy import Energy, IdlePower
from hashwatt.bench.result.measurement import Rate
from hashwatt.bench.warnings.energy import has_moved

from ..meters.trees import PowerCurve
from ..readings import ABOUT_IT, PLAIN, counted, failed, point, seconds, watts

WATTS = replace(PLAIN, power_step_w=0.1, interval_s=1.0)
JOULES = replace(PLAIN, counters=(Counter("it", step_j=0.01, plausible_w=1000.0),))
TEN = Window(0.0, 10.0)
RATE = Rate(
    value=1e8, low=0.99e8, high=1.01e8, confidence=0.95, median=1e8, best=1.01e8, unit="hash", origin="measured"
)


def bounds(record: Energy) -> tuple[float, float]:
    assert record.low_j is not None
    assert record.high_j is not None
    return record.low_j, record.high_j


def test_steady_watts_are_watts_times_seconds() -> None:
    record = energy_record(WATTS, [watts(at_s, 50.0) for at_s in seconds(0, 10)], TEN, ABOUT_IT)
    assert record.gross_j == pytest.approx(500.0)
    assert bounds(record) == pytest.approx((499.0, 501.0))
    assert record.method == "sampled power"


def test_between_two_readings_anything_between_them_is_possible() -> None:
    readings = [watts(at_s, 100.0 if at_s % 2 else 50.0) for at_s in seconds(0, 10)]
    low_j, high_j = bounds(energy_record(WATTS, readings, TEN, ABOUT_IT))
    assert low_j == pytest.approx(499.0)
    assert high_j == pytest.approx(1001.0)


def test_the_bounds_of_sampled_watts_hold_on_random_curves() -> None:
    inside = 0
    for seed in range(100):
        curve = PowerCurve(seed, 12.0)
        info = replace(PLAIN, power_step_w=0.1, interval_s=0.1)
        readings = [watts(tenth / 10, round(curve.power_w(tenth / 10), 1)) for tenth in range(120)]
        low_j, high_j = bounds(energy_record(info, readings, Window(1.0, 11.0), ABOUT_IT))
        inside += low_j <= curve.joules(11.0) - curve.joules(1.0) <= high_j
    assert inside >= 95


def test_a_short_silence_is_filled_in_and_widens_the_bounds() -> None:
    steady = [watts(tenth / 10, 50.0) for tenth in range(101) if not 30 < tenth < 39]
    record = energy_record(replace(WATTS, interval_s=0.1), steady, TEN, ABOUT_IT)
    assert record.gross_j == pytest.approx(500.0)
    assert record.hole_s == pytest.approx(0.9)
    assert record.gaps == 1
    low_j, high_j = bounds(record)
    # Anything from nothing to twice the highest power may have been in it.
    assert low_j == pytest.approx(500 - 45 - 0.91, abs=0.5)
    assert high_j == pytest.approx(500 + 45 + 1, abs=1)


def test_a_long_silence_leaves_no_figure() -> None:
    record = energy_record(WATTS, [watts(0.0, 50.0), watts(1.0, 50.0), failed(5.0), watts(10.0, 50.0)], TEN, ABOUT_IT)
    assert record.gross_j is None
    assert record.reason is not None
    assert "it did not answer" in record.reason


def test_no_reading_at_all_is_no_zero() -> None:
    record = energy_record(JOULES, [], TEN, ABOUT_IT)
    assert (record.gross_j, record.low_j, record.high_j) == (None, None, None)
    assert record.reason is not None


def test_a_counter_that_stands_still_is_no_zero() -> None:
    record = energy_record(JOULES, [counted(at_s, 7.0) for at_s in seconds(0, 10)], TEN, ABOUT_IT)
    assert record.gross_j is None
    assert bounds(record) == pytest.approx((0.0, 0.01))
    assert "did not move" in (record.reason or "")


def test_a_counter_that_stands_still_beside_one_that_moves_spoils_their_sum() -> None:
    two = replace(JOULES, counters=(*JOULES.counters, replace(JOULES.counters[0], name="the second")))
    record = energy_record(two, [counted(at_s, 10.0 * at_s, 7.0) for at_s in seconds(0, 10)], TEN, ABOUT_IT)
    assert record.gross_j is None
    assert "the second did not move" in (record.reason or "")


def test_a_counter_too_coarse_to_move_wants_more_time() -> None:
    coarse = replace(JOULES, counters=(replace(JOULES.counters[0], step_j=3600.0),))
    record = energy_record(coarse, [counted(at_s, 7200.0) for at_s in seconds(0, 10)], TEN, ABOUT_IT)
    assert record.gross_j is None
    assert "too short" in (record.reason or "")


IDLE = IdlePower(when="before", seconds=3.0, power_w=61.512, low_w=61.5, high_w=61.6)


@pytest.mark.parametrize(("step_w", "frozen"), [(0.001, True), (0.0, True), (1.0, False)])
def test_watts_that_are_the_same_to_the_last_digit_idle_and_at_work_are_frozen(step_w: float, frozen: bool) -> None:
    meter = replace(WATTS, power_step_w=step_w)
    readings = [watts(tenth / 2, 61.512) for tenth in range(30)]
    record = energy_record(meter, readings, TEN, ABOUT_IT, [IDLE])
    assert (record.gross_j is None) == frozen
    assert ("did not move" in (record.reason or "")) == frozen
    # Without idleness to compare with, steady watts may be just that.
    assert energy_record(meter, readings, TEN, ABOUT_IT).gross_j is not None


def test_a_meter_that_tells_nothing_but_0_watts_says_so() -> None:
    record = energy_record(WATTS, [watts(at_s, 0.0) for at_s in seconds(0, 10)], TEN, ABOUT_IT)
    assert record.gross_j is None
    assert "reported 0 W" in (record.reason or "")


def test_a_counter_that_leaps_beyond_reason_is_a_gap() -> None:
    readings = [counted(tenth / 10, tenth + (1e9 if tenth > 50 else 0.0)) for tenth in range(101)]
    record = energy_record(JOULES, readings, TEN, ABOUT_IT)
    assert record.gross_j == pytest.approx(100.0, rel=0.01)
    assert record.gaps == 1


def test_a_late_reading_widens_the_bounds() -> None:
    prompt = [counted(at_s, 50 * at_s) for at_s in seconds(0, 10)]
    late = [Point(taken.before_s - 0.25, taken.after_s + 0.25, taken.reading) for taken in prompt]
    narrow, wide = (bounds(energy_record(JOULES, readings, TEN, ABOUT_IT)) for readings in (prompt, late))
    assert wide[0] < narrow[0] - 10
    assert wide[1] > narrow[1] + 10


def test_a_coarse_counter_gives_way_to_watts_and_stays_the_second_opinion() -> None:
    info = replace(WATTS, counters=(Counter("coarse", step_j=360.0, plausible_w=8000.0),))
    readings = [point(at_s, Reading((360.0 * (at_s * 50 // 360),), 50.0)) for at_s in seconds(0, 60)]
    record = energy_record(info, readings, Window(0.0, 60.0), ABOUT_IT)
    assert record.method == "sampled power"
    assert record.gross_j == pytest.approx(3000.0)
    assert record.cross_check is not None
    assert record.cross_check.method == "integrated counter"
    assert record.cross_check.agrees


def test_what_reading_cost_is_kept() -> None:
    readings = [Point(at_s, at_s, Reading((at_s * 50,)), None, 0.002) for at_s in seconds(0, 10)]
    assert energy_record(JOULES, readings, TEN, ABOUT_IT).meter_cpu_s == pytest.approx(0.022)


def idle(when: str, power_w: float, doubt_w: float = 0.5) -> IdlePower:
    return IdlePower(
        when=when,  # type: ignore[arg-type]
        seconds=3.0,
        power_w=power_w,
        low_w=power_w - doubt_w,
        high_w=power_w + doubt_w,
    )


def test_above_idle_takes_off_the_mean_and_spans_both_baselines() -> None:
    readings = [counted(at_s, 50 * at_s) for at_s in seconds(0, 10)]
    record = energy_record(JOULES, readings, TEN, ABOUT_IT, [idle("before", 10.0), idle("after", 12.0)])
    assert record.gross_j == pytest.approx(500.0)
    assert record.above_idle_j == pytest.approx(390.0)
    assert record.above_idle_low_j == pytest.approx(375.0, abs=0.1)
    assert record.above_idle_high_j == pytest.approx(405.0, abs=0.1)
    assert len(record.idle) == 2


def test_nothing_is_above_idle_of_what_is_estimated_or_not_known() -> None:
    readings = [counted(at_s, 50 * at_s) for at_s in seconds(0, 10)]
    estimate = energy_record(replace(JOULES, estimated=True), readings, TEN, ABOUT_IT, [IDLE])
    assert estimate.gross_j == pytest.approx(500.0)
    assert (estimate.above_idle_j, estimate.idle) == (None, ())
    frozen = energy_record(WATTS, [watts(tenth / 2, 61.512) for tenth in range(30)], TEN, ABOUT_IT, [IDLE])
    assert (frozen.gross_j, frozen.above_idle_j, frozen.above_idle_low_j) == (None, None, None)


def test_each_of_many_windows_has_one_point_of_the_course_however_many_readings_there_are() -> None:
    readings = [counted(tenth / 10, 5.0 * tenth) for tenth in range(700)]
    windows = [Window(float(at), at + 1.0) for at in range(65)]
    found = energy_record(JOULES, readings, windows, ABOUT_IT).course
    assert [one.until_s for one in found] == [float(at) for at in range(1, 66)]


def test_a_reading_that_lacks_a_counter_is_passed_over() -> None:
    readings = [counted(at_s, 50 * at_s) for at_s in seconds(0, 10)]
    readings[5] = watts(5.0, 50.0)
    assert from_counters(JOULES, readings, TEN).joules == pytest.approx(500.0)


def test_a_record_without_joules_tells_why_and_nothing_else() -> None:
    record = missing_record("no\tmeter")
    assert (record.reason, record.gross_j, record.meter, record.window_s) == ("no meter", None, None, None)


def test_a_meter_s_name_is_cut_to_what_a_record_holds() -> None:
    readings = [counted(at_s, 50 * at_s) for at_s in seconds(0, 10)]
    assert len(energy_record(replace(JOULES, id="x" * 300), readings, TEN, ABOUT_IT).meter or "") == 200


def test_a_baseline_that_has_moved_is_noticed() -> None:
    assert has_moved([idle("before", 10.0), idle("after", 15.0)])
    assert not has_moved([idle("before", 10.0), idle("after", 10.5)])
    assert not has_moved([idle("before", 10.0, 5.0), idle("after", 15.0, 5.0)])
    assert not has_moved([idle("before", 10.0)])


def test_an_unknown_idle_figure_is_no_baseline() -> None:
    from hashwatt.bench.energy.joules.integral import Integral

    assert idle_power(Integral(None, None, None), 3.0, "before") is None


def fifty_watts() -> Energy:
    return energy_record(JOULES, [counted(at_s, 50 * at_s) for at_s in seconds(0, 10)], TEN, ABOUT_IT)


def test_efficiency_is_energy_over_work_both_ways_round() -> None:
    derived = efficiency(fifty_watts(), RATE, 10**9, timed_s=10.0)
    assert derived is not None
    # 50 W at 100 MH/s.
    assert derived.j_per_unit.value * 1e12 == pytest.approx(500_000.0)
    assert derived.units_per_j.value / 1e6 == pytest.approx(2.0)
    assert derived.above_idle_j_per_unit is None


def test_the_interval_of_efficiency_is_that_of_the_energy_and_of_untimed_moments() -> None:
    record = with_fields(fifty_watts(), low_j=490.0, high_j=510.0)
    derived = efficiency(record, RATE, 950_000_000, timed_s=9.5)
    assert derived is not None
    # At least: the half second beside drew twice the highest power; at most: nothing.
    assert derived.j_per_unit.low == pytest.approx((490.0 - 0.5 * 2 * 50.0) / 9.5e8)
    assert derived.j_per_unit.value == pytest.approx(500.0 * 0.95 / 9.5e8)
    assert derived.j_per_unit.high == pytest.approx(510.0 / 9.5e8)
    assert derived.units_per_j.high is not None
    assert derived.units_per_j.low < derived.units_per_j.value < derived.units_per_j.high
    assert derived.units_per_j.high == pytest.approx(1 / derived.j_per_unit.low)


def test_nothing_bounds_work_a_joule_where_the_energy_may_be_none() -> None:
    derived = efficiency(with_fields(fifty_watts(), low_j=0.0), RATE, 10**9, timed_s=10.0)
    assert derived is not None
    assert derived.units_per_j.high is None


@pytest.mark.parametrize("covers", ["not the device", "unknown", None])
def test_a_meter_that_is_not_about_the_device_gives_it_no_efficiency(covers: str | None) -> None:
    assert efficiency(with_fields(fifty_watts(), covers=covers), RATE, 10**9, timed_s=10.0) is None


def test_no_hashrate_or_no_energy_give_no_efficiency() -> None:
    assert efficiency(fifty_watts(), None, 10**9, timed_s=10.0) is None
    assert efficiency(with_fields(fifty_watts(), gross_j=None), RATE, 10**9, timed_s=10.0) is None


def test_a_machine_without_meters_is_told_why_and_what_would_help() -> None:
    reason = no_meter_reason([MeterMissing("rapl", "a virtual machine", "run on the host")])
    assert reason.startswith("no energy source (rapl: a virtual machine). What would help: run on the host")
    assert "hashwatt meters" in reason
    assert no_meter_reason([]) == "no meter was asked for (--meter none)"
    never = MeterMissing("battery", "a desktop", NOTHING_HELPS)
    for several in (
        [never, MeterMissing("rapl", "no rights", "ask root")],
        [MeterMissing("rapl", "no rights", "ask root"), never],
    ):
        assert no_meter_reason(several).startswith("no energy source (rapl: no rights). What would help: ask root; ")
    assert no_meter_reason([never]).startswith("no energy source (battery: a desktop). ")


COUNTER = Counter("it", step_j=0.5, plausible_w=100.0)


def test_a_reading_is_as_unsure_as_half_the_time_that_it_took() -> None:
    points = [Point(at - 0.125, at + 0.125, Reading((10.0 * at,), 10.0 * at)) for at in (0.0, 1.0)]
    info = replace(PLAIN, counters=(COUNTER,), power_step_w=0.0, interval_s=1.0)
    # 10 W for an eighth of a second, and a step of half a joule.
    assert from_counters(info, points, Window(0.0, 1.0)) == Integral(10.0, 8.25, 11.75)
    # Watts from 0 to 10: the whole height for an eighth of a second.
    assert from_power(info, points, Window(0.0, 1.0)) == Integral(5.0, 0.0, 11.25)


def test_bounds_that_span_two_figures_are_the_outer_ones_0_too() -> None:
    one, other = Integral(5.0, 0.0, 6.0, 0.5, 3), Integral(7.0, 0.5, 8.0, 9.0, 9)
    assert spanning(one, other) == Integral(5.0, 0.0, 8.0, 0.5, 3)
    assert spanning(other, one) == Integral(7.0, 0.0, 8.0, 9.0, 9)
    assert spanning(replace(one, high_j=0.0), replace(one, high_j=0.25)).high_j == 0.25
    assert spanning(replace(one, high_j=0.25), replace(one, high_j=0.0)).high_j == 0.25


def test_a_reading_without_a_counter_says_nothing_of_whether_it_stands_still() -> None:
    info = replace(PLAIN, counters=(replace(COUNTER, step_j=0.001),))
    points = [point(at, Reading(() if at == 3.0 else (7.0,))) for at in seconds(0, 9)]
    points.insert(5, failed(4.5))
    assert why_frozen(info, points, Window(0.0, 9.0), False) == (
        "the counter it did not move in 9 s, so it counts nothing"
    )


@pytest.mark.parametrize(
    ("step_j", "told"),
    [
        # A step of half a joule at 1 W is a twentieth of 10 s: just what was measured.
        (0.5, "it saw next to no power"),
        (0.75, "10 s are too short for this meter; measure for 15 s (-t 15)"),
    ],
)
def test_more_time_is_advised_where_it_helps(step_j: float, told: str) -> None:
    info = replace(PLAIN, counters=(replace(COUNTER, step_j=step_j),))
    right = f"between 0 and 20 J is all that is known: {told}"
    assert why_unknown(info, Integral(10.0, 0.0, 20.0), [], [Window(0.0, 10.0)]) == right


def test_less_than_a_joule_and_nothing_are_told_apart() -> None:
    info = replace(PLAIN, counters=(COUNTER,))
    windows = [Window(0.0, 10.0)]
    assert why_unknown(info, Integral(0.5, 0.4, 0.6), [], windows) is None
    assert why_unknown(info, Integral(0.0, 0.0, 0.5), [], windows) is not None
    without = replace(PLAIN, power_step_w=0.1)
    assert why_unknown(without, Integral(0.0, 0.0, 0.5), [], windows) == "the meter reported 0 W for 10 s"
    assert why_unknown(replace(without, estimated=True), Integral(0.0, 0.0, 0.5), [], windows) == (
        "the meter reported 0 W for 10 s"
    )
    nothing = why_unknown(info, Integral(0.0, 0.0, 0.0), [], windows)
    assert nothing is not None
    assert nothing.startswith("between 0 and 0 J is all that is known: ")
    # Of half a joule, and nearly as much of doubt, it is not the watts that are none.
    both = why_unknown(without, Integral(10.0, 2.0, 30.0), [], windows)
    assert both is not None
    assert both.startswith("between 2 and 30 J is all that is known: ")
    doubtful = why_unknown(without, Integral(0.5, 0.0, 1.0), [], windows)
    assert doubtful is not None
    assert doubtful.startswith("between 0 and 1 J is all that is known: ")


def test_the_second_opinion_widens_the_bounds_only_where_it_disagrees() -> None:
    info = replace(PLAIN, counters=(replace(COUNTER, step_j=0.0),), power_step_w=1.0, interval_s=1.0)
    for watts_w, agrees, bounds_j in ((10.0, True, (90.0, 90.0)), (12.0, False, (90.0, 117.0))):
        points = [point(at, Reading((10.0 * at,), watts_w)) for at in seconds(0, 9)]
        record = energy_record(info, points, Window(0.0, 9.0), ABOUT_IT)
        assert record.cross_check is not None
        assert record.cross_check.agrees is agrees
        assert record.samples == 10
        assert (record.low_j, record.high_j) == bounds_j
        assert ("disagree" in (record.bound_source or "")) is not agrees
    alone = energy_record(replace(info, power_step_w=None), points, Window(0.0, 9.0), ABOUT_IT)
    assert (alone.cross_check, alone.low_j, alone.meter_cpu_s) == (None, 90.0, 0.0)


def test_the_course_of_several_windows_has_as_many_points_as_that_of_one() -> None:
    points = [watts(at / 8, 10.0) for at in range(330)]
    for count in (1, 2, 10):
        windows = [Window(4.0 * at, 4.0 * (at + 1) - 0.5) for at in range(count)]
        course = energy_record(WATTS, points, windows, ABOUT_IT).course
        # Of 31 readings in and around a window two in each part, and sixty parts of all at most.
        assert len(course) == {1: 15, 2: 30, 10: 60}[count]
