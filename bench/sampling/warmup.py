"""Running until clocks, caches and the driver have settled."""

from __future__ import annotations

from dataclasses import dataclass

from ...kernels.workloads.protocol import GathersEvidence, LendsMemory, Task
from ..progress import Progress
from .stopwatch import Stopwatch

WINDOW = 5
# The last batches may differ by this much, relative to their middle one.
SPREAD = 0.02
# Caches are full again within some thousandths of a second, which are little of a batch that takes so long, or longer
# than the warm-up may.
LONG_BATCH_S, SHORTEST_LONG_BATCH_S = 0.3, 0.1
CACHES_PART = 4


@dataclass(frozen=True)
class Warmup:
    """How long the warm-up took, and the last batches' middle rate (units a second)."""

    seconds: float
    batches: int
    rate: float


def warm_up(stopwatch: Stopwatch, batch: int, longest_s: float, progress: Progress) -> Warmup:
    """Run batches until the last five differ by less than 2 %, for `longest_s` seconds at most."""
    started = stopwatch.clock()
    rates: list[float] = []
    while True:
        timed = stopwatch.run(batch)
        stopwatch.task.drop()
        rates.append(timed.rate)
        progress.advance(timed.seconds, timed.rate)
        last = sorted(rates[-WINDOW:])
        elapsed = stopwatch.clock() - started
        settled = len(last) == WINDOW and last[-1] - last[0] <= SPREAD * last[WINDOW // 2]
        if settled or elapsed >= longest_s:
            return Warmup(elapsed, len(rates), last[len(last) // 2])


def begins_at_once(task: Task, batch_s: float, longest_s: float) -> bool:
    """Whether work on the host's cores needs no warm-up, of `longest_s` at most.

    So it is where a batch takes so long that full caches are nothing of it, but not where memory has rested (see
    `warming_batch`).
    """
    return not isinstance(task, LendsMemory) and batch_s >= min(LONG_BATCH_S, max(longest_s, SHORTEST_LONG_BATCH_S))


def warming_batch(task: Task, batch: int) -> int:
    """The batch that warms up where the device is the host's own cores, before one that is sampled.

    Large arrays are used whole: a virtual machine's host holds up memory that has rested for a second or more at its
    next use, which on one of them made stream half as fast (see docs/suite.md).
    """
    if isinstance(task, LendsMemory):
        return max(batch, task.whole_pass)
    if isinstance(task, GathersEvidence):
        return batch
    return max(batch // CACHES_PART, min(batch, task.smallest_batch))


def warm_up_again(
    stopwatch: Stopwatch,
    batch: int,
    before: float,
    longest_s: float,
    progress: Progress,
    batch_s: float = 0.0,
    on_host_cores: bool = False,
) -> Warmup:
    """Run batches until one is about as fast as `before` (units a second), for `longest_s` seconds at most.

    `batch_s`: what the last one took.

    One batch at least: whatever worked meanwhile has the caches. What comes after is sampled whatever its rate. Where
    the device is the host's own cores, which have been at work all the time, a part of a batch fills the caches, or
    none (see `begins_at_once`, `warming_batch`).
    """
    if on_host_cores and begins_at_once(stopwatch.task, batch_s, longest_s):
        return Warmup(0.0, 0, before)
    if on_host_cores:
        batch = warming_batch(stopwatch.task, batch)
    started = stopwatch.clock()
    batches = 0
    while True:
        timed = stopwatch.run(batch)
        stopwatch.task.drop()
        batches += 1
        progress.advance(timed.seconds, timed.rate)
        elapsed = stopwatch.clock() - started
        if timed.rate >= (1 - SPREAD) * before or elapsed >= longest_s:
            return Warmup(elapsed, batches, timed.rate)
