"""Filling a device's arrays with a short pattern over and over, copied rather than reckoned number by number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIECE_BYTES = 16 << 20


def pieces_of(pattern: NDArray[Any], items: int, piece_bytes: int = PIECE_BYTES) -> Iterator[tuple[int, bytes]]:
    """The numbers 0 … `items` of a pattern repeated without end: where each piece begins, in bytes, and the piece."""
    step = max(1, piece_bytes // pattern.itemsize)
    repeated = np.resize(pattern, min(items, step) + len(pattern))
    for first in range(0, items, step):
        begin = first % len(pattern)
        yield first * pattern.itemsize, repeated[begin : begin + min(step, items - first)].tobytes()
