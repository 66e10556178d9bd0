from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hashwatt.bench.statistics import (
    best_step,
    median_interval,
    ratio_interval,
    resampled,
    resampled_medians,
    trend,
)

rates = st.lists(st.floats(1.0, 1e12), min_size=1, max_size=60)


@given(rates)
def test_the_interval_holds_the_median_and_lies_within_the_values(values: list[float]) -> None:
    interval = median_interval(values)
    assert min(values) <= interval.low <= interval.value <= interval.high <= max(values)


@given(rates)
def test_the_interval_is_the_same_every_time(values: list[float]) -> None:
    assert median_interval(values) == median_interval(values)


def test_resampling_stays_the_same_in_every_version_of_numpy() -> None:
    # A stored result is checked by redoing the resampling: these numbers may never change.
    interval = median_interval([float(value) for value in (3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5)])
    assert (interval.value, interval.low, interval.high) == (4.0, 2.0, 5.0)
    interval = median_interval([100 + math.sin(index) for index in range(40)])
    assert (interval.low, interval.high) == pytest.approx((99.5838898, 100.4746249), abs=1e-6)


@given(st.lists(st.floats(0.5, 4.0) | st.sampled_from([1.0, 2.0]), min_size=1, max_size=60))
def test_medians_by_rank_are_numpys_medians(values: list[float]) -> None:
    data = np.array(values)
    right = resampled(len(data), lambda drawn: np.median(data[drawn], axis=1), 7, 50)
    assert (resampled_medians(data, 7, 50) == right).all()


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


samples_of_work = st.lists(st.tuples(st.integers(1, 10**12), st.floats(1e-6, 1e3)), min_size=1, max_size=30)


@given(samples_of_work)
def test_the_interval_of_a_rate_holds_all_work_over_all_time(samples: list[tuple[int, float]]) -> None:
    amounts, seconds = [amount for amount, _ in samples], [second for _, second in samples]
    interval = ratio_interval(amounts, seconds)
    assert interval.value == math.fsum(amounts) / math.fsum(seconds)
    assert interval.low <= interval.value <= interval.high
    assert interval == ratio_interval(amounts, seconds)


def test_a_rate_weighs_samples_by_their_time() -> None:
    # Ten seconds at 1 and one at 12 are two a second, whatever the median says.
    assert ratio_interval([10, 12], [10.0, 1.0]).value == 2.0


def test_the_interval_of_a_rate_holds_the_true_one_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(11)
    held = 0
    for _ in range(200):
        seconds = random.normal(1, 0.05, 40)
        interval = ratio_interval([100] * 40, seconds.tolist())
        held += interval.low <= 100 <= interval.high
    assert 180 <= held <= 199


@pytest.mark.parametrize(
    ("count", "resamples", "most", "rows"),
    [(40, 5, 100, [2, 2, 1]), (101, 3, 100, [1, 1, 1]), (1 << 12, 1024, None, [512, 512])],
)
def test_so_many_values_are_held_at_once_and_one_resample_at_least(
    count: int, resamples: int, most: int | None, rows: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def figure(drawn: NDArray[np.intp]) -> NDArray[np.float64]:
        assert drawn.shape[1] == count
        taken.append(drawn.shape[0])
        return np.zeros(len(drawn))

    taken: list[int] = []
    if most is not None:
        monkeypatch.setattr("hashwatt.bench.statistics.BLOCK_VALUES", most)
    resampled(count, figure, 1, resamples)
    assert taken == rows
