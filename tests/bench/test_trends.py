"""Trends and steps against figures worked out by hand, and the edges between one answer and another."""

from __future__ import annotations

import math

import pytest

from hashwatt.bench.statistics import Interval, StepChange, Trend, best_step, ratio_interval, thinned, trend


def test_half_an_interval_is_told_relative_to_its_figure() -> None:
    assert Interval(10.0, 9.0, 13.0).half_width == 0.2


def test_the_trend_of_four_values_is_mann_and_kendall_s() -> None:
    # All six pairs rise: S = 6, its variance 4·3·13 ÷ 18, z = 5 ÷ 2.9439 = 1.6984. The slopes of the pairs are
    # 1, 1.5, 2, 2.333, 3 and 4, their median 2.1667; three steps of it relative to the median 3.
    found = trend([1.0, 2.0, 4.0, 8.0])
    assert found.relative_change == pytest.approx(13 / 6)
    assert found.p_value == pytest.approx(0.0894, abs=5e-5)


def test_three_values_have_a_trend_and_two_have_none() -> None:
    # S = 3, variance 3·2·11 ÷ 18, z = 2 ÷ 1.9149.
    found = trend([1.0, 2.0, 3.0])
    assert (found.relative_change, found.p_value) == pytest.approx((1.0, 0.2963), abs=5e-5)
    assert trend([1.0, 2.0]) == trend([]) == Trend(0.0, 1.0)


def test_as_many_falls_as_rises_are_no_trend_at_all() -> None:
    assert trend([1.0, 2.0, 1.0]).p_value == 1.0


def test_series_of_more_than_400_values_are_thinned_to_400() -> None:
    values = [100 + math.sin(index) for index in range(401)]
    assert trend(values) == trend(list(thinned(values, 400)))
    assert trend(values[:400]) != trend(list(thinned(values[:400], 399)))
    assert list(thinned([1.0, 2.0, 3.0, 10.0], 2)) == [1.5, 6.5]
    assert list(thinned([1.0, 2.0], 2)) == [1.0, 2.0]


def test_each_level_needs_four_values() -> None:
    assert best_step([1.0] * 4 + [1.5] * 3) is None
    assert best_step([1.0] * 4 + [1.5] * 4) == StepChange(0.5, True)
    fall = best_step([1.5] * 4 + [1.0] * 4)
    assert fall is not None
    assert fall.clear
    assert fall.relative_change == pytest.approx(-1 / 3)


def test_of_equal_splits_the_first_is_taken() -> None:
    # 1 | 1.5 2 and 1 1.5 | 2 leave the same deviation.
    found = best_step([1.0, 1.5, 2.0], shortest=1)
    assert found is not None
    assert found.relative_change == 0.75


def test_levels_that_fit_no_better_than_a_straight_line_are_no_clear_step() -> None:
    # Medians 6 and 7 leave 4 in all, and so does a line whose slope is a quarter.
    found = best_step([3, 6, 6, 6, 7, 7, 7, 8])
    assert found is not None
    assert found.relative_change == pytest.approx(1 / 6)
    assert not found.clear


def test_levels_that_touch_are_no_clear_step() -> None:
    # The tenth of eleven values is the 90 % quantile itself, the second the 10 % quantile.
    touching = best_step([1.0] * 9 + [2.0] * 13, shortest=11)
    assert touching == StepChange(1.0, False)
    apart = best_step([1.0] * 10 + [2.0] * 12, shortest=11)
    assert apart == StepChange(1.0, True)


def test_one_value_in_ten_may_lie_on_the_other_side() -> None:
    one_below = [1.0] * 11 + [0.5] + [3.0] * 10
    assert best_step(one_below, shortest=11) == StepChange(2.0, True)
    two_below = [1.0] * 11 + [0.5] * 2 + [3.0] * 9
    assert best_step(two_below, shortest=11) == StepChange(2.0, False)


# All work ÷ all time, and the bounds that 2000 resamples gave when the rule was made.
GOLDEN = (99.86971006963401, 97.00235859612664, 102.92833351990716)


def test_the_interval_of_a_rate_never_changes() -> None:
    # A stored result is checked by redoing the resampling: these numbers may never change.
    amounts = [100 + math.sin(index * index) for index in range(25)]
    seconds = [1 + 0.1 * math.cos(3 * index) for index in range(25)]
    found = ratio_interval(amounts, seconds)
    assert (found.value, found.low, found.high) == pytest.approx(GOLDEN, rel=1e-12)
