"""Courses of a rate over time: what a machine would do at any moment, alike for whoever measures it.

A `Course` is relative: 1 is the device's nominal rate. It tells what holds of it as the truth, which is either the mean
over all time (where the course comes and goes as it always will), or the mean over the time that was looked at (where
it moves once: nobody can know what comes after).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The courses' resolution, and how long they are: more than a run of five seconds takes with its pauses.
STEP_S = 0.05
LENGTH_S = 20.0
STEPS = round(LENGTH_S / STEP_S)
# The machine of the simulation, for loads.
CPUS = 2.0
# How far quiet runs of one machine lie apart (standard deviation), which nothing within a run shows.
BETWEEN_RUNS = 0.003
# The same of virtual machines with neighbours: see BETWEEN_RUNS_VIRTUAL in bench/rounds/interval.py.
BETWEEN_VIRTUAL_RUNS = 0.0135
# Made by `python -m tests.simulations.record`; it names its machine.
RECORDED = Path(__file__).with_name("recorded.json")


@dataclass(frozen=True)
class Course:
    """Rates relative to the nominal one, and the CPUs that others took, each for STEP_S seconds.

    `all_time`: the mean rate over all time, of this run and others; None where only the time looked at has one.
    `undisturbed`: the same at moments in which nobody else is about, where that is another. `virtual`: whether the
    machine is a virtual one. `clock`: the cores' clock relative to the nominal one, where it is measured.
    """

    rates: Floats
    other_load: Floats
    all_time: float | None = 1.0
    undisturbed: float | None = None
    virtual: bool = False
    clock: Floats | None = None


Shape = Callable[[Generator], Course]


def quiet(random: Generator) -> Course:
    """Nobody about: noise from moment to moment, a little from second to second, and a little from run to run."""
    return Course(_noise(random), np.zeros(STEPS))


def virtual(random: Generator) -> Course:
    """Nobody about that a guest could see, and neighbours on the same hardware: more from run to run."""
    return Course(_noise(random, BETWEEN_VIRTUAL_RUNS), np.zeros(STEPS), virtual=True)


def slow_drift(random: Generator) -> Course:
    """The rate moves by up to 5 % in ten seconds, steadily or to and fro."""
    time_s = np.arange(STEPS) * STEP_S
    if random.random() < 0.5:
        drift = 1 + random.uniform(-0.005, 0.005) * time_s
    else:
        period_s, phase = random.uniform(8, 60), random.uniform(0, 2 * np.pi)
        drift = 1 + random.uniform(0.005, 0.025) * np.sin(2 * np.pi * time_s / period_s + phase)
    return Course(_noise(random) * drift, np.zeros(STEPS), all_time=None)


def steps(random: Generator) -> Course:
    """The rate falls or rises by 1 to 20 % at one or two moments: a turbo that ends, a limit that is hit."""
    return _steps(random, told=False)


def _steps(random: Generator, told: bool) -> Course:
    level = np.ones(STEPS)
    for _ in range(random.integers(1, 3)):
        level[round(random.uniform(0, 10) / STEP_S) :] *= 1 - random.uniform(0.01, 0.2) * random.choice([1, -1])
    return Course(_noise(random) * level, np.zeros(STEPS), all_time=None, clock=level if told else None)


def steps_of_the_clock(random: Generator) -> Course:
    """The same, where the clock is measured after each round."""
    return _steps(random, told=True)


def heavy_tails(random: Generator) -> Course:
    """About once a second it stands still for a while, mostly for 10 ms and sometimes for long (Pareto, index 3)."""
    return _stalling(random, every_s=1.0, least_s=0.01, index=3.0)


def rare_long_stalls(random: Generator) -> Course:
    """The same beyond what a run of five seconds can tell: fewer stalls, of which a few long ones make up the mean."""
    return _stalling(random, every_s=1.5, least_s=0.02, index=2.5)


def _stalling(random: Generator, every_s: float, least_s: float, index: float) -> Course:
    stalled = np.zeros(STEPS)
    now_s = -5.0
    while now_s < LENGTH_S:
        now_s += random.exponential(every_s)
        length_s = least_s * (1 + random.pareto(index))
        edges = np.clip((np.arange(STEPS + 1) * STEP_S - now_s) / length_s, 0, 1)
        stalled += np.diff(edges) * length_s / STEP_S
        now_s += length_s
    mean_s = least_s * index / (index - 1)
    return Course(_noise(random) * (1 - np.clip(stalled, 0, 1)), np.zeros(STEPS), every_s / (every_s + mean_s))


def steady_contention(random: Generator) -> Course:
    """Busy programs beside it all the time: the scheduler's slices come and go within fractions of a second."""
    share = 0.5 + 0.08 * _coming_and_going(random, 0.3)
    taken = np.clip(share, 0.05, 0.95)
    return Course(_noise(random) * (1 - taken), CPUS * taken, all_time=0.5)


