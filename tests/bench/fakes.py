"""Fake devices on a virtual clock: a run of ten seconds takes half a second of the test's time."""

from __future__ import annotations

from hashwatt.bench.api import measure
from hashwatt.bench.result import Result
from hashwatt.kernels.device import DeviceOptions, Found
from hashwatt.kernels.fake import FakeDevice, VirtualClock, fake_info

RATE_HS = 50_000.0


def fake(behaviour: str, clock: VirtualClock, rate_hs: float = RATE_HS) -> Found:
    """A device that was found in this process and lets virtual time pass."""

    def opened(_options: DeviceOptions) -> FakeDevice:
        return FakeDevice(behaviour, rate_hs, clock.spend)

    return Found(fake_info(behaviour), opened)


def measured(*behaviours: str, **options: object) -> Result:
    """The result of measuring fake devices of those behaviours."""
    clock = VirtualClock()
    return measure([fake(behaviour, clock) for behaviour in behaviours], clock=clock.now, **options)  # type: ignore[arg-type]
