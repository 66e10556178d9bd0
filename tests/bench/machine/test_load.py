from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections import namedtuple

import psutil
import pytest

from hashwatt.bench.machine import load
from hashwatt.bench.machine.load import LoadMeter, busy_seconds

Times = namedtuple("Times", "user nice system idle iowait irq softirq steal guest guest_nice")

BURN = "import time; end = time.monotonic() + 120\nwhile time.monotonic() < end: pass"


def spin(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_busy_time_counts_neither_waiting_nor_theft_nor_guests_twice() -> None:
    times = Times(10.0, 1.0, 2.0, 100.0, 50.0, 0.5, 0.25, 7.0, 3.0, 0.5)
    assert busy_seconds(times) == 13.75


def test_own_work_is_not_other_load(monkeypatch: pytest.MonkeyPatch) -> None:
    # This machine may be busy with anything: let this process be all there is.
    def only_this_process() -> Times:
        own = psutil.Process().cpu_times()
        return Times(own.user, 0, own.system, 1, 0, 0, 0, 0, 0, 0)

    monkeypatch.setattr(psutil, "cpu_times", only_this_process)
    meter = LoadMeter()
    meter.start()
    spin(0.3)
    readings = meter.stop()
    assert readings.other_load == pytest.approx(0.0, abs=0.05)
    assert (readings.wall_s or 0.0) >= 0.3


@pytest.mark.skipif(not psutil.cpu_times().user, reason="this system shows no CPU times")
def test_another_process_is_other_load_unless_it_works_for_us() -> None:
    burner = subprocess.Popen([sys.executable, "-c", BURN])
    try:
        burned = psutil.Process(burner.pid)
        blaming, knowing = LoadMeter(), LoadMeter(processes=(burner.pid,))
        blaming.start()
        knowing.start()
        # Until it has had so much CPU, however many others want it.
        enough_s = burned.cpu_times().user + 0.5
        while burned.cpu_times().user < enough_s:
            time.sleep(0.05)
        blamed, known = blaming.stop().other_cpu_s, knowing.stop().other_cpu_s
        assert blamed is not None
        assert known is not None
        assert blamed - known > 0.4
    finally:
        burner.kill()
        burner.wait()


def test_a_process_that_is_gone_is_no_error() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    meter = LoadMeter(processes=(gone.pid, 2**22 + os.getpid()))
    meter.start()
    assert meter.stop().other_load is None or meter.stop() is not None


def test_a_system_without_cpu_times_leaves_the_load_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "cpu_times", lambda: Times(*[0.0] * 10))
    meter = LoadMeter()
    meter.start()
    assert meter.stop().other_load is None


def test_clock_and_temperature_belong_to_the_cpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "cpu_clock_hz", lambda _cpus: 3e9)
    monkeypatch.setattr(load, "cpu_temperature_c", lambda: 50.0)
    seen = {}
    for name, meter in {
        "cpu": LoadMeter(),
        "virtual": LoadMeter(clock_is_real=False),
        "gpu": LoadMeter(on_cpu=False),
    }.items():
        meter.start()
        readings = meter.stop()
        seen[name] = (readings.clock_hz, readings.temperature_c)
    assert seen == {"cpu": (3e9, 50.0), "virtual": (None, 50.0), "gpu": (None, None)}


def test_temperatures_are_not_read_more_often_than_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    monkeypatch.setattr(load, "cpu_temperature_c", lambda: reads.append(1))
    meter = LoadMeter()
    for _ in range(20):
        meter.start()
        meter.stop()
    assert len(reads) == 1


@pytest.mark.parametrize("leap", [2.1e8, -5e7, math.inf, math.nan])
@pytest.mark.parametrize("counter", ["steal", "irq"])
def test_a_counter_that_leaps_is_unknown_rather_than_more_cpus_than_there_are(
    counter: str, leap: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Times(10.0, 1.0, 2.0, 100.0, 50.0, 0.5, 0.25, 7.0, 3.0, 0.5)
    told = [before, before._replace(**{counter: getattr(before, counter) + leap})]
    monkeypatch.setattr(psutil, "cpu_times", lambda: told.pop(0))
    meter = LoadMeter()
    meter.start()
    readings = meter.stop()
    assert (readings.stolen_cpu_s if counter == "steal" else readings.other_cpu_s) is None
    assert (readings.other_load is None) == (counter == "irq")


def test_without_proc_the_load_is_unknown_and_nothing_else_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_proc(pid: int) -> psutil.Process:
        raise psutil.NoSuchProcess(pid)

    monkeypatch.setattr(psutil, "Process", no_proc)
    meter = LoadMeter()
    meter.start()
    assert meter.stop().other_load is None


def test_a_system_that_psutil_cannot_read_leaves_the_load_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def garbled() -> Times:
        raise IndexError("list index out of range")

    monkeypatch.setattr(psutil, "cpu_times", garbled)
    meter = LoadMeter()
    meter.start()
    assert meter.stop().other_load is None


def test_reading_around_a_sample_costs_little() -> None:
    meter = LoadMeter()
    meter.start()
    costs = []
    for _ in range(50):
        started = time.thread_time()
        meter.start()
        costs.append(time.thread_time() - started)
    assert sorted(costs)[25] < 1e-3
