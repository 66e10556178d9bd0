"""Devices measured in turn: what befalls one leaves the others their rounds."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import product

import pytest

from hashwatt.bench.api import measure, verify
from hashwatt.bench.isolation.device import opener
from hashwatt.bench.progress import NoProgress
from hashwatt.bench.run.assignment import Work
from hashwatt.kernels.device import DeviceOptions, Found, Scan
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.fakes import device as fakes
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info
from hashwatt.kernels.workloads.registry import load_workload

from ..fakes import FAST_HS, RATE_HS, fake


class FailsLater(FakeDevice):
    """Works for three virtual seconds of its own, then fails for good."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__("steady", RATE_HS, self._note)
        self._clock = clock
        self._worked_s = 0.0
        self.closed = False

    def _note(self, seconds: float) -> None:
        self._worked_s += seconds
        self._clock.spend(seconds)

    def scan(self, nonces: range) -> Scan:
        if self._worked_s > 3:
            raise DeviceError("it broke; repair it")
        return super().scan(nonces)

    def close(self) -> None:
        self.closed = True


def test_a_device_that_fails_in_a_later_round_is_closed_and_leaves_the_others_theirs() -> None:
    clock = VirtualClock()
    failing = FailsLater(clock)
    devices = [fake("steady", clock), Found(fake_info("chatty"), lambda _: failing), fake("drifting", clock)]
    first, second, third = measure(devices, seconds=4.0, clock=clock.now).results
    assert (second.status, second.rate, second.rounds) == ("failed", None, ())
    assert failing.closed
    for entry in (first, third):
        assert entry.status == "measured"
        assert len(entry.rounds) == 5
        assert 4.0 <= entry.seconds < 4.6


def test_a_device_that_hangs_costs_its_own_time_and_not_the_others_rounds() -> None:
    def isolated(behaviour: str) -> Found:
        info = fake_info(behaviour)
        return Found(info, opener(info, fakes.__name__), isolate=True)

    started = time.monotonic()
    devices = [isolated("steady"), isolated("hanging")]
    first, second = measure(devices, seconds=0.5, patience_s=3.0).results
    assert time.monotonic() - started < 60
    assert first.status == "measured"
    assert len(first.rounds) == 5
    assert second.status == "failed"


def test_devices_that_are_done_early_are_not_waited_for() -> None:
    """By default a run ends where it knows enough; one that comes and goes goes on, alone."""
    clock = VirtualClock()

    class Uneven(FakeDevice):
        def _current_rate_hs(self) -> float:
            return RATE_HS * (0.7 if clock.now() % 1.7 > 0.8 else 1.0)

    uneven = Found(fake_info("chatty"), lambda _: Uneven("chatty", RATE_HS, clock.spend))
    steady, other = measure([fake("steady", clock), uneven], clock=clock.now).results
    assert 4 <= len(steady.rounds) < len(other.rounds) <= 12


def test_kinds_of_work_follow_each_other_and_devices_alternate_within_each() -> None:
    clock = VirtualClock()
    devices = [fake("steady", clock, FAST_HS), fake("drifting", clock, FAST_HS)]
    result = measure(
        devices, seconds=1.0, clock=clock.now, workloads=["sha256d", "stream"], parameters={"operation": "triad"}
    )
    names, kinds = ("fake:steady", "fake:drifting"), ("sha256d", "stream")
    assert [(entry.device.id, entry.workload) for entry in result.results] == list(product(names, kinds))
    order = sorted((one.start_s, entry.workload, entry.device.id) for entry in result.results for one in entry.rounds)
    assert [(work, name) for _, work, name in order] == [
        (work, name) for work in kinds for _ in range(5) for name in names
    ]
    assert verify(result).ok


