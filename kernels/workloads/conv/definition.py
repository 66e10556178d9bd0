"""The convolution, as it is defined: direct loops over the taps, on numbers that are added exactly."""

from __future__ import annotations

from typing import Any

import numpy as np

from .shape import BLOCK, CHANNELS, GROUPED, TAPS


def convolved(padded: Any, weights: Any, number: str) -> Any:
    """The sums (rows × columns × channels) of an image with its border (rows + 2 × columns + 2 × channels).

    `weights` lie as devices have them: blocks of output channels × taps × groups × channels of the block × group.
    """
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    taps = weights_by_tap(weights, number)
    sums = np.zeros((rows, columns, CHANNELS), padded.dtype)
    for tap in range(TAPS * TAPS):
        y, x = divmod(tap, TAPS)
        window = padded[y : y + rows, x : x + columns].reshape(-1, CHANNELS)
        sums += (window @ taps[tap]).reshape(sums.shape)
    return sums


def weights_by_tap(weights: Any, number: str) -> Any:
    """The weights as taps × input channels × output channels."""
    group = GROUPED[number]
    lying = weights.reshape(CHANNELS // BLOCK, TAPS * TAPS, CHANNELS // group, BLOCK, group)
    return lying.transpose(1, 2, 4, 0, 3).reshape(TAPS * TAPS, CHANNELS, CHANNELS)
