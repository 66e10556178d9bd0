"""The product by the BLAS that numpy was built with: the fastest there is on a CPU, with threads of its own.

Also for devices of tests, which run plain Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def multiply(
    products: Any, lefts: Any, rights: Any, size: int, side: int, pair: int, count: int, start: int, stop: int
) -> None:
    """So many products of size × size, from pair number `pair` of the pool on: item by item, where an item is one."""
    each = size * size
    for place in range(start, min(stop, count)):
        left, right = (pair + place) % side, (pair + place) // side
        np.matmul(
            lefts[left * each : (left + 1) * each].reshape(size, size),
            rights[right * each : (right + 1) * each].reshape(size, size),
            out=products[place * each : (place + 1) * each].reshape(size, size),
        )
