"""Timing batches of work: the only place where a clock runs around the device."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ...kernels.errors import DeviceCrashed, DeviceError, DeviceHung, WrongResult
from ...kernels.workloads.protocol import Task

Clock = Callable[[], float]

# A launch that fails now and then is repeated and reported; a device that goes on failing is given up.
MOST_FAILED_BATCHES = 3


@dataclass(frozen=True)
class Timed:
    """A batch that was done: how much, in how many seconds, and what the device says of them."""

    amount: int
    seconds: float
    device_s: float | None

    @property
    def rate(self) -> float:
        """Units of work a second."""
        return self.amount / self.seconds


class Stopwatch:
    """Runs batches of a workload and times them; failed batches are repeated, counted and never timed."""

    def __init__(self, task: Task, clock: Clock = time.perf_counter) -> None:
        """A stopwatch for `task`; `clock` gives seconds."""
        self.task = task
        self.clock = clock
        self.failed_batches = 0

    def run(self, batch: int) -> Timed:
        """Do one batch. Raises DeviceError when too many have failed by now, or the device is gone."""
        while True:
            self.task.ready(batch)
            started = self.clock()
            try:
                work = self.task.run(batch)
            except (DeviceHung, DeviceCrashed, WrongResult):
                raise
            except DeviceError:
                self.failed_batches += 1
                if self.failed_batches > MOST_FAILED_BATCHES:
                    raise
                continue
            # A clock too coarse to see the batch must not make its rate infinite.
            return Timed(work.amount, max(self.clock() - started, 1e-9), work.device_s)
