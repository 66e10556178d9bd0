"""Taking samples until the interval is narrow enough, or time is up."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from ...kernels.bounded import MOST_SAMPLES
from ..machine.load import LoadMeter, Readings
from ..progress import Progress
from ..result.measurement import Sample
from ..statistics import ratio_interval
from .budget import left_s
from .plan import FEWEST_SAMPLES, HALF_WIDTH, SHORTEST_SAMPLING_S, Plan
from .stopwatch import Stopwatch, Timed

SPOT_CHECK_EVERY_S = 2.0
# For the last check of the device's answers.
TIME_TO_END_S = 1.0
# The model's own bound.
LONGEST_S = 1e9


@dataclass(frozen=True)
class TimedSample:
    """A sample as it was timed, and what was seen around it."""

    sample: Sample
    readings: Readings

    @property
    def rate(self) -> float:
        """Units of work a second."""
        return self.sample.amount / self.sample.seconds


class Sampler:
    """Takes samples into `taken`, where they stay whatever interrupts the sampling."""

    def __init__(self, stopwatch: Stopwatch, meter: LoadMeter, plan: Plan, batch: int) -> None:
        """A sampler of batches of that size."""
        self._stopwatch = stopwatch
        self._meter = meter
        self._plan = plan
        self._batch = batch
        self.taken: list[TimedSample] = []
        self.ended_early: str | None = None

    def sample(self, progress: Progress) -> None:
        """Sample until done. Raises DeviceError, WrongResult; what was taken before is kept."""
        clock = self._stopwatch.clock
        started = checked = clock()
        while True:
            before, real_s = clock(), time.monotonic()
            taken = self._one_sample()
            self.taken.append(taken)
            now = clock()
            progress.advance(now - before, taken.rate)
            if now - checked >= SPOT_CHECK_EVERY_S:
                self._stopwatch.task.spot_check()
                checked = now
            if now - started >= self._plan.seconds or (self._plan.until_narrow and self._narrow(now - started)):
                return
            if self._stopwatch.task.is_full or len(self.taken) >= MOST_SAMPLES:
                self.ended_early = "a result holds no more of a device this fast; give a shorter time (-t)"
                return
            # What was sampled must not be lost to the end of the device's time (see `budget`).
            if left_s(math.inf) < TIME_TO_END_S + 2 * (time.monotonic() - real_s):
                self.ended_early = "getting ready took the device's time; name it (-d), which gives it more"
                return

    def _one_sample(self) -> TimedSample:
        self._meter.start()
        batches = [self._stopwatch.run(self._batch) for _ in range(self._plan.batches_per_sample)]
        readings = self._meter.stop()
        self._stopwatch.task.count(len(self.taken))
        return TimedSample(
            Sample(
                amount=sum(batch.amount for batch in batches),
                seconds=math.fsum(batch.seconds for batch in batches),
                device_s=_device_seconds(batches),
                cpu_s=readings.working_cpu_s,
                clock_hz=readings.clock_hz,
                temperature_c=readings.temperature_c,
                other_load=readings.other_load,
                stolen_load=readings.stolen_load,
            ),
            readings,
        )

    def _narrow(self, elapsed_s: float) -> bool:
        if len(self.taken) < FEWEST_SAMPLES or elapsed_s < SHORTEST_SAMPLING_S:
            return False
        samples = [taken.sample for taken in self.taken]
        amounts, seconds = [sample.amount for sample in samples], [sample.seconds for sample in samples]
        return ratio_interval(amounts, seconds).half_width <= HALF_WIDTH


def _device_seconds(batches: list[Timed]) -> float | None:
    """The sum of what the device says, None as soon as one of its words is missing or makes no sense."""
    words = [batch.device_s for batch in batches]
    told = [word for word in words if word is not None and math.isfinite(word) and 0 <= word <= LONGEST_S]
    total = math.fsum(told)
    return total if len(told) == len(words) and total <= LONGEST_S else None
