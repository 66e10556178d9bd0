"""The right answers: what every array holds after any number of passes.

A pass computes target from the older and the newer array, number by number; then the three arrays change places, so
that each pass works with what the two before it left. Factors are powers of two: their products are exact, and so a
device that multiplies and adds in one rounding and one that rounds twice give the very same bits. Sums of the dot
product are of whole numbers small enough to be exact in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from .arrays import ARRAYS
from .counts import BLOCK, DOT

Numbers = npt.NDArray[np.float64]

# By operation. Signs that change show a pass left out; a small part of a number lets sums grow slowly.
FACTORS: Mapping[str, float] = {"copy": 1.0, "mul": -1.0, "add": 1.0, "triad": 2.0**-10, DOT: 1.0}
# So many passes of the triad grow the numbers by a factor of 10²¹²: far from where 64 bits end. Plain sums of the last
# two grow by 1.62 a pass. A block's products add less than 2³² to its sum.
MOST_PASSES: Mapping[str, int] = {"copy": 1 << 30, "mul": 1 << 30, "add": 1 << 10, "triad": 1_000_000, DOT: 1 << 20}
# What is only copied, or changes its sign, is back after so many passes, once the first ones have spread it.
COMES_BACK = ("copy", "mul")
PERIOD = 12
# The arrays repeat a pattern of so many numbers; a prime, so that a wrong offset meets other numbers.
PATTERN = 32_749
SEED_BITS: Mapping[str, int] = {DOT: 10}
USUAL_SEED_BITS = 20


def pattern(operation: str, challenge: str, device_id: str, run_id: str) -> tuple[Numbers, ...]:
    """The numbers that the arrays begin with, one pattern an array: whole, from 1 on, from the challenge."""
    text = "\0".join(("hashwatt stream 1", challenge, device_id, run_id))
    bits = np.random.PCG64(int.from_bytes(sha256(text.encode()).digest(), "big"))
    kept = np.uint64(64 - SEED_BITS.get(operation, USUAL_SEED_BITS))
    return tuple(((bits.random_raw(PATTERN) >> kept) + np.uint64(1)).astype(np.float64) for _ in range(ARRAYS))


class Course:
    """The arrays' contents at some places, pass after pass."""

    def __init__(self, operation: str, start: tuple[Numbers, ...], stretches: Sequence[range]) -> None:
        """`start` are the patterns that the arrays repeat, `stretches` the indices that are followed."""
        self.stretches = stretches
        places = _indices(stretches)
        self._operation = operation
        self._arrays = [numbers[places % len(numbers)].copy() for numbers in start]
        self._passes = 0

    def after(self, passes: int) -> list[Numbers]:
        """What the arrays hold there after so many passes in all (never fewer than asked for before)."""
        if self._operation in COMES_BACK and self._passes >= PERIOD:
            self._passes += max(0, passes - self._passes) // PERIOD * PERIOD
        while self._passes < passes:
            target = self._passes % ARRAYS
            older, newer = self._arrays[(target + 1) % ARRAYS], self._arrays[(target + 2) % ARRAYS]
            self._arrays[target] = self._pass(older, newer)
            self._passes += 1
            if self._operation in COMES_BACK and self._passes == PERIOD:
                self._passes += (passes - self._passes) // PERIOD * PERIOD
        return self._arrays

    def _pass(self, older: Numbers, newer: Numbers) -> Numbers:
        factor = FACTORS[self._operation]
        if self._operation == "copy":
            return older.copy()
        if self._operation == "mul":
            return factor * older
        return older + (newer if self._operation == "add" else factor * newer)


class Sums:
    """The sums of the dot product at some blocks: each pass adds the same to them."""

    def __init__(self, start: tuple[Numbers, ...], items: int, stretches: Sequence[range], side_by_side: bool) -> None:
        """`stretches` are the blocks that are followed.

        `side_by_side`: a block's numbers lie in fours, as many fours apart as there are blocks.
        """
        self.stretches = stretches
        within = np.arange(BLOCK)
        sums = []
        for block in _indices(stretches):
            if side_by_side:
                places = ((within // 4) * (items // BLOCK) + block) * 4 + within % 4
            else:
                places = block * BLOCK + within
            one, other = (numbers[places % len(numbers)] for numbers in start[1:])
            sums.append(one @ other)
        self._sums = np.array(sums)

    def after(self, passes: int) -> list[Numbers]:
        """What the array of sums holds after so many passes; the other two stay as they are."""
        return [passes * self._sums]


def _indices(stretches: Sequence[range]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.arange(stretch.start, stretch.stop) for stretch in stretches])
