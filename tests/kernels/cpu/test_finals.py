"""Kernels that are about equally fast, on a core whose clock moves by more than they differ."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from hashwatt.kernels.cpu.finals import MOST_TURNS, TURNS_A_LOOK, shares_of_fastest


class Core:
    """Its clock wanders between 0.8 and 1.2, and some bursts are held up; or the clock falls by `falls` a burst."""

    def __init__(self, seed: int, wanders: float = 0.01, noise: float = 0.03, falls: float = 0.0) -> None:
        self.random = random.Random(seed)
        self.wanders, self.noise, self.falls = wanders, noise, falls
        self.clock = 1.0

    def kernel(self, rate: float) -> Callable[[], float]:
        """Bursts of a kernel that has this rate at clock 1."""

        def burst() -> float:
            step = self.random.gauss(0, self.wanders)
            self.clock = min(1.2, max(0.8, self.clock + step)) if self.wanders else self.clock * (1 - self.falls)
            held_up = 0.5 if self.wanders and self.random.random() < 0.05 else 1.0
            return rate * self.clock * held_up * (1 + self.random.gauss(0, self.noise))

        return burst


def fastest(shares: Sequence[float]) -> int:
    return max(range(len(shares)), key=lambda at: shares[at])


def test_a_difference_of_a_percent_and_a_half_is_seen_through_a_clock_that_moves_by_forty() -> None:
    shares = [shares_of_fastest([(core := Core(seed)).kernel(1.0), core.kernel(1.016)]) for seed in range(200)]
    assert sum(fastest(each) == 1 for each in shares) >= 198
    assert all(0.96 < slower < 1.01 for slower, _ in shares)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_where_one_stands_in_a_turn_makes_no_difference(order: tuple[int, ...]) -> None:
    core = Core(5, wanders=0, noise=0.001, falls=0.004)
    shares = shares_of_fastest([core.kernel((1.0, 0.99, 0.98)[at]) for at in order], most_turns=32)
    assert shares == [pytest.approx((1.0, 0.99, 0.98)[at], abs=0.0015) for at in order]


def test_what_is_clearly_slower_drops_out_soon_and_the_others_run_on() -> None:
    core = Core(1)
    ran = [0, 0, 0]

    def counted(at: int, rate: float) -> Callable[[], float]:
        burst = core.kernel(rate)

        def count() -> float:
            ran[at] += 1
            return burst()

        return count

    shares = shares_of_fastest([counted(0, 1.0), counted(1, 0.9), counted(2, 0.9999)])
    assert ran[1] <= 2 * TURNS_A_LOOK
    assert ran[0] == ran[2] > 3 * ran[1]
    assert shares[1] == pytest.approx(0.9, abs=0.02)


def test_equals_run_all_turns_and_are_told_to_be_equal() -> None:
    core = Core(2)
    turns = 0

    def burst() -> float:
        nonlocal turns
        turns += 1
        return core.kernel(1.0)()

    shares = shares_of_fastest([burst, burst])
    assert turns == 2 * MOST_TURNS
    assert min(shares) > 0.985


def test_a_few_turns_are_enough_to_tell_those_that_differ_much() -> None:
    core = Core(3)
    shares = shares_of_fastest([core.kernel(1.0), core.kernel(0.8)], most_turns=9)
    assert shares[0] == 1.0
    assert shares[1] == pytest.approx(0.8, abs=0.05)


def test_nobody_is_above_the_fastest_and_somebody_is_the_fastest() -> None:
    for seed in range(20):
        core = Core(seed, noise=0.1)
        shares = shares_of_fastest([core.kernel(1.0) for _ in range(5)])
        assert max(shares) == 1.0
