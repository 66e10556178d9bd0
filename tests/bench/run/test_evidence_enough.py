"""Devices that change their speed once samples are taken: a run ends with evidence that its own check believes."""

from __future__ import annotations

import pytest

from hashwatt.bench.api import measure, verify
from hashwatt.bench.machine.load import LoadMeter, Readings
from hashwatt.bench.result.model import Result
from hashwatt.kernels.device import DeviceOptions, Found
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info
from hashwatt.kernels.workloads.proof.task import HashingTask
from hashwatt.kernels.workloads.protocol import Expected


@pytest.fixture(autouse=True)
def _quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoadMeter, "stop", lambda _self: Readings())


class Changing(FakeDevice):
    """A device that is so many times as fast from the first sample on."""

    sampling = False

    def __init__(self, clock: VirtualClock, rate_hs: float, times: float) -> None:
        super().__init__("steady", rate_hs, clock.spend)
        self._times = times

    def _current_rate_hs(self) -> float:
        return super()._current_rate_hs() * (self._times if self.sampling else 1.0)


def changing(
    monkeypatch: pytest.MonkeyPatch, rate_hs: float, times: float, seconds: float, interrupted: int | None = None
) -> Result:
    """A run on such a device, interrupted after so many samples."""
    clock = VirtualClock()
    device = Changing(clock, rate_hs, times)
    start, count = HashingTask.start, HashingTask.count

    def started(task: HashingTask, expected: Expected) -> None:
        device.sampling = True
        start(task, expected)

    def counted(task: HashingTask, sample: int) -> None:
        if sample == interrupted:
            raise KeyboardInterrupt
        count(task, sample)

    monkeypatch.setattr(HashingTask, "start", started)
    monkeypatch.setattr(HashingTask, "count", counted)

    def opened(_options: DeviceOptions) -> FakeDevice:
        return device

    return measure([Found(fake_info("steady"), opened)], seconds=seconds, clock=clock.now)


@pytest.mark.parametrize(
    ("rate_hs", "times", "seconds"), [(20_000.0, 0.1, 0.5), (29_000.0, 0.1, 1.0), (29_000.0, 0.01, 1.0)]
)
def test_a_device_that_is_far_slower_while_it_is_sampled_goes_on_until_it_has_proven_something(
    rate_hs: float, times: float, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = changing(monkeypatch, rate_hs, times, seconds)
    (entry,) = result.results
    assert entry.status == "measured", entry.reason
    assert len(entry.rounds) <= 5
    assert verify(result).ok


def test_a_run_that_is_interrupted_before_it_has_proven_anything_is_interrupted_and_claims_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = changing(monkeypatch, 20_000.0, 1.0, 1.0, interrupted=3)
    (entry,) = result.results
    assert entry.status == "interrupted"
    assert entry.rate is None
    assert entry.evidence is None
    assert not entry.rounds
    assert verify(result).ok


def test_a_run_that_is_interrupted_with_shares_enough_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    result = changing(monkeypatch, 20_000.0, 1.0, 1.0, interrupted=12)
    (entry,) = result.results
    assert entry.status == "interrupted"
    assert entry.rate is not None
    assert verify(result).ok
