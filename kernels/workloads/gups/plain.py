"""The updates in plain Python, for devices of tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .stream import POLY

Words = npt.NDArray[np.uint64]
ALL_BITS = (1 << 64) - 1


def update(table: Words, streams: Words, mask: int, updates: int, start: int, stop: int) -> None:
    """Each part's table changed by its stream, whose last number is kept."""
    for part in range(start, stop):
        number = int(streams[part])
        for _ in range(updates):
            number = (number << 1 ^ (POLY if number >> 63 else 0)) & ALL_BITS
            table[part * (mask + 1) + (number & mask)] ^= np.uint64(number)
        streams[part] = number


def look(table: Words, streams: Words, mask: int, updates: int, start: int, stop: int) -> None:
    """The same places read."""
    for part in range(start, stop):
        number, total = int(streams[part]), 0
        for _ in range(updates):
            number = (number << 1 ^ (POLY if number >> 63 else 0)) & ALL_BITS
            total ^= int(table[part * (mask + 1) + (number & mask)])
        streams[part] = total
