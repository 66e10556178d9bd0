from __future__ import annotations

import itertools
import math
import threading
import time
from pathlib import Path

import msgspec
import pytest

from hashwatt.bench.energy import telemetry
from hashwatt.bench.energy.joules.readings import Window
from hashwatt.bench.energy.telemetry import ProbeThread, State, ThermalCounters, probes_for, summarised
from hashwatt.bench.result.energy import Telemetry
from hashwatt.kernels.device import DeviceInfo

from .meters.trees import machine, write

CPU = DeviceInfo("cpu", "cpu", "a processor", "vendor", "cpu", "1")
COUNT = "sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count"


def test_a_processor_that_throttles_for_heat_says_so_once(tmp_path: Path) -> None:
    write(machine(tmp_path) / COUNT, 7)
    (probe,) = probes_for(CPU, tmp_path)
    assert probe.read() == (None, None, ())
    write(tmp_path / COUNT, 9)
    assert probe.read() == (None, None, ("heat (processor)",))
    assert probe.read() == (None, None, ())


def test_a_processor_without_such_counters_has_no_probe(tmp_path: Path) -> None:
    assert not ThermalCounters(tmp_path)
    assert probes_for(CPU, tmp_path) == []


def test_states_are_summed_up_by_medians_extremes_and_shares() -> None:
    states = [
        State(0.0, 1.2e9, 60.0, ()),
        State(0.5, 1.0e9, 70.0, ("power limit",)),
        State(1.0, 1.4e9, None, ("power limit", "heat (driver)")),
        State(1.5),
    ]
    record = summarised("NVML a card", states)
    assert (record.clock_low_hz, record.clock_hz, record.clock_high_hz) == (1.0e9, 1.2e9, 1.4e9)
    assert (record.temperature_c, record.temperature_high_c) == (65.0, 70.0)
    assert {reason.reason: reason.share for reason in record.throttle} == {"power limit": 0.5, "heat (driver)": 0.25}


def test_what_is_not_told_is_unknown() -> None:
    record = summarised("a probe", [])
    assert (record.readings, record.clock_hz, record.temperature_high_c, record.throttle) == (0, None, None, ())


def test_probes_are_read_within_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "INTERVAL_S", 0.001)
    enough = threading.Event()
    reads = itertools.count(1)

    class Probe:
        source = "a probe"

        def read(self) -> tuple[float | None, float | None, tuple[str, ...]]:
            number = next(reads)
            if number == 5:
                enough.set()
            return number * 1e9, 61.0, ()

    # A second for each reading.
    seconds = itertools.count(1)
    thread = ProbeThread([Probe()], lambda: float(next(seconds)))
    thread.start()
    assert enough.wait(60)
    thread.stop()
    (record,) = thread.records(Window(1.5, 3.5))
    assert record.readings == 2
    assert record.clock_hz == pytest.approx(2.5e9)


class Wild:
    """A probe that tells what cannot be, and then breaks."""

    source = "wild\x1b[2J" + "x" * 500

    def __init__(self) -> None:
        self.failures = 0
        self.was_asked_again = threading.Event()
        self._told = [
            (math.nan, 4_294_948.0, ("hot\n" * 200,)),
            (-1.0, -300.0, ()),
            (1e15, math.inf, ("",)),
            (2e9, 61.0, ()),
        ]

    def read(self) -> tuple[float | None, float | None, tuple[str, ...]]:
        if not self._told:
            self.failures += 1
            if self.failures == 2:
                self.was_asked_again.set()
            raise OSError("gone")
        return self._told.pop(0)


def test_what_a_probe_tells_that_cannot_be_is_unknown_and_a_broken_one_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telemetry, "INTERVAL_S", 0.001)
    wild = Wild()
    probes = ProbeThread([wild])
    probes.start()
    assert wild.was_asked_again.wait(60), "it goes on being asked"
    probes.stop()
    (record,) = probes.records(Window(0.0, time.perf_counter()))
    assert (record.clock_hz, record.temperature_c, record.temperature_high_c) == (2e9, 61.0, 61.0)
    assert record.readings > 4
    assert msgspec.json.decode(msgspec.json.encode(record), type=Telemetry) == record
