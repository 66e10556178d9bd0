"""The stream of random numbers, and what it makes of a table: computed by linear algebra, not by the kernels' loop.

Each number is the one before times x, modulo the polynomial x⁶⁴ + x² + x + 1 over GF(2) that the HPC Challenge's
RandomAccess uses (POLY = 7). Its lowest bits are the place in the table, and the whole number is what is XORed there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

POLY = 7
BITS = 64
# Numbers are computed in so many strands side by side.
STRANDS = 4096


def following(numbers: Words) -> Words:
    """The number after each of these."""
    return numbers << np.uint64(1) ^ (numbers >> np.uint64(63)) * np.uint64(POLY)


def times(columns: Words, numbers: Words) -> Words:
    """A 64 × 64 matrix over GF(2), as the images of the single bits, times each of these numbers."""
    out = np.zeros_like(numbers)
    for bit in range(BITS):
        out ^= columns[bit] * (numbers >> np.uint64(bit) & np.uint64(1))
    return out


def leap(steps: int) -> Words:
    """The matrix that goes so many numbers ahead."""
    total = np.uint64(1) << np.arange(BITS, dtype=np.uint64)
    power = following(total)
    while steps:
        if steps & 1:
            total = times(power, total)
        power = times(power, power)
        steps >>= 1
    return total


def changes(start: int, updates: int, mask: int, first: int, cells: int) -> tuple[Words, int]:
    """What so many updates (a power of two) XOR into the `cells` cells from `first` on, and the last number.

    `start` is the number before the first one; `mask` what is taken of a number for its place.
    """
    strands = min(STRANDS, updates)
    each = updates // strands
    numbers = np.array([start], np.uint64)
    jump = leap(each)
    while len(numbers) < strands:
        # The strands so far, and as many again from where they end.
        numbers = np.concatenate([numbers, times(jump, numbers)])
        jump = times(jump, jump)
    found = np.zeros(cells, np.uint64)
    for _ in range(each):
        numbers = following(numbers)
        places = (numbers & np.uint64(mask)) - np.uint64(first)
        here = places < np.uint64(cells)
        if here.any():
            np.bitwise_xor.at(found, places[here].astype(np.intp), numbers[here])
    return found, int(numbers[-1])
