"""Devices stay open from one kind of work to the next, and what hangs or dies twice is given up."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from hashwatt.bench.api import measure
from hashwatt.bench.run import roofs
from hashwatt.bench.run.assignment import Work
from hashwatt.bench.run.open_devices import OpenDevices
from hashwatt.kernels.device import DeviceOptions, Executes, Found, Roof
from hashwatt.kernels.errors import DeviceCrashed, DeviceError, DeviceHung
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info
from hashwatt.kernels.workloads.protocol import Value
from hashwatt.kernels.workloads.registry import load_workload


def of(name: str, **parameters: Value) -> Work:
    workload = load_workload(name)
    return Work(workload, workload.parameters_of(parameters))


def device() -> FakeDevice:
    return FakeDevice("steady", spend=VirtualClock().spend)


def test_a_device_that_was_used_up_by_one_kind_of_work_is_open_for_the_next() -> None:
    found, devices = Found(fake_info("steady"), lambda _options: device()), OpenDevices()
    first = devices.take(found, DeviceOptions())
    assert isinstance(first, Executes)
    buffer = first.allocate(8)
    devices.give_back(first)
    assert devices.take(found, DeviceOptions()) is first
    with pytest.raises(DeviceError, match="no buffer"):
        first.read(buffer, 0, 8)
    # While one is at work, another is another.
    assert devices.take(found, DeviceOptions()) is not first
    assert devices.why_given_up("fake:steady") is None
    devices.lose("fake:steady")
    assert devices.why_given_up("fake:steady") is None
    devices.lose("fake:steady")
    assert "hung or died 2 times" in (devices.why_given_up("fake:steady") or "")


def test_the_host_s_cores_are_warm_for_a_second_device_on_them_and_no_card_is() -> None:
    devices = OpenDevices()
    cpu, runtime = (replace(fake_info("steady"), id=name, runs_on_host_cpu=True) for name in ("cpu", "opencl:0"))
    card = fake_info("steady")
    assert not any(devices.is_warm(info) for info in (cpu, runtime, card))
    devices.take(Found(card, lambda _options: device()), DeviceOptions())
    assert not devices.is_warm(runtime)
    devices.take(Found(cpu, lambda _options: device()), DeviceOptions())
    assert devices.is_warm(runtime)
    assert not devices.is_warm(card)
    devices.give_back(device())
    assert devices.is_warm(card)


class Stuck:
    """A ceiling that its device never answers to."""

    unit, explanation = "byte", "stuck"

    def __init__(self, opened: list[Executes], _device: Executes) -> None:
        opened.append(_device)

    def rate(self) -> float:
        raise DeviceHung("it did not answer; update its driver")

    def anew(self) -> None:
        raise AssertionError


def test_a_device_that_hangs_in_its_ceilings_is_given_up_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[Executes] = []
    monkeypatch.setattr(roofs, "PROBES", dict.fromkeys(("memory", "float64"), partial(Stuck, met)))
    clock = VirtualClock()
    found = Found(fake_info("steady"), lambda _options: FakeDevice("steady", spend=clock.spend))
    works = [of("stream", operation=name) for name in ("copy", "mul", "add")]
    first, second, third = measure([found], works=works, seconds=0.5, clock=clock.now).results
    assert (first.status, second.status, third.status) == ("measured", "measured", "skipped")
    assert "hung or died 2 times" in (third.reason or "")
    # What hung is not used again.
    assert len({id(each) for each in met}) == 2


class DyingAtItsRoof(FakeDevice):
    def roof(self) -> Roof:
        raise DeviceCrashed("its process died; update its driver")


def test_a_device_that_dies_at_its_roof_is_given_up_too() -> None:
    clock = VirtualClock()
    found = Found(fake_info("steady"), lambda _options: DyingAtItsRoof("steady", spend=clock.spend))
    works = [of("sha256d", prefixes=count) for count in (1, 2, 4)]
    entries = measure([found], works=works, seconds=0.5, clock=clock.now).results
    assert [entry.status for entry in entries] == ["measured", "measured", "skipped"]