class Noted(NoProgress):
    """Notes which stage of which device begins."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, str]] = []

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        self.stages.append((device.split()[0], text))


def test_where_all_are_open_all_are_ready_before_the_first_round_and_a_device_that_is_not_waits_for_a_figure() -> None:
    clock, noted = VirtualClock(), Noted()
    devices = [fake("steady", clock, FAST_HS), fake("drifting", clock, FAST_HS)]
    measure(
        devices, seconds=1.0, clock=clock.now, progress=noted, workloads=["sha256d", "stream"],
        parameters={"operation": "triad"},
    )  # fmt: skip
    names = ("fake:steady", "fake:drifting")
    order = [(name, text[:8]) for name, text in noted.stages if text.startswith(("compiling", "sampling, round 1 "))]
    ready, figure = "compilin", "sampling"
    apart = [(name, what) for name in names for what in (ready, figure)]
    assert order == [*apart, *((name, ready) for name in names), *((name, figure) for name in names)]


def in_place(clock: VirtualClock, on_host_cores: bool) -> Found:
    """A slow fake device, on the host's cores or not."""
    info = replace(fake_info("steady"), runs_on_host_cpu=on_host_cores)

    def opened(_options: DeviceOptions) -> FakeDevice:
        device = FakeDevice("steady", RATE_HS / 50, clock.spend)
        device.info = info
        return device

    return Found(info, opened)


@pytest.mark.parametrize(("on_host_cores", "warmed"), [(True, False), (False, True)])
def test_cores_that_were_at_work_begin_with_long_batches_at_once(on_host_cores: bool, warmed: bool) -> None:
    clock = VirtualClock()
    found = in_place(clock, on_host_cores)
    hashes = load_workload("sha256d")
    works = [Work(hashes, hashes.parameters_of({"prefixes": number})) for number in (1, 2)]
    first, second = measure([found], works=works, seconds=0.5, clock=clock.now).results
    assert first.rounds[0].warmup_s > 0
    assert (second.rounds[0].warmup_s > 0) == warmed
    assert all(sample.seconds > 0.1 for sample in second.rounds[0].samples)


def test_arrays_are_used_whole_before_the_first_sample_however_long_a_batch_takes() -> None:
    clock = VirtualClock()
    found = in_place(clock, on_host_cores=True)
    stream = load_workload("stream")
    works = [Work(stream, stream.parameters_of({"operation": name})) for name in ("copy", "mul")]
    for entry in measure([found], works=works, seconds=0.5, clock=clock.now).results:
        assert all(one.warmup_s > 0 for one in entry.rounds)


def test_of_a_run_with_one_device_that_is_far_slower_the_rounds_still_alternate() -> None:
    """Three samples of its smallest batches take longer than the time that was asked for: it gets the time."""
    clock = VirtualClock()
    slow = Found(fake_info("chatty"), lambda _: FakeDevice("chatty", 30.0, clock.spend))
    quick, late = measure([fake("steady", clock), slow], seconds=2.0, clock=clock.now).results
    assert len(quick.rounds) == 5
    assert 1 <= len(late.rounds) <= 5
    assert late.status == "measured", late.reason


def test_two_levels_are_told_while_they_are_measured() -> None:
    clock = VirtualClock()
    told: list[str] = []

    class Told:
        def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
            told.append(text)

        def advance(self, amount: float, rate: float | None) -> None:
            pass

        def done(self) -> None:
            pass

    class TwoRates(FakeDevice):
        """Every fourth batch at a fifth of the rate, and so half of the time."""

        batches = 0

        def _current_rate_hs(self) -> float:
            self.batches += 1
            return RATE_HS * (0.2 if self.batches % 4 == 0 else 1.0)

    def opened(_options: DeviceOptions) -> FakeDevice:
        return TwoRates("steady", RATE_HS, clock.spend)

    (entry,) = measure([Found(fake_info("steady"), opened)], seconds=24.0, clock=clock.now, progress=Told()).results
    assert any(text.startswith("sampling (the rate has two levels), round ") for text in told)
    assert "two_levels" in {warning.code for warning in entry.warnings}
    assert entry.rate is not None
    assert entry.rate.low is not None
    assert entry.rate.high is not None
    assert entry.rate.low <= 0.5 * RATE_HS <= entry.rate.high
    assert entry.rate.value == pytest.approx(0.5 * RATE_HS, rel=0.1)
