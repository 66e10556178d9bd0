"""The right answers of STREAM's operations, held against exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.workloads.stream.arrays import ARRAYS
from hashwatt.kernels.workloads.stream.counts import BLOCK, OPERATIONS
from hashwatt.kernels.workloads.stream.oracle import FACTORS, MOST_PASSES, PATTERN, Course, Sums, pattern

EACH = [name for name in OPERATIONS if name != "dot"]


def test_the_arrays_begin_with_whole_numbers_that_derive_from_the_challenge() -> None:
    numbers = pattern("triad", "a challenge", "cpu", "a run")
    assert len(numbers) == ARRAYS
    for array in numbers:
        assert len(array) == PATTERN
        assert array.min() >= 1
        assert array.max() <= 1 << 20
        assert (array == array.round()).all()
    assert not np.array_equal(numbers[0], numbers[1])
    assert np.array_equal(numbers[0], pattern("triad", "a challenge", "cpu", "a run")[0])
    assert not np.array_equal(numbers[0], pattern("triad", "another", "cpu", "a run")[0])


def test_a_pattern_keeps_every_offset_apart() -> None:
    """Shifted by any power of two, as a wrong kernel may shift it, it is another pattern."""
    numbers = pattern("triad", "a challenge", "cpu", "a run")[0]
    for power in range(20):
        assert not np.array_equal(numbers, np.roll(numbers, 1 << power))


def exactly(name: str, older: Fraction, newer: Fraction) -> Fraction:
    factor = Fraction(FACTORS[name])
    return {"copy": older, "mul": factor * older, "add": older + newer, "triad": older + factor * newer}[name]


@given(st.sampled_from(EACH), st.integers(0, 40), st.integers(0, 40))
def test_passes_follow_exact_arithmetic_rounded_once_each(name: str, first: int, more: int) -> None:
    numbers = pattern(name, "exact", "cpu", "run")
    stretches = [range(2), range(777, 778), range(PATTERN - 1, PATTERN + 1), range(PATTERN + 5, PATTERN + 6)]
    course = Course(name, numbers, stretches)
    course.after(first)
    arrays = course.after(first + more)
    for column, place in enumerate(place for stretch in stretches for place in stretch):
        values = [Fraction(float(array[place % PATTERN])) for array in numbers]
        for number in range(first + more):
            older, newer = (values[(number + shift) % ARRAYS] for shift in (1, 2))
            values[number % ARRAYS] = Fraction(float(exactly(name, older, newer)))
        assert [float(array[column]) for array in arrays] == [float(value) for value in values]


@pytest.mark.parametrize("name", EACH)
def test_a_pass_left_out_shows(name: str) -> None:
    numbers = pattern(name, "exact", "cpu", "run")
    for passes in range(1, 30):
        right = Course(name, numbers, [range(9)]).after(passes)
        short = Course(name, numbers, [range(9)]).after(passes - 1)
        assert not all(np.array_equal(one, other) for one, other in zip(right, short, strict=True))


@given(st.integers(1, 9), st.integers(1, 1 << 20), st.booleans())
def test_sums_of_blocks_are_exact_wherever_their_numbers_lie(blocks: int, passes: int, side_by_side: bool) -> None:
    numbers = pattern("dot", "exact", "cpu", "run")
    items = blocks * BLOCK
    (sums,) = Sums(numbers, items, [range(blocks)], side_by_side).after(passes)
    numbered = np.arange(items)
    apart = numbered.reshape(-1, blocks, 4).swapaxes(0, 1).reshape(blocks, -1)
    places = apart if side_by_side else numbered.reshape(blocks, -1)
    one, other = (array.astype(np.int64)[places % PATTERN] for array in numbers[1:])
    assert [int(each) for each in sums] == [passes * int(each) for each in (one * other).sum(axis=1)]
    assert MOST_PASSES["dot"] * BLOCK * (1 << 20) < 1 << 53


def test_the_factors_are_powers_of_two_so_that_their_products_are_exact() -> None:
    assert all(abs(math.frexp(factor)[0]) == 0.5 for factor in FACTORS.values())


@pytest.mark.parametrize("name", ["add", "triad"])
def test_numbers_stay_finite_for_as_many_passes_as_are_allowed(name: str) -> None:
    # The larger root of r² = FACTOR · r + 1 is the growth a pass.
    growth = FACTORS[name] / 2 + math.sqrt(FACTORS[name] ** 2 / 4 + 1)
    assert 20 * math.log(2) + MOST_PASSES[name] * math.log(growth) < math.log(1e300)
