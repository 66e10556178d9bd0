"""Bounds of a Poisson rate, against published values and against counting."""

from __future__ import annotations

import math
import random

import pytest

from hashwatt.kernels.stratum.difficulty import hashes_a_share
from hashwatt.kernels.workloads.proof.share_rate import gamma_below, gamma_quantile, share_rate

# Garwood's exact 95 % limits of a Poisson mean, as tables print them (three digits).
TABLE = {
    1: (0.0253, 5.57),
    2: (0.242, 7.22),
    5: (1.62, 11.67),
    10: (4.80, 18.39),
    20: (12.22, 30.89),
    50: (37.11, 65.92),
}


@pytest.mark.parametrize("count", TABLE)
def test_the_interval_is_garwoods(count: int) -> None:
    a_share = hashes_a_share(1.0)
    rate = share_rate(count, 1.0, 1.0)
    low, high = TABLE[count]
    assert rate.low / a_share == pytest.approx(low, rel=5e-3)
    assert rate.high / a_share == pytest.approx(high, rel=5e-3)
    assert rate.value / a_share == pytest.approx(count)
    assert rate.at_least < rate.low < rate.value < rate.high


@pytest.mark.parametrize("shape", [0.5, 1.0, 3.0, 40.0, 2500.0, 90_000.0])
@pytest.mark.parametrize("chance", [0.001, 0.025, 0.5, 0.975, 0.999])
def test_the_quantile_turns_the_distribution_around(shape: float, chance: float) -> None:
    assert gamma_below(shape, gamma_quantile(chance, shape)) == pytest.approx(chance, abs=1e-9)


def test_a_whole_shape_is_a_sum_of_poisson_terms() -> None:
    for shape in (1, 4, 17):
        for value in (0.5, 3.0, 20.0, 40.0):
            fewer = math.fsum(math.exp(-value) * value**k / math.factorial(k) for k in range(shape))
            assert gamma_below(shape, value) == pytest.approx(1 - fewer, abs=1e-12)


def test_no_share_proves_nothing() -> None:
    rate = share_rate(0, 1.0, 10.0)
    assert (rate.value, rate.low, rate.at_least) == (0.0, 0.0, 0.0)
    assert rate.high == pytest.approx(3.689 * hashes_a_share(1.0) / 10, rel=1e-3)


def test_the_intervals_hold_the_truth_as_often_as_they_say() -> None:
    chance, truth, held, above = random.Random(7), 40.0, 0, 0
    for _ in range(1000):
        count = sum(1 for _ in iter(_arrivals(chance, truth)))
        rate = share_rate(count, 1.0, 1.0)
        a_share = hashes_a_share(1.0)
        held += rate.low <= truth * a_share <= rate.high
        above += rate.at_least > truth * a_share
    assert held >= 940
    assert above <= 5


def _arrivals(chance: random.Random, rate: float) -> list[float]:
    times, now = [], chance.expovariate(rate)
    while now < 1:
        times.append(now)
        now += chance.expovariate(rate)
    return times
