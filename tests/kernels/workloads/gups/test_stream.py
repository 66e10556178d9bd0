"""The stream of random numbers by matrices, against the loop that the HPC Challenge writes."""

from __future__ import annotations

import random

import numpy as np
import pytest

from hashwatt.kernels.workloads.gups.stream import changes, following, leap, times

MASK = (1 << 64) - 1


def next_number(number: int) -> int:
    return (number << 1 ^ (7 if number >> 63 else 0)) & MASK


@pytest.mark.parametrize("steps", [0, 1, 2, 63, 64, 1000, 1 << 20])
def test_a_leap_is_so_many_steps(steps: int) -> None:
    start = random.Random(steps).getrandbits(64)
    walked = np.array([start], np.uint64)
    for _ in range(min(steps, 1000)):
        walked = following(walked)
    if steps > 1000:
        half = leap(steps // 2)
        walked = times(half, times(half, np.array([start], np.uint64)))
    assert times(leap(steps), np.array([start], np.uint64)) == walked


def test_the_number_after_one_is_the_polynomials() -> None:
    numbers = [1, 1 << 63, MASK, 0x8000000000000001]
    assert following(np.array(numbers, np.uint64)).tolist() == [next_number(number) for number in numbers]


@pytest.mark.parametrize(("updates", "first"), [(1, 0), (4096, 0), (1 << 14, 100)])
def test_the_changes_are_those_of_the_loop(updates: int, first: int) -> None:
    start, mask = random.Random(updates).getrandbits(64), (1 << 9) - 1
    cells, number = [0] * (mask + 1), start
    for _ in range(updates):
        number = next_number(number)
        cells[number & mask] ^= number
    found, last = changes(start, updates, mask, first, 200)
    assert found.tolist() == cells[first : first + 200]
    assert last == number
