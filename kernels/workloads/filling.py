"""Filling a device's arrays with a short pattern over and over: written once, and copied on by the device itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..device import BufferId, Executor


def fill(device: Executor, buffer: BufferId, pattern: NDArray[Any], items: int) -> None:
    """Make a buffer's first `items` numbers the pattern, repeated without end. Raises DeviceError."""
    first = np.ascontiguousarray(pattern[:items])
    device.write(buffer, 0, first.tobytes())
    device.repeat(buffer, first.nbytes, items * first.itemsize)
