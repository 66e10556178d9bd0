"""A whole run with meters: a fake device in real time, meters that draw known watts, misbehave or are missing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from hashwatt.bench.api import load, measure, save, verify
from hashwatt.bench.energy.meter import Counter, Coverage, MeterEntry, MeterError, MeterFound, MeterMissing, Reading
from hashwatt.bench.energy.meters import registry
from hashwatt.bench.energy.meters import shelly as plug_shelly
from hashwatt.bench.progress import NoProgress
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.kernels.device import Found, Scan
from hashwatt.kernels.fakes.device import FakeDevice, fake_info

from .meters.trees import VIRTUAL_CPU, machine
from .readings import PLAIN
from .test_sampler import Played

RATE_HS = 50_000.0
IDLE_W, BUSY_W = 10.0, 60.0
INFO = replace(
    PLAIN, counters=(Counter("it", 1e-4, 2000.0),), interval_s=0.05, coverage=Coverage("machine"), scope="system"
)


def fake(behaviour: str = "steady", scanned: Callable[[], None] = lambda: None) -> Found:
    class Watched(FakeDevice):
        def scan(self, nonces: range) -> Scan:
            scanned()
            return super().scan(nonces)

    return Found(fake_info(behaviour), lambda _: Watched(behaviour, RATE_HS))


class Load:
    """A meter's load: 60 W from the first scan on until nothing was scanned for 0.6 s, else 10 W."""

    def __init__(self) -> None:
        self._joules = 0.0
        self._at_s = time.perf_counter()
        self._busy_until_s = 0.0

    def scanned(self) -> None:
        self._count()
        self._busy_until_s = time.perf_counter() + 0.6

    def read(self) -> Reading:
        self._count()
        return Reading((self._joules,))

    def _count(self) -> None:
        now = time.perf_counter()
        busy_s = max(0.0, min(now, self._busy_until_s) - self._at_s)
        self._joules += busy_s * BUSY_W + (now - self._at_s - busy_s) * IDLE_W
        self._at_s = now


def run(*meters: MeterEntry, found: Found | None = None, **options: object) -> tuple[Result, Measurement]:
    result = measure([found or fake()], seconds=1.5, meters=meters, **options)  # type: ignore[arg-type]
    return result, result.results[0]


