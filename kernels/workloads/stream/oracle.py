"""The right answers: what every array holds after any number of passes.

A pass computes target = older + factor · newer for each number, then the three arrays change places, so that each
pass works with what the two before it left. The factor is a power of two: its product is exact, and so a device
that multiplies and adds in one rounding and one that rounds twice give the very same bits.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

ARRAYS = 3
FACTOR = 2.0**-10
# So many passes grow the numbers by a factor of 10²¹²: far from where 64 bits end.
MOST_PASSES = 1_000_000
# The arrays repeat a pattern of so many numbers; a prime, so that a wrong offset meets other numbers.
PATTERN = 32_749
SEED_BITS = 20


def pattern(challenge: str, device_id: str, run_id: str) -> tuple[Numbers, ...]:
    """The numbers that the arrays begin with, one pattern an array: whole, 1 to 2²⁰, from the challenge."""
    text = "\0".join(("hashwatt stream 1", challenge, device_id, run_id))
    bits = np.random.PCG64(int.from_bytes(sha256(text.encode()).digest(), "big"))
    return tuple(
        ((bits.random_raw(PATTERN) >> np.uint64(64 - SEED_BITS)) + np.uint64(1)).astype(np.float64)
        for _ in range(ARRAYS)
    )


class Course:
    """The arrays' contents at some places, pass after pass."""

    def __init__(self, start: tuple[Numbers, ...], places: npt.NDArray[np.int64]) -> None:
        """`start` are the patterns that the arrays repeat, `places` the indices that are followed."""
        self._arrays = [numbers[places % len(numbers)].copy() for numbers in start]
        self._passes = 0

    def after(self, passes: int) -> list[Numbers]:
        """What the arrays hold there after so many passes in all (never fewer than asked for before)."""
        while self._passes < passes:
            target = self._passes % ARRAYS
            older, newer = (target + 1) % ARRAYS, (target + 2) % ARRAYS
            self._arrays[target] = self._arrays[older] + FACTOR * self._arrays[newer]
            self._passes += 1
        return self._arrays
