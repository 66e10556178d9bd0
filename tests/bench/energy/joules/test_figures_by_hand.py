"""From integrals to a record and to joules a unit, against figures worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from hashwatt.bench.energy.joules import record as records
from hashwatt.bench.energy.joules.efficiency import efficiency
from hashwatt.bench.energy.joules.integral import Integral, nothing
from hashwatt.bench.energy.joules.readings import Window
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
from .by_hand import near, without

COUNTER = Counter("it", step_j=1.0, plausible_w=10.0)


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

    def test_watts_go_first_where_they_are_surer_than_a_counter_that_is_unsure(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        few = [point(float(at), Reading((5.0 * at,), 5.0)) for at in range(3)]
        counter, sampled = "integrated counter", "sampled power"
        for doubts, method in (((0.5, 0.5), counter), ((0.5, 0.4), sampled), ((0.05, 0.01), counter)):
            told = iter(doubts)
            monkeypatch.setattr(records, "doubt", lambda _, told=told: next(told))
            assert best_figure(self.BOTH, few, [Window(0.0, 2.0)])[0] == method

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
