from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.bench.statistics import best_step, median_interval, poisson_p_value, trend

rates = st.lists(st.floats(1.0, 1e12), min_size=1, max_size=60)


@given(rates)
def test_the_interval_holds_the_median_and_lies_within_the_values(values: list[float]) -> None:
    interval = median_interval(values)
    assert min(values) <= interval.low <= interval.median <= interval.high <= max(values)


@given(rates)
def test_the_interval_is_the_same_every_time(values: list[float]) -> None:
    assert median_interval(values) == median_interval(values)


def test_resampling_stays_the_same_in_every_version_of_numpy() -> None:
    # A stored result is checked by redoing the resampling: these numbers may never change.
    interval = median_interval([float(value) for value in (3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5)])
    assert (interval.median, interval.low, interval.high) == (4.0, 2.0, 5.0)
    interval = median_interval([100 + math.sin(index) for index in range(40)])
    assert (interval.low, interval.high) == pytest.approx((99.5838898, 100.4746249), abs=1e-6)


def test_blockwise_resampling_gives_the_same_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [100 + math.sin(index) for index in range(50)]
    whole = median_interval(values)
    monkeypatch.setattr("hashwatt.bench.statistics.BLOCK_VALUES", 333)
    assert median_interval(values) == whole


def test_the_interval_covers_the_true_median_about_95_times_in_100() -> None:
    random = np.random.default_rng(7)
    intervals = [median_interval(random.normal(100, 3, 30).tolist()) for _ in range(200)]
    covered = sum(interval.low <= 100 <= interval.high for interval in intervals)
    assert 180 <= covered <= 200


def test_a_steady_climb_is_a_trend_and_noise_is_none() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(0, 0.5, 60)
    climb = trend((100 + noise + np.linspace(0, 5, 60)).tolist())
    assert climb.p_value < 1e-6
    assert climb.relative_change == pytest.approx(0.05, abs=0.01)
    assert trend((100 + noise).tolist()).p_value > 0.01


def test_a_step_is_told_from_a_slope() -> None:
    random = np.random.default_rng(2)
    noise = random.normal(0, 0.3, 60)
    step = best_step((np.where(np.arange(60) < 25, 100, 80) + noise).tolist())
    assert step is not None
    assert step.clear
    assert step.relative_change == pytest.approx(-0.2, abs=0.01)
    slope = best_step((np.linspace(100, 80, 60) + noise).tolist())
    assert slope is not None
    assert not slope.clear
    assert best_step([1.0, 2.0, 3.0]) is None


@pytest.mark.parametrize(
    ("count", "expected", "p_value"),
    [
        (0, 10.0, 2 * math.exp(-10)),
        (5, 3.0, 2 * (1 - math.exp(-3) * (1 + 3 + 9 / 2 + 27 / 6 + 81 / 24))),
        (1, 4.0, 2 * math.exp(-4) * 5),
        (256, 256.0, 1.0),
    ],
)
def test_the_poisson_test_is_exact(count: int, expected: float, p_value: float) -> None:
    assert poisson_p_value(count, expected) == pytest.approx(p_value, rel=1e-9)


@given(st.integers(0, 60), st.floats(0.1, 60))
def test_the_poisson_test_equals_the_plain_sum(count: int, expected: float) -> None:
    terms = [math.exp(-expected) * expected**index / math.factorial(index) for index in range(160)]
    tail = math.fsum(terms[: count + 1]) if count < expected else math.fsum(terms[count:])
    assert poisson_p_value(count, expected) == pytest.approx(min(1.0, 2 * tail), rel=1e-6)


@given(st.integers(0, 50_000), st.floats(1e-300, 1e30))
def test_the_poisson_test_takes_any_numbers(count: int, expected: float) -> None:
    assert 0 <= poisson_p_value(count, expected) <= 1
