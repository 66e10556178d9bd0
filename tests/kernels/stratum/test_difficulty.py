"""Difficulties and targets, against the definition."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.errors import InputError
from hashwatt.kernels.headers.target import MAX_TARGET, target_from_bits
from hashwatt.kernels.stratum.difficulty import (
    LEAST_DIFFICULTY,
    MOST_DIFFICULTY,
    difficulty_of,
    hashes_a_share,
    target_of_difficulty,
)


def test_difficulty_1_is_the_target_that_bitcoin_began_with() -> None:
    assert target_of_difficulty(1.0) == target_from_bits(0x1D00FFFF)
    assert hashes_a_share(1.0) == pytest.approx(4_295_032_833, abs=1)


def test_halves_and_doubles_are_exact() -> None:
    assert target_of_difficulty(2.0) == target_of_difficulty(1.0) // 2
    assert target_of_difficulty(0.5) == target_of_difficulty(1.0) * 2


@given(st.floats(LEAST_DIFFICULTY, MOST_DIFFICULTY))
def test_a_hash_value_at_the_target_has_the_difficulty(difficulty: float) -> None:
    target = target_of_difficulty(difficulty)
    assert 1 <= target <= MAX_TARGET
    assert difficulty_of(target) == pytest.approx(difficulty, rel=1e-9)
    assert difficulty_of(target + 1) <= difficulty_of(target)


@pytest.mark.parametrize("difficulty", [0.0, -1.0, math.nan, math.inf, 2.0**-33, 2.0**65])
def test_what_is_no_difficulty_is_refused(difficulty: float) -> None:
    with pytest.raises(InputError, match="difficulty"):
        target_of_difficulty(difficulty)