def bursts_of_contention(random: Generator) -> Course:
    """Another program works for a second or two, every six or so, and takes up to one of the CPUs meanwhile."""
    busy_s, pause_s, taken = 1.5, 4.5, np.zeros(STEPS)
    now_s = random.uniform(-6, 0)
    while now_s < LENGTH_S:
        length_s = random.exponential(busy_s)
        first, last = (round(max(0.0, moment) / STEP_S) for moment in (now_s, now_s + length_s))
        taken[first:last] = random.uniform(0.3, 1.0) / CPUS
        now_s += length_s + random.exponential(pause_s)
    return Course(_noise(random) * (1 - taken), CPUS * taken, all_time=None, undisturbed=1.0)


def two_levels(random: Generator) -> Course:
    """For one second in four a fifth of the rate, as of xmrig #3706; nobody else is about."""
    at_s = (np.arange(STEPS) * STEP_S + random.uniform(0, 4)) % 4
    return Course(_noise(random) * np.where(at_s >= 3, 0.2, 1.0), np.zeros(STEPS), all_time=0.8)


def recorded(random: Generator) -> Course:
    """A stretch of a real run beside other programs, from a moment at random; the recording's end joins its start."""
    return _stretch(random, "rates", "other_load")


def recorded_by_cpu(random: Generator) -> Course:
    """The same by the CPU seconds that it took: what is left of the coming and going where nobody takes the CPUs."""
    return _stretch(random, "rates_by_cpu", None)


def _stretch(random: Generator, rates: str, load: str | None) -> Course:
    kept = json.loads(RECORDED.read_text(encoding="utf-8"))
    ends = np.cumsum(kept["seconds"])
    at_s = (np.arange(STEPS) * STEP_S + random.uniform(0, ends[-1])) % ends[-1]
    sample = np.minimum(np.searchsorted(ends, at_s, side="right"), len(ends) - 1)
    mean = float(np.average(kept[rates], weights=kept["seconds"]))
    between = float(np.exp(random.normal(0, BETWEEN_RUNS)))
    taken = np.zeros(STEPS) if load is None else np.asarray(kept[load])[sample]
    return Course(np.asarray(kept[rates])[sample] / mean * between, taken)


def _noise(random: Generator, between_runs: float = BETWEEN_RUNS) -> Floats:
    """What no machine is without: independent from step to step, and correlated over a second or so."""
    between = random.normal(0, between_runs)
    fast = random.normal(0, 0.015, STEPS)
    return np.exp(between + fast + 0.002 * _coming_and_going(random, 2.0) - 0.015**2 / 2)


def _coming_and_going(random: Generator, memory_s: float) -> Floats:
    """A course around 0 with standard deviation 1 that forgets itself within so many seconds."""
    kept = float(np.exp(-STEP_S / memory_s))
    pushes = random.normal(0, np.sqrt(1 - kept**2), STEPS)
    value, values = random.normal(), np.empty(STEPS)
    for index, push in enumerate(pushes):
        value = kept * value + push
        values[index] = value
    return values


SHAPES: dict[str, Shape] = {
    "quiet": quiet,
    "virtual, quiet": virtual,
    "slow drift": slow_drift,
    "steps": steps,
    "steps of the clock": steps_of_the_clock,
    "heavy tails": heavy_tails,
    "steady contention": steady_contention,
    "bursts of contention": bursts_of_contention,
    "two levels": two_levels,
    "recorded": recorded,
    "recorded, by CPU time": recorded_by_cpu,
}
# Where the bar is not met, and cannot be by what a run sees: shown beside the others, and never counted among them.
BEYOND: dict[str, Shape] = {"rare long stalls": rare_long_stalls}
