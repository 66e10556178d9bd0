from __future__ import annotations

import signal

import pytest

from hashwatt.bench.api import measure, verify
from hashwatt.bench.rates import counted_samples
from hashwatt.bench.result.model import Result
from hashwatt.kernels.device import Found, Scan
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info

from .fakes import RATE_HS, fake


class PressesCtrlC:
    """Progress that interrupts at the n-th step of a stage."""

    def __init__(self, stage: str, step: int) -> None:
        self._stage = stage
        self._steps_left = step
        self._now = ""
        self.ended = 0

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        self._now = text

    def advance(self, amount: float, rate: float | None) -> None:
        if self._now.startswith(self._stage):
            self._steps_left -= 1
            if self._steps_left == 0:
                signal.raise_signal(signal.SIGINT)

    def done(self) -> None:
        self.ended += 1


def interrupted_run(stage: str, step: int) -> Result:
    clock = VirtualClock()
    progress = PressesCtrlC(stage, step)
    result = measure([fake("steady", clock), fake("chatty", clock)], seconds=2.0, clock=clock.now, progress=progress)
    assert progress.ended == 1
    return result


def test_an_interrupted_run_keeps_what_was_measured_and_says_so() -> None:
    first, second = interrupted_run("sampling", 8).results
    for entry, samples in ((first, 5), (second, 3)):
        assert entry.status == "interrupted"
        assert "interrupted" in (entry.reason or "")
        assert len(counted_samples(entry)) == samples, "a round of the first, then of the second"
        assert entry.rate is not None


def test_a_device_whose_turn_has_not_come_says_so() -> None:
    first, second = interrupted_run("sampling", 4).results
    assert len(counted_samples(first)) == 4
    assert second.status == "interrupted"
    assert "before this device's turn" in (second.reason or "")
    assert counted_samples(second) == ()


def test_what_an_interrupted_run_keeps_verifies() -> None:
    assert verify(interrupted_run("sampling", 8)).ok


@pytest.mark.parametrize(("rate_hs", "step"), [(1_000.0, 3), (50_000.0, 12)])
def test_a_long_run_cut_short_after_three_seconds_is_proven(rate_hs: float, step: int) -> None:
    clock = VirtualClock()
    progress = PressesCtrlC("sampling", step)
    result = measure([fake("steady", clock, rate_hs)], seconds=120.0, clock=clock.now, progress=progress)
    (entry,) = result.results
    assert entry.status == "interrupted"
    assert 2.0 < entry.seconds < 4.0
    (proven,) = verify(result).proven
    assert proven.at_least is not None
    assert 0.79 * entry.amount < proven.at_least <= entry.amount


@pytest.mark.parametrize(("stage", "step"), [("warming up", 1), ("sampling", 1), ("sampling", 2)])
def test_less_than_three_samples_are_not_kept(stage: str, step: int) -> None:
    first = interrupted_run(stage, step).results[0]
    assert first.status == "interrupted"
    assert (counted_samples(first), first.rate, first.evidence) == ((), None, None)


def test_devices_measured_before_the_interrupt_keep_the_rounds_they_have_made() -> None:
    class Interrupting(FakeDevice):
        def scan(self, nonces: range) -> Scan:
            signal.raise_signal(signal.SIGINT)
            return super().scan(nonces)

    clock = VirtualClock()
    second = Found(fake_info("chatty"), lambda _options: Interrupting("steady", RATE_HS, clock.spend))
    result = measure([fake("steady", clock), second], seconds=2.0, clock=clock.now)
    assert [entry.status for entry in result.results] == ["interrupted", "interrupted"]
    assert [len(counted_samples(entry)) for entry in result.results] == [5, 0]
    assert result.results[0].rate is not None
    assert verify(result).ok


def test_a_sample_interrupted_between_counting_and_timing_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    from hashwatt.kernels.workloads.proof.task import HashingTask

    counted = HashingTask.count

    def count_and_interrupt(self: HashingTask, sample: int) -> None:
        counted(self, sample)
        if sample == 12:
            raise KeyboardInterrupt

    monkeypatch.setattr(HashingTask, "count", count_and_interrupt)
    clock = VirtualClock()
    result = measure([fake("steady", clock)], seconds=2.0, clock=clock.now)
    assert len(counted_samples(result.results[0])) == 12
    assert verify(result).ok
