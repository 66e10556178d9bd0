"""Whose clock is measured beside the rounds, and that it never costs the figure."""

from __future__ import annotations

import msgspec
import pytest

from hashwatt.bench.machine import core_clock
from hashwatt.bench.machine.core_clock import CoreClock
from hashwatt.bench.rates import measured_clock_hz
from hashwatt.bench.run import session
from hashwatt.kernels.device import DeviceInfo
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.system import cpuid
from hashwatt.kernels.system.system_files import ROOT_VARIABLE

from ..fakes import measured

CPU = DeviceInfo(id="cpu", kind="cpu", name="n", vendor="v", backend="cpu", driver="d", runs_on_host_cpu=True)
RUNTIME = DeviceInfo(
    id="opencl:0", kind="gpu", name="n", vendor="v", backend="opencl", driver="d", runs_on_host_cpu=True
)
CARD = DeviceInfo(id="opencl:1", kind="gpu", name="n", vendor="v", backend="opencl", driver="d", runs_on_host_cpu=False)
EMULATOR = DeviceInfo(id="x", kind="cpu", name="n", vendor="v", backend="x", driver="d", simulator=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """The numbers of threads that the clock was measured with."""
    calls: list[int | None] = []

    def hz(threads: int | None) -> float:
        calls.append(threads)
        return 3e9

    monkeypatch.setattr(core_clock, "core_clock_hz", hz)
    return calls


@pytest.mark.parametrize(("info", "hz"), [(CPU, 3e9), (RUNTIME, 3e9), (CARD, None), (EMULATOR, None)])
def test_only_what_works_on_the_host_s_cores_has_their_clock(
    asked: list[int | None], info: DeviceInfo, hz: float | None
) -> None:
    clock = CoreClock(info, 2)
    # It is ready before the first round ends.
    assert asked == ([] if hz is None else [2])
    assert clock.hz() == hz


def test_a_tree_of_files_has_no_clock(monkeypatch: pytest.MonkeyPatch, asked: list[int | None]) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, "/nowhere")
    assert CoreClock(CPU, None).hz() is None
    assert asked == []


def test_an_emulated_processor_has_no_clock(monkeypatch: pytest.MonkeyPatch, asked: list[int | None]) -> None:
    monkeypatch.setattr(cpuid, "hypervisor_by_cpuid", lambda: cpuid.SIGNATURES[b"TCGTCGTCGTCG"])
    assert CoreClock(CPU, None).hz() is None
    assert asked == []


def test_what_cannot_be_measured_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fails(threads: int | None) -> float:
        calls.append(threads)
        raise DeviceError("no clock runs")

    monkeypatch.setattr(core_clock, "core_clock_hz", fails)
    clock = CoreClock(CPU, None)
    assert (clock.hz(), clock.hz(), len(calls)) == (None, None, 1)


def test_every_round_keeps_it_and_one_that_moved_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Boosted:
        """A host that lets its cores run faster at first."""

        def __init__(self, *_: object) -> None:
            self._next = iter([3.4e9, 3.4e9, *[3.0e9] * 100])

        def hz(self) -> float:
            return next(self._next)

    monkeypatch.setattr(session, "CoreClock", Boosted)
    (entry,) = measured("steady", seconds=3.0).results
    clocks = [one.clock_hz for one in entry.rounds]
    assert clocks == [3.4e9, 3.4e9, *[3.0e9] * (len(clocks) - 2)]
    (moved,) = [warning.text for warning in entry.warnings if warning.code == "clock_moved"]
    assert "between 3.00 and 3.40 GHz" in moved
    assert "clock_unknown" not in {warning.code for warning in entry.warnings}
    told = measured_clock_hz(entry)
    assert told is not None
    assert 3.0e9 < told < 3.4e9
    half = msgspec.structs.replace(entry.rounds[0], clock_hz=None)
    assert measured_clock_hz(msgspec.structs.replace(entry, rounds=(half, *entry.rounds[1:]))) is None
