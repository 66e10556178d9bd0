"""Finding the batch size that takes about as long as a sample should."""

from __future__ import annotations

import math
from typing import NamedTuple

from .stopwatch import Stopwatch

# The largest step upwards: a first batch may be dear (lazy compilation) or far too small to tell a rate.
MOST_DOUBLINGS_AT_ONCE = 5


class Calibrated(NamedTuple):
    """The size of a batch, and about how fast batches are, in units a second."""

    batch: int
    rate: float


def calibrate(stopwatch: Stopwatch, target_s: float) -> Calibrated:
    """The power of two whose batch takes nearest to `target_s` seconds (within a factor of √2, bounds aside).

    Powers of two divide a space of inputs that is one, so that no sample is ever cut short by its end.
    """
    largest = stopwatch.task.largest_batch
    batch = smallest = min(stopwatch.task.smallest_batch, largest)
    stopwatch.run(batch)
    while True:
        timed = stopwatch.run(batch)
        seconds = timed.seconds
        stopwatch.task.drop()
        missing = math.log2(target_s / seconds)
        if missing <= 0.5 or batch >= largest:
            # One step back when the last one went too far.
            return Calibrated(max(batch >> 1, 1) if missing < -0.5 and batch > smallest else batch, timed.rate)
        batch = min(largest, batch << max(1, min(MOST_DOUBLINGS_AT_ONCE, math.floor(missing))))
