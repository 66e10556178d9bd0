"""Fake devices on a virtual clock: a run of ten seconds takes half a second of the test's time."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench import api
from hashwatt.bench.machine.describe import describe_machine
from hashwatt.bench.result.machine import Machine
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.kernels.device import DeviceOptions, Found
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info
from hashwatt.kernels.workloads.evidence import Shares

# Each hash is really computed: the fewer, the sooner a test is through.
RATE_HS = 12_500.0
# Where so many hashes or batches a second matter that samples come thick.
FAST_HS = 50_000.0


def fake(behaviour: str, clock: VirtualClock, rate_hs: float = RATE_HS) -> Found:
    """A device that was found in this process and lets virtual time pass."""

    def opened(_options: DeviceOptions) -> FakeDevice:
        return FakeDevice(behaviour, rate_hs, clock.spend)

    return Found(fake_info(behaviour), opened)


class Repeatable:
    """Stands in for `secrets`: one honest run in 10,000 has too odd a number of shares, and a test must not meet it."""

    def __init__(self) -> None:
        self._drawn = 0

    def token_hex(self, count: int) -> str:
        self._drawn += 1
        return sha256(bytes([self._drawn])).hexdigest()[: 2 * count]


@cache
def this_machine() -> Machine:
    """Described once for all tests; a bare one, whatever they run on: a virtual one's intervals are wider."""
    return replace(describe_machine(), hypervisor=None)


def shares_of(entry: Measurement) -> Shares:
    """The evidence of an entry that is proven by shares."""
    assert isinstance(entry.evidence, Shares)
    return entry.evidence


def measured(*behaviours: str, rate_hs: float = RATE_HS, **options: Any) -> Result:
    """The result of measuring fake devices of those behaviours."""
    clock = VirtualClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "secrets", Repeatable())
        # Looking how busy the machine is takes a fifth of a second, each time.
        patch.setattr(api, "describe_machine", this_machine)
        return api.measure([fake(behaviour, clock, rate_hs) for behaviour in behaviours], clock=clock.now, **options)
