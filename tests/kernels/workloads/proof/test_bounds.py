"""What a number of shares proves: held against tables, plain sums and simulated runs."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from hashwatt.kernels.workloads.proof import bounds
from hashwatt.kernels.workloads.proof.bounds import (
    FEWEST_EXPECTED_SHARES,
    HONEST_P,
    PROVEN_CONFIDENCE,
    events_at_least,
    fits,
    proven_hashes,
)
from hashwatt.kernels.workloads.proof.poisson import poisson_p_value, upper_tail


@pytest.mark.parametrize(
    ("count", "mean"),
    # Half of the chi-squared quantile at 0.001 with 2 n degrees of freedom, from printed tables.
    [(1, 0.0010005), (2, 0.045402), (5, 1.479 / 2), (10, 5.921 / 2), (15, 11.588 / 2), (50, 61.918 / 2)],
)
def test_the_lower_bound_is_the_gamma_quantile(count: int, mean: float) -> None:
    assert events_at_least(count, 0.001) == pytest.approx(mean, rel=1e-3)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 200, 10_000, 50_000])
def test_at_the_bound_so_many_are_seen_once_in_a_thousand(count: int) -> None:
    assert upper_tail(count, events_at_least(count, 1 - PROVEN_CONFIDENCE)) == pytest.approx(0.001, rel=1e-9)


def test_ten_thousand_shares_prove_97_percent_of_an_honest_claim() -> None:
    assert proven_hashes(10_000, 1e-5) == pytest.approx(0.969e9, rel=1e-3)
    assert proven_hashes(int(FEWEST_EXPECTED_SHARES), 1e-5) == pytest.approx(0.795e5 * 200, rel=2e-3)
    assert proven_hashes(0, 1e-5) == 0
    # A single share says something, too: whoever hashed 100 finds one in a thousand times.
    assert proven_hashes(1, 1e-5) == 100


def test_more_is_proven_than_was_done_once_in_a_thousand_runs() -> None:
    numbers = np.random.default_rng(1).poisson(1000.0, 200_000)
    bounds = {count: proven_hashes(int(count), 1e-3) for count in np.unique(numbers)}
    share = np.mean([bounds[count] > 1_000_000 for count in numbers])
    assert 0.0005 < share < 0.0013


def test_an_honest_run_is_refused_once_in_a_million() -> None:
    for expected in (200.0, 10_000.0):
        spread = math.sqrt(expected)
        assert fits(round(expected - 4.5 * spread), expected)
        assert fits(round(expected + 4.5 * spread), expected)
        assert not fits(round(expected - 5.2 * spread), expected)
        assert not fits(round(expected + 5.5 * spread), expected)
    lowest = next(count for count in range(9000, 10_000) if fits(count, 10_000.0))
    assert HONEST_P / 2 / 1.06 < poisson_p_value(lowest, 10_000.0) / 2 < HONEST_P / 2 * 1.06


def test_what_is_just_as_odd_as_once_in_a_million_still_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HONEST_P", poisson_p_value(9_700, 10_000.0))
    assert fits(9_700, 10_000.0)
    assert not fits(9_699, 10_000.0)


def test_random_honest_runs_fit() -> None:
    chance = random.Random(5)
    for _ in range(2000):
        expected = 10 ** chance.uniform(2.3, 4.6)
        assert fits(max(0, round(chance.gauss(expected, math.sqrt(expected)))), expected)
