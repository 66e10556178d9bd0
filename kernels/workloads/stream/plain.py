"""The triad in plain Python, for devices of tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def triad(target: Numbers, older: Numbers, newer: Numbers, factor: float, start: int, stop: int) -> None:
    """target = older + factor · newer."""
    target[start:stop] = older[start:stop] + factor * newer[start:stop]
