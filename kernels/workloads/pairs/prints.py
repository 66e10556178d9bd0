"""What is kept of a product: a print of 32 bits for each of its lines.

A print is a sum over the line's numbers, each mixed with its place by a function that nobody can carry through a
product: so no sum over operands gives it, and only the product does. The mixing is MurmurHash3's finalizer
(A. Appleby, public domain), of which the constants are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

PLACE_STEP = 0x9E3779B1
FIRST_FACTOR = 0x85EBCA6B
SECOND_FACTOR = 0xC2B2AE35

Prints = npt.NDArray[np.uint32]


def prints_of(lines: npt.NDArray[np.int64], first_line: int) -> Prints:
    """The prints of lines of a product (lines × columns), of which the first is number `first_line` of it."""
    columns = lines.shape[1]
    place = np.arange(first_line * columns, (first_line + len(lines)) * columns, dtype=np.uint64)
    mixed = lines.astype(np.uint64).astype(np.uint32).ravel()
    mixed ^= (place * np.uint64(PLACE_STEP)).astype(np.uint32)
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(FIRST_FACTOR)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(SECOND_FACTOR)
    mixed ^= mixed >> np.uint32(16)
    prints: Prints = mixed.reshape(lines.shape).sum(axis=1, dtype=np.uint32)
    return prints
