"""The operations in plain Python, for devices of tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .counts import BLOCK

Numbers = npt.NDArray[np.float64]


def copy(target: Numbers, older: Numbers, newer: Numbers, factor: float, start: int, stop: int) -> None:
    """target = older."""
    target[start:stop] = older[start:stop]


def mul(target: Numbers, older: Numbers, newer: Numbers, factor: float, start: int, stop: int) -> None:
    """target = factor · older."""
    target[start:stop] = factor * older[start:stop]


def add(target: Numbers, older: Numbers, newer: Numbers, factor: float, start: int, stop: int) -> None:
    """target = older + newer."""
    target[start:stop] = older[start:stop] + newer[start:stop]


def triad(target: Numbers, older: Numbers, newer: Numbers, factor: float, start: int, stop: int) -> None:
    """target = older + factor · newer."""
    target[start:stop] = older[start:stop] + factor * newer[start:stop]


def dot(sums: Numbers, older: Numbers, newer: Numbers, start: int, stop: int) -> None:
    """The sum of the products of each block, added to the sums of the passes before."""
    for block in range(start, stop):
        part = slice(block * BLOCK, (block + 1) * BLOCK)
        sums[block] += older[part] @ newer[part]
