"""The convolution in plain Python, for devices of tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from .definition import convolved
from .shape import CHANNELS, ITEMS, TAPS


def convolve(
    products: Any, images: Any, kernels: Any, size: int, side: int, pair: int, count: int, start: int, stop: int
) -> None:
    """So many products, from pair number `pair` of the pool on."""
    image, weights, each = (size + 2) ** 2 * CHANNELS, (TAPS * CHANNELS) ** 2, size * size * CHANNELS
    for place in range(count):
        left, right = (pair + place) % side, (pair + place) // side
        padded = images[left * image : (left + 1) * image].reshape(size + 2, size + 2, CHANNELS)
        group = kernels.dtype.name
        sums = convolved(
            padded.astype(np.int64), kernels[right * weights : (right + 1) * weights].astype(np.int64), group
        )
        first, last = place * each, (place + 1) * each
        begin, end = (max(first, min(last, at * each * count // ITEMS)) for at in (start, stop))
        products[begin:end] = sums.ravel()[begin - first : end - first]
