"""The number formats: what a step computes, and what it counts for.

A *step* of floating point is x ← m·x + c with m = −1, so that numbers stay as large as they are and every product and
sum is exact. A *turn* has STEPS of them, an even number, and the last adds c + 1: a turn then adds 1 to x. A launch
does many turns, and in the end takes away all that they added but 1.

A step of bfloat16 adds the dot product of two pairs of such numbers to one of float32: x ← x + (1·1 + c·1), by turns
x − (1·1 + c·1); the last takes c alone away, so that a turn adds 1 here, too.

A step of int32 is that of floating point with any odd m, modulo 2³². A step of int8 is x ← x + the four bytes of x
times those of m, each launch from the same beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

STEPS = 16


@dataclass(frozen=True)
class Format:
    """A number format.

    `stored`: how its numbers lie in a buffer, as numpy names it. `step_operations`: of one step on one number.
    `seed_bits`: how large numbers are at first. `turns`: of one launch. `launches`: until numbers grow too large.
    `host_factor`: so many times as many turns on the host's cores.
    """

    stored: str
    step_operations: int
    seed_bits: int
    turns: int
    launches: int
    host_factor: int = 1

    @property
    def is_flop(self) -> bool:
        """Whether its operations are counted as floating-point ones."""
        return self.stored.startswith("float")


FORMATS: Mapping[str, Format] = {
    "float64": Format("float64", 2, 20, 1 << 10, 1 << 30, 16),
    "float32": Format("float32", 2, 20, 1 << 10, 1 << 22, 16),
    "float16": Format("float16", 2, 8, 1 << 9, 1 << 9),
    "bfloat16": Format("float32", 4, 20, 1 << 10, 1 << 22, 16),
    "int32": Format("uint32", 2, 32, 1 << 10, 1 << 30, 16),
    "int8": Format("uint32", 8, 32, 1 << 6, 1 << 30),
}
# By AMX's tiles on the CPU: a step adds to each sum of a tile the products of a row and a column, 64 of bytes or 32 of
# bfloat16. See `on_amx`.
ON_AMX: Mapping[str, Format] = {
    "int8": Format("uint32", 128, 32, 1 << 10, 1 << 30),
    "bfloat16": Format("float32", 64, 20, 1 << 10, 1 << 22),
}
USUAL = "float64"
# Floating-point operations for each byte that the sweep moves; each number is read and written, and a step has two.
SWEEP_STEPS = (1, 4, 16, 64)
SWEEP_NUMBER_BYTES = 16
INTENSITIES: Mapping[float, int] = {2 * steps / SWEEP_NUMBER_BYTES: steps for steps in SWEEP_STEPS}


def stored_bytes(number: str) -> int:
    """How much a number takes in a buffer."""
    return np.dtype(FORMATS[number].stored).itemsize
