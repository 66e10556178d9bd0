"""Runs on simulated machines: the rounds that the harness would have stored of them, and what is true of the rate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.random import Generator

from hashwatt.bench.result.measurement import Round, Sample

from .courses import CPUS, LENGTH_S, STEP_S, STEPS, Course, Shape

# As a run of `-t 5` plans it, see bench/sampling/plan.py.
SECONDS = 5.0
ROUNDS = 6
SAMPLE_S = 0.25
PAUSE_S = 0.3
# Units of work a second at the nominal rate: large, since amounts are whole numbers.
NOMINAL = 1e9
# The cores' nominal clock, and how far one measurement of it lies from the clock (relative).
CLOCK_HZ, CLOCK_NOISE = 3e9, 0.003


@dataclass(frozen=True)
class SimulatedRun:
    """The rounds of a run, none left out yet, and the course that they were taken from.

    `rate`: the nominal rate, in units of work a second.
    """

    rounds: tuple[Round, ...]
    course: Course
    rate: float

    @property
    def span(self) -> slice:
        """The steps of the course from the first sample to the last."""
        last = self.rounds[-1]
        ended_s = (last.start_s or 0.0) + sum(sample.seconds for sample in last.samples)
        return slice(int((self.rounds[0].start_s or 0.0) / STEP_S), int(ended_s / STEP_S) + 1)

    def cut(self, rounds: int) -> SimulatedRun:
        """The same run, had it ended after so many rounds."""
        return replace(self, rounds=self.rounds[:rounds])

    def truth(self, counted: tuple[Round, ...]) -> float:
        """The rate that the counted rounds are to tell, in units a second.

        Where the course comes and goes: its mean over all time; its undisturbed mean, where disturbed rounds were left
        out or none were seen. Else the mean over the time from the first sample to the last.
        """
        course = self.course
        loads = [sample.other_load or 0.0 for one in self.rounds for sample in one.samples]
        if course.undisturbed is not None and (len(counted) < len(self.rounds) or not any(loads)):
            return self.rate * course.undisturbed
        if course.all_time is not None:
            return self.rate * course.all_time
        return self.rate * float(course.rates[self.span].mean())


def simulated_run(
    shape: Shape,
    random: Generator,
    *,
    rate: float = NOMINAL,
    seconds: float = SECONDS,
    rounds: int = ROUNDS,
    pause_s: float = PAUSE_S,
) -> SimulatedRun:
    """A run of so many rounds, `seconds` of samples in all, `pause_s` apart, on a machine of that shape.

    Two calls with one shape are two runs of the same machine; another `rate` is another program on it.
    """
    course = shape(random)
    work = np.concatenate([[0.0], np.cumsum(course.rates) * STEP_S])
    moments = np.arange(STEPS + 1) * STEP_S
    now_s = random.uniform(0.5, 2.0)
    sampled_s = 0.0
    taken: list[Round] = []
    for number in range(1, rounds + 1):
        start_s = now_s
        samples: list[Sample] = []
        while not samples or sampled_s < seconds * number / rounds:
            done = float(np.interp(now_s, moments, work))
            end_s = float(np.interp(done + SAMPLE_S, work, moments))
            # Where all stands still for long, the course's end is the sample's.
            end_s = max(end_s, now_s + 1e-3)
            samples.append(_sample(course, now_s, end_s, rate * (float(np.interp(end_s, moments, work)) - done)))
            sampled_s += end_s - now_s
            now_s = end_s
        clock_hz = None
        if course.clock is not None:
            at_end = float(course.clock[min(STEPS - 1, int(now_s / STEP_S))])
            clock_hz = CLOCK_HZ * at_end * float(np.exp(random.normal(0, CLOCK_NOISE)))
        one = Round(start_s=start_s, warmup_s=pause_s, counted=True, left_out=None, samples=tuple(samples))
        taken.append(msgspec.structs.replace(one, clock_hz=clock_hz))
        now_s += pause_s
        if now_s >= LENGTH_S - 1:
            break
    return SimulatedRun(tuple(taken), course, rate)


def _sample(course: Course, start_s: float, end_s: float, amount: float) -> Sample:
    part = slice(int(start_s / STEP_S), max(int(start_s / STEP_S) + 1, int(end_s / STEP_S)))
    load = float(course.other_load[part].mean())
    return Sample(
        amount=max(1, round(amount)),
        seconds=end_s - start_s,
        device_s=None,
        cpu_s=(end_s - start_s) * (CPUS - load),
        clock_hz=None,
        temperature_c=None,
        other_load=load,
        stolen_load=0.0,
    )