class Stages:
    """Progress that notes the stages."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        self.told.append(f"{device} {text}" if device == "idle" else text)

    def advance(self, amount: float, rate: float | None) -> None:
        pass

    def done(self) -> None:
        pass


def metered(read: Callable[[], Reading], **changes: object) -> MeterFound:
    info = replace(INFO, **changes)  # type: ignore[arg-type]
    return MeterFound(info, lambda: Played(info, read))


def test_a_run_keeps_joules_above_idle_efficiency_and_what_reading_cost(tmp_path: Path) -> None:
    load_of_it = Load()
    result, device = run(metered(load_of_it.read), found=fake(scanned=load_of_it.scanned), idle_s=1.0)
    (energy,) = device.energy
    assert energy.window_s is not None
    assert energy.gross_j is not None
    assert energy.gross_j == pytest.approx(BUSY_W * energy.window_s, rel=0.05)
    assert [idle.when for idle in energy.idle] == ["before", "after"]
    assert energy.idle[0].power_w == pytest.approx(IDLE_W, rel=0.05)
    assert energy.above_idle_j is not None
    assert energy.above_idle_j < energy.gross_j
    assert energy.efficiency is not None
    # The rate that was reached: on a busy machine the fake device is late, too.
    assert device.rate is not None
    assert energy.efficiency.j_per_unit.value == pytest.approx(BUSY_W / device.rate.value, rel=0.1)
    interval = energy.efficiency.j_per_unit
    assert interval.high is not None
    assert interval.low < interval.value < interval.high
    assert 0 < (energy.meter_cpu_s or 0) < 0.05 * energy.window_s
    assert energy.covers == "the device and more"
    save(result, tmp_path / "result.json")
    assert load(tmp_path / "result.json") == result
    assert verify(result).ok


def test_several_meters_are_kept_apart() -> None:
    first, second = Load(), Load()
    _, device = run(metered(first.read), metered(second.read, id="test:wall", scope="wall"), idle_s=0.0)
    assert [(energy.meter, energy.scope) for energy in device.energy] == [
        ("test:meter", "system"),
        ("test:wall", "wall"),
    ]


def test_idleness_is_not_measured_with_meters_that_are_too_slow_for_it() -> None:
    stages = Stages()
    _, device = run(metered(Load().read, interval_s=0.8), progress=stages)
    assert device.energy[0].idle == ()
    assert "sampling, round 1 of 5" in stages.told
    assert not any("idle" in text for text in stages.told), "nor is anybody kept waiting for it"


def test_a_plug_that_dies_during_the_run_leaves_the_hashrate_whole(httpserver: HTTPServer) -> None:
    dead = False

    def until_dead(_: Request) -> Response:
        if dead:
            return Response(status=500)
        return Response(json.dumps({"apower": 61.5}))

    def kill() -> None:
        nonlocal dead
        dead = any("sampling, round 2" in text for text in stages.told)

    httpserver.expect_request("/rpc/Switch.GetStatus").respond_with_handler(until_dead)
    stages = Stages()
    plug = plug_shelly.from_text(f"{httpserver.host}:{httpserver.port}")
    result = measure([fake(scanned=kill)], seconds=8.0, meters=[plug], progress=stages)
    (device,) = result.results
    assert device.status == "measured"
    assert device.rate is not None
    assert verify(result).ok
    (energy,) = device.energy
    assert energy.gross_j is None
    assert "status 500" in (energy.reason or "")
    assert energy.gaps


def test_a_meter_that_fails_once_is_a_warning() -> None:
    load_of_it = Load()
    calls = 0

    def sometimes() -> Reading:
        nonlocal calls
        calls += 1
        if calls % 20 == 0:
            raise MeterError("it did not answer")
        return load_of_it.read()

    _, device = run(metered(sometimes), idle_s=0.0)
    assert device.energy[0].gross_j is not None
    assert "energy_gaps" in {warning.code for warning in device.warnings}


def test_a_device_that_fails_has_no_energy_but_a_reason() -> None:
    _, device = run(metered(Load().read), found=fake("broken"), idle_s=0.0)
    assert device.status == "failed"
    assert "gave no rate" in (device.energy[0].reason or "")


def test_an_interrupt_while_idling_ends_the_run_in_order() -> None:
    class Impatient(NoProgress):
        def advance(self, amount: float, rate: float | None) -> None:
            raise KeyboardInterrupt

    _, device = run(metered(Load().read), progress=Impatient(), idle_s=1.0)
    assert device.status == "interrupted"


def test_a_machine_without_sensors_ends_well_and_says_why_and_what_would_help() -> None:
    meters = registry.choose(None, [MeterMissing("rapl", "a virtual machine", "measure the host with a plug")])
    _, device = run(*meters)
    assert device.status == "measured"
    (energy,) = device.energy
    assert energy.gross_j is None
    assert energy.reason == (
        "no energy source (rapl: a virtual machine). What would help: measure the host with a plug; "
        "`hashwatt meters` has the whole list"
    )


def test_a_virtual_machine_s_own_list_explains_itself(tmp_path: Path) -> None:
    missing = [entry for entry in registry.find(machine(tmp_path, VIRTUAL_CPU)) if isinstance(entry, MeterMissing)]
    assert any(entry.id == "rapl" and "virtual machine" in entry.reason for entry in missing)


def test_a_run_without_meters_is_told_so() -> None:
    _, device = run()
    assert device.energy[0].reason == "no meter was asked for (--meter none)"
