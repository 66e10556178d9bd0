"""Devices stay open from one kind of work to the next, and what hangs or dies twice is given up."""

from __future__ import annotations

import pytest

from hashwatt.bench.run.open_devices import OpenDevices
from hashwatt.kernels.device import DeviceOptions, Executes, Found
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info


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
