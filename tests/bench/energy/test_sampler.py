from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from hashwatt.bench.energy import sampler as energy_sampler
from hashwatt.bench.energy.joules.record import energy_record
from hashwatt.bench.energy.meter import Counter, Meter, MeterError, MeterFound, MeterInfo, Reading, Scope
from hashwatt.bench.energy.meters.estimated import from_text
from hashwatt.bench.energy.sampler import MeterSampler, read_once
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.fakes.device import VirtualClock

from .readings import ABOUT_IT, PLAIN

QUICK = replace(PLAIN, counters=(Counter("it", 0.001, 1000.0),), interval_s=0.02, deadline_s=0.5)


class Played:
    """A meter that does what it is told to."""

    def __init__(self, info: MeterInfo, read: Callable[[], Reading]) -> None:
        self.info = info
        self.closed = False
        self._read = read

    def read(self) -> Reading:
        return self._read()

    def close(self) -> None:
        self.closed = True


def fifty_watts() -> Reading:
    return Reading((time.perf_counter() * 50,))


def found(read: Callable[[], Reading] = fifty_watts, info: MeterInfo = QUICK) -> MeterFound:
    return MeterFound(info, lambda: Played(info, read))


def test_a_window_has_readings_on_both_sides_of_its_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    real = SimpleNamespace(monotonic=time.monotonic, thread_time=time.thread_time, sleep=clock.spend)
    monkeypatch.setattr(energy_sampler, "time", real)
    with MeterSampler([found(lambda: Reading((clock.now() * 50,)))], clock.now) as sampler:
        clock.spend(1.0)
        window = sampler.window(0.3)
        points = sampler.points(QUICK.id)
    assert any(point.after_s <= window.start_s for point in points)
    assert any(point.before_s >= window.end_s for point in points)
    record = energy_record(QUICK, points, window, ABOUT_IT)
    assert window.seconds == pytest.approx(0.3)
    assert record.gross_j == pytest.approx(15.0, rel=1e-3)
    assert record.gaps == 0


def test_the_cost_of_reading_is_measured_and_small() -> None:
    with MeterSampler([found()]) as sampler:
        window = sampler.window(1.0)
        points = sampler.points(QUICK.id)
    cost_s = energy_record(QUICK, points, window, ABOUT_IT).meter_cpu_s
    assert cost_s is not None
    assert 0 < cost_s < 0.05


def test_a_meter_that_never_answers_keeps_nobody_waiting_for_long() -> None:
    never = threading.Event()

    def hang() -> Reading:
        never.wait(30)
        return Reading((0.0,))

    slow = replace(QUICK, id="test:slow")
    started = time.monotonic()
    with MeterSampler([found(), found(hang, slow)]) as sampler:
        window = sampler.window(0.2)
        quick_points, slow_points = sampler.points(QUICK.id), sampler.points(slow.id)
    assert time.monotonic() - started < 20
    assert energy_record(QUICK, quick_points, window, ABOUT_IT).gross_j is not None
    assert energy_record(slow, slow_points, window, ABOUT_IT).gross_j is None
    never.set()


@pytest.mark.parametrize("failure", [MeterError("gone"), ValueError("a mistake")])
def test_a_meter_that_fails_leaves_its_reason(failure: Exception) -> None:
    def fail() -> Reading:
        raise failure

    with MeterSampler([found(fail)]) as sampler:
        window = sampler.window(0.1)
        points = sampler.points(QUICK.id)
    assert str(failure) in (energy_record(QUICK, points, window, ABOUT_IT).reason or "")


def test_a_meter_that_lacks_memory_says_so() -> None:
    def fail() -> Reading:
        raise MemoryError

    with MeterSampler([found(fail)]) as sampler:
        window = sampler.window(0.1)
        points = sampler.points(QUICK.id)
    assert "gave no more memory" in (energy_record(QUICK, points, window, ABOUT_IT).reason or "")


