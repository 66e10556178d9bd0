"""Taking samples, round by round, until the interval is narrow enough or time is up."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ...kernels.bounded import MOST_SAMPLES
from ...kernels.workloads.protocol import GathersEvidence
from ..machine.load import LoadMeter, Readings
from ..progress import Progress
from ..result.measurement import Round, Sample
from ..rounds.counted import with_counted
from ..rounds.interval import interval_of_samples
from .budget import left_s
from .plan import (
    FEWEST_ROUNDS,
    FEWEST_SAMPLES,
    FEWEST_SAMPLES_TO_KEEP,
    HALF_WIDTH,
    SHORTEST_SAMPLING_S,
    Plan,
)
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


@dataclass
class TakenRound:
    """A round as it is being taken: it began `start_s` seconds after the run, after a warm-up of `warmup_s`.

    `throttled_s`: CPU seconds that a quota held back until its last sample; None where nobody counts them. `clock_hz`:
    the working cores' clock right after it; None where nobody measured it.
    """

    start_s: float
    warmup_s: float
    taken: list[TimedSample] = field(default_factory=list)
    throttled_s: float | None = None
    clock_hz: float | None = None

    def record(self) -> Round:
        """As the result keeps it, before it is known whether it counts."""
        return Round(
            start_s=self.start_s,
            warmup_s=self.warmup_s,
            counted=True,
            left_out=None,
            throttled_s=self.throttled_s,
            clock_hz=self.clock_hz,
            samples=tuple(one.sample for one in self.taken),
        )


class Sampler:
    """Takes samples into `rounds`, where they stay whatever interrupts the sampling. `done`: no more are to be taken.

    `throttled` counts the CPU seconds that a quota has held back so far, None where nobody does; `cpus`: how many
    logical CPUs could be used.
    """

    def __init__(
        self,
        stopwatch: Stopwatch,
        meter: LoadMeter,
        plan: Plan,
        batch: int,
        throttled: Callable[[], float | None] = lambda: None,
        cpus: int | None = None,
    ) -> None:
        """A sampler of batches of that size."""
        self._stopwatch = stopwatch
        self._meter = meter
        self._plan = plan
        self._batch = batch
        self._throttled = throttled
        self._cpus = cpus
        self._sampled_s = 0.0
        self._unchecked_s = 0.0
        self.rounds: list[TakenRound] = []
        self.ended_early: str | None = None
        self.done = False

    @property
    def taken(self) -> list[TimedSample]:
        """The samples of all rounds, in order."""
        return [one for taken in self.rounds for one in taken.taken]

    @property
    def is_enough(self) -> bool:
        """Whether the samples taken give a rate, and what was counted proves something."""
        task = self._stopwatch.task
        gathered = not isinstance(task, GathersEvidence) or task.has_enough
        return gathered and self._count() >= FEWEST_SAMPLES_TO_KEEP

    def records(self) -> tuple[Round, ...]:
        """The rounds that have samples, and which of them count."""
        return with_counted([one.record() for one in self.rounds if one.taken])

    def sample(self, start_s: float, warmup_s: float, progress: Progress) -> None:
        """Take a round. Raises DeviceError, WrongResult; what was taken before is kept."""
        clock = self._stopwatch.clock
        current = TakenRound(start_s, warmup_s)
        self.rounds.append(current)
        # Of all samples' time, so that rounds which took a little long are made up for.
        until_s = self._plan.seconds * min(1.0, len(self.rounds) / self._plan.rounds)
        throttled_before = self._throttled()
        while not self.done:
            before, real_s = clock(), time.monotonic()
            taken = self._one_sample()
            current.taken.append(taken)
            now = clock()
            self._sampled_s += taken.sample.seconds
            self._unchecked_s += now - before
            progress.advance(now - before, taken.rate)
            if self._unchecked_s >= SPOT_CHECK_EVERY_S:
                self._stopwatch.task.spot_check()
                self._unchecked_s = 0.0
            current.throttled_s = _since(throttled_before, self._throttled())
            if self._sampled_s >= self._plan.seconds and self.is_enough:
                self.done = True
            elif self._stopwatch.task.is_full or self._count() >= MOST_SAMPLES:
                self.done, self.ended_early = (
                    True,
                    "a result holds no more of a device this fast; give a shorter time (-t)",
                )
            # What was sampled must not be lost to the end of the device's time (see `budget`).
            elif left_s(math.inf) < TIME_TO_END_S + self._plan.warmup_again_s + 3 * (time.monotonic() - real_s):
                self.done = True
                self.ended_early = "getting ready took the device's time; give it more of that (-t 300)"
            # A device that is slower than it was before the samples goes on in its last round.
            elif self._sampled_s >= until_s and len(self.rounds) < self._plan.rounds:
                break
        self.done = self.done or (self._plan.until_narrow and self.is_enough and self._narrow())

    def _count(self) -> int:
        return sum(len(one.taken) for one in self.rounds)

    def _one_sample(self) -> TimedSample:
        self._meter.start()
        batches = [self._stopwatch.run(self._batch) for _ in range(self._plan.batches_per_sample)]
        readings = self._meter.stop()
        self._stopwatch.task.count(self._count())
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

    def _narrow(self) -> bool:
        counted = [one.samples for one in self.records() if one.counted]
        enough = len(counted) >= FEWEST_ROUNDS and sum(map(len, counted)) >= FEWEST_SAMPLES
        if not enough or self._sampled_s < SHORTEST_SAMPLING_S:
            return False
        return interval_of_samples(counted, self._cpus).half_width <= HALF_WIDTH


def _since(before: float | None, now: float | None) -> float | None:
    return None if before is None or now is None else max(0.0, now - before)


def _device_seconds(batches: list[Timed]) -> float | None:
    """The sum of what the device says, None as soon as one of its words is missing or makes no sense."""
    words = [batch.device_s for batch in batches]
    told = [word for word in words if word is not None and math.isfinite(word) and 0 <= word <= LONGEST_S]
    total = math.fsum(told)
    return total if len(told) == len(words) and total <= LONGEST_S else None
