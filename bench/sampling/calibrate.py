"""Finding the batch size that takes about as long as a sample should."""

from __future__ import annotations

import math
from typing import NamedTuple

from .stopwatch import Stopwatch, Timed

# The largest step upwards: a first batch may be dear (lazy compilation) or far too small to tell a rate.
MOST_DOUBLINGS_AT_ONCE = 5
# A batch that has less than this share of the best rate so far was disturbed, and is tried again so many times.
DISTURBED = 0.5
MOST_DISTURBED = 3


class Calibrated(NamedTuple):
    """The size of a batch, about how fast batches are (units a second), and about how long one takes."""

    batch: int
    rate: float
    batch_s: float


def calibrate(stopwatch: Stopwatch, target_s: float) -> Calibrated:
    """The power of two whose batch takes nearest to `target_s` seconds (within a factor of √2, bounds aside).

    Powers of two divide a space of inputs that is one, so that no sample is ever cut short by its end.
    """
    largest = stopwatch.task.largest_batch
    batch = smallest = min(stopwatch.task.smallest_batch, largest)
    best = stopwatch.run(batch).rate
    while True:
        timed = _undisturbed(stopwatch, batch, best)
        best, seconds = max(best, timed.rate), timed.seconds
        stopwatch.task.drop()
        missing = math.log2(target_s / seconds)
        if missing <= 0.5 or batch >= largest:
            # One step back when the last one went too far.
            found = max(batch >> 1, 1) if missing < -0.5 and batch > smallest else batch
            return Calibrated(found, timed.rate, seconds * found / batch)
        batch = min(largest, batch << max(1, min(MOST_DOUBLINGS_AT_ONCE, math.floor(missing))))


def _undisturbed(stopwatch: Stopwatch, batch: int, best: float) -> Timed:
    """A batch; where it is far slower than smaller ones were, others had the processor: the fastest of some then.

    A batch that is small for its work, since it was tried in a bad moment, would leave hardly any work to be counted.
    """
    timed = stopwatch.run(batch)
    for _ in range(MOST_DISTURBED):
        if timed.rate >= DISTURBED * best:
            break
        timed = max(timed, stopwatch.run(batch), key=lambda one: one.rate)
    return timed