def test_a_meter_that_cannot_be_opened_leaves_its_reason() -> None:
    def refuse() -> Meter:
        raise MeterError("no handle")

    with MeterSampler([MeterFound(QUICK, refuse)]) as sampler:
        window = sampler.window(0.05)
        points = sampler.points(QUICK.id)
    assert "no handle" in (energy_record(QUICK, points, window, ABOUT_IT).reason or "")


def test_meters_are_closed_at_the_end() -> None:
    meter = Played(QUICK, fifty_watts)
    with MeterSampler([MeterFound(QUICK, lambda: meter)]) as sampler:
        sampler.window(0.05)
    assert meter.closed


def test_an_estimate_is_marked_and_its_bounds_are_wide() -> None:
    estimate = from_text("65")
    with MeterSampler([estimate]) as sampler:
        deadline = time.perf_counter() + 0.8
        window = sampler.window(0.2)
        while time.perf_counter() < deadline:
            sum(range(1000))
        window = replace(window, end_s=sampler.mark_end())
        points = sampler.points(estimate.info.id)
    record = energy_record(estimate.info, points, window, ABOUT_IT)
    assert record.method == "estimated"
    assert record.gross_j is not None
    assert record.low_j is not None
    assert record.high_j is not None
    # A busy CPU's estimate is the rated power itself, and its low bound a quarter of that, but for rounding.
    assert record.low_j <= record.gross_j / 4 * (1 + 1e-9)
    assert record.high_j >= record.gross_j * 2 * (1 - 1e-9)
    assert not estimate.info.by_default


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "-65", "0", "1e9"])
def test_an_estimate_needs_a_rated_power(text: str) -> None:
    with pytest.raises(InputError, match="try estimated:65"):
        from_text(text)


@pytest.mark.parametrize("told", [math.nan, math.inf, -math.inf, -1.0, 1e16, "61.5 W"])
@pytest.mark.parametrize("kind", ["watts", "joules"])
def test_a_figure_that_cannot_be_is_a_failed_reading(kind: str, told: Any) -> None:
    meter = Played(PLAIN, lambda: Reading(power_w=told) if kind == "watts" else Reading((told,)))
    point = read_once(meter, time.perf_counter, 0.1)
    assert point.reading is None
    assert point.error


def test_what_a_command_says_it_cost_is_not_believed_beyond_reason() -> None:
    meter = Played(PLAIN, lambda: Reading((1.0,), child_cpu_s=math.inf))
    assert read_once(meter, time.perf_counter, 0.1).cpu_s < 1


def test_many_meters_that_do_not_answer_take_no_longer_than_one() -> None:
    block = threading.Event()

    def never() -> Reading:
        block.wait()
        return Reading()

    info = replace(PLAIN, deadline_s=0.3)
    meters = [MeterFound(replace(info, id=f"test:{number}"), lambda: Played(info, never)) for number in range(20)]
    started = time.monotonic()
    with MeterSampler(meters) as sampler:
        sampler.mark()
        sampler.mark_end()
    assert time.monotonic() - started < 0.3 + 0.3 + 0.8 + 0.8 + 1.5, "and not twenty times that"
    block.set()


@pytest.mark.parametrize(
    ("scope", "told_w", "believed"),
    [("system", 4_294_967.295, False), ("package", 6e3, False), ("package", 400.0, True), (None, 5e5, True)],
)
def test_watts_that_nothing_of_the_scope_draws_are_no_reading(
    scope: Scope | None, told_w: float, believed: bool
) -> None:
    info = replace(PLAIN, scope=scope, power_step_w=1.0)
    point = read_once(Played(info, lambda: Reading(power_w=told_w)), time.perf_counter, 0.1)
    assert (point.reading is not None) == believed
    assert believed or "cannot be" in (point.error or "")


def test_a_meter_may_state_its_own_limit() -> None:
    info = replace(PLAIN, scope="system", power_step_w=1.0, plausible_w=1000.0)
    assert read_once(Played(info, lambda: Reading(power_w=1001.0)), time.perf_counter, 0.1).reading is None
