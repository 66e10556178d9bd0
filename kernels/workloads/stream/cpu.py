"""The triad for the CPU, compiled by Numba."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...cpu.past_cache import order_stores, store_past_cache

Numbers = npt.NDArray[np.float64]


def triad(target: Numbers, older: Numbers, newer: Numbers, factor: float, start: int, stop: int) -> None:
    """target = older + factor · newer, stored past the caches: STREAM's arrays do not fit them anyway."""
    # Indices that may be negative, as `start` may for all that Numba knows, would keep it from using vectors.
    into, one, other = target[start:stop], older[start:stop], newer[start:stop]
    for index in range(len(into)):
        store_past_cache(into, index, one[index] + factor * other[index])
    order_stores()
