"""The right answers of the triad, held against exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.workloads.stream.oracle import ARRAYS, FACTOR, MOST_PASSES, PATTERN, Course, pattern


def test_the_arrays_begin_with_whole_numbers_that_derive_from_the_challenge() -> None:
    numbers = pattern("a challenge", "cpu", "a run")
    assert len(numbers) == ARRAYS
    for array in numbers:
        assert len(array) == PATTERN
        assert array.min() >= 1
        assert array.max() <= 1 << 20
        assert (array == array.round()).all()
    assert not np.array_equal(numbers[0], numbers[1])
    assert np.array_equal(numbers[0], pattern("a challenge", "cpu", "a run")[0])
    assert not np.array_equal(numbers[0], pattern("another", "cpu", "a run")[0])


def test_a_pattern_keeps_every_offset_apart() -> None:
    """Shifted by any power of two, as a wrong kernel may shift it, it is another pattern."""
    numbers = pattern("a challenge", "cpu", "a run")[0]
    for power in range(20):
        assert not np.array_equal(numbers, np.roll(numbers, 1 << power))


@given(st.integers(0, 40), st.integers(0, 40))
def test_passes_follow_exact_arithmetic_rounded_once_each(first: int, more: int) -> None:
    numbers = pattern("exact", "cpu", "run")
    places = np.array([0, 1, 777, PATTERN - 1, PATTERN, PATTERN + 5])
    course = Course(numbers, places)
    course.after(first)
    arrays = course.after(first + more)
    for column, place in enumerate(places):
        values = [Fraction(float(array[place % PATTERN])) for array in numbers]
        for number in range(first + more):
            older, newer = (values[(number + shift) % ARRAYS] for shift in (1, 2))
            values[number % ARRAYS] = Fraction(float(older + Fraction(FACTOR) * newer))
        assert [float(array[column]) for array in arrays] == [float(value) for value in values]


def test_the_factor_is_a_power_of_two_so_that_its_product_is_exact() -> None:
    assert math.frexp(FACTOR)[0] == 0.5


def test_numbers_stay_finite_for_as_many_passes_as_are_allowed() -> None:
    # The larger root of r² = FACTOR · r + 1 is the growth a pass.
    growth = FACTOR / 2 + math.sqrt(FACTOR**2 / 4 + 1)
    assert 20 * math.log(2) + MOST_PASSES * math.log(growth) < math.log(1e300)
