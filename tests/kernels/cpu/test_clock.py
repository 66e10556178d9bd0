"""A clock is judged by the steps that it makes, and what is too short for it is done until it has moved."""

from __future__ import annotations

import math
import time

import pytest

from hashwatt.kernels.cpu import bursts, placement, race, roof
from hashwatt.kernels.cpu.cores import clock
from hashwatt.kernels.cpu.cores.topology import Topology
from hashwatt.kernels.cpu.jit import compile_variant
from hashwatt.kernels.cpu.workers import Workers
from hashwatt.kernels.errors import DeviceError

from .quick import QUICK

pytestmark = pytest.mark.elsewhere

WINDOWS_STEP_S = 0.015625
FINE = getattr(time, "thread_time", time.perf_counter)


def coarse() -> float:
    """The thread's CPU time as Windows counts it."""
    return math.floor(FINE() / WINDOWS_STEP_S) * WINDOWS_STEP_S


def test_a_clock_that_steps_by_16_ms_is_not_taken_whatever_it_says_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not clock.steps_finely(coarse)
    monkeypatch.setattr(time, "thread_time", coarse)
    assert clock.finest_clock() is time.perf_counter


def test_a_clock_that_steps_finely_is_taken() -> None:
    assert clock.steps_finely(time.perf_counter)


def test_a_system_without_a_clock_of_threads_has_one_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(time, "thread_time")
    assert clock.finest_clock() is time.perf_counter


def test_short_work_is_done_until_the_clock_has_moved() -> None:
    done: list[None] = []
    times, seconds = clock.timed(lambda: done.append(None), coarse)
    assert len(done) == times
    assert seconds >= WINDOWS_STEP_S


def test_a_clock_that_stands_still_is_an_error_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "MOST_TIMES", 100)
    with pytest.raises(DeviceError, match="clock stands still"):
        clock.timed(lambda: None, lambda: 1.0)


def test_race_and_roof_find_no_absurd_rates_by_a_coarse_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = race._best_rates([compile_variant(QUICK)])[0]
    monkeypatch.setattr(clock, "thread_seconds", coarse)
    monkeypatch.setattr(bursts, "thread_seconds", coarse)
    monkeypatch.setattr(roof, "TRIALS", 1)
    monkeypatch.setattr(race, "ROUNDS", 2)
    # What ends within a step counts as a whole one: too slow is possible, and a million times too fast is not.
    assert 0 < race._best_rates([compile_variant(QUICK)])[0] < 10 * fine
    workers = Workers((0,), pin=False)
    try:
        assert 0 < roof.measure_roof(QUICK, 1, workers).rate_per_s < 1e9
    finally:
        workers.close()


def test_placement_survives_a_clock_that_is_coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "perf_counter", coarse_wall())
    monkeypatch.setattr(placement, "TRIALS", 1)
    monkeypatch.setattr(placement, "TRIAL_NONCES", 1 << 12)
    assert placement.place(Topology(((0, 1),), (), None), None, compile_variant(QUICK)).cpus


def coarse_wall() -> clock.Clock:
    fine = time.perf_counter
    return lambda: math.floor(fine() / WINDOWS_STEP_S) * WINDOWS_STEP_S
