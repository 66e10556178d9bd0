"""Signals raise once, and only where nothing is lost by it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from hashwatt.bench import interrupts
from hashwatt.bench.api import measure, verify
from hashwatt.bench.energy.meter import Coverage, MeterFound, MeterInfo, Reading
from hashwatt.bench.interrupts import Deferred, interruptible
from hashwatt.bench.progress import NoProgress
from hashwatt.bench.rates import counted_samples
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.sampling.plan import LONGEST_S
from hashwatt.bench.sampling.sampler import Sampler
from hashwatt.kernels.fakes.device import VirtualClock
from hashwatt.kernels.workloads.proof.task import HashingTask

from .fakes import RATE_HS, fake, shares_of


def press() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a command of its own that nobody told to ignore any (as `nohup` would)."""
    names = [name for name in interrupts.SIGNALS if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), signal.SIG_DFL) for name in names}
    monkeypatch.setattr(interrupts, "_state", interrupts._State())
    interrupts.install()
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("name", [name for name in interrupts.SIGNALS if hasattr(signal, name)])
def test_each_signal_interrupts_and_gives_the_exit_code_that_shells_give_it(name: str) -> None:
    number = getattr(signal, name)
    assert interrupts.exit_code(7) == 7
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert interrupts.exit_code(7) == 128 + (signal.SIGINT if name == "SIGBREAK" else number)


@pytest.mark.usefixtures("_installed")
def test_a_second_ctrl_c_within_a_moment_is_the_first_one() -> None:
    with pytest.raises(KeyboardInterrupt):
        press()
    press()
    press()


@pytest.mark.usefixtures("_installed")
def test_a_later_ctrl_c_interrupts_what_has_not_ended_by_then(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        press()
    monkeypatch.setattr(interrupts, "PATIENCE_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        press()


@pytest.mark.usefixtures("_installed")
def test_nothing_raises_where_signals_are_deferred_and_the_next_step_is_not_begun() -> None:
    begun: list[int] = []
    with Deferred():
        press()
        assert interrupts.pending()
        with pytest.raises(KeyboardInterrupt):
            interruptible(lambda: begun.append(1))
        press()
    assert begun == []


@pytest.mark.usefixtures("_installed")
def test_a_step_that_may_be_interrupted_is_so_within_what_defers() -> None:
    with Deferred():
        with pytest.raises(KeyboardInterrupt):
            interruptible(press)
        press()


@pytest.mark.usefixtures("_installed")
def test_what_other_threads_do_does_not_change_where_the_main_one_may_be_interrupted() -> None:
    inside, done = threading.Event(), threading.Event()

    def elsewhere() -> None:
        def step() -> None:
            inside.set()
            done.wait(10)

        with Deferred():
            interruptible(step)

    other = threading.Thread(target=elsewhere)
    with Deferred():
        other.start()
        inside.wait(10)
        press()
        done.set()
        other.join()
        press()
    assert interrupts.pending()


@pytest.mark.usefixtures("_installed")
def test_an_interrupt_that_a_library_swallows_is_raised_again_at_the_next_progress() -> None:
    from hashwatt.bench.progress import Guarded

    with suppress(KeyboardInterrupt):  # as a bare `except:` somewhere below does
        press()
    with pytest.raises(KeyboardInterrupt):
        Guarded(NoProgress()).advance(1.0, None)


def test_a_signal_that_the_caller_ignores_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(interrupts, "_state", interrupts._State())
    try:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as nohup does with SIGHUP
        ctrl_c = signal.getsignal(signal.SIGINT)
        interrupts.install()
        signal.raise_signal(signal.SIGTERM)
        assert not interrupts.pending()
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, ctrl_c)


def test_a_program_of_its_own_gets_ctrl_c_back_after_a_measurement() -> None:
    before = signal.getsignal(signal.SIGINT)
    clock = VirtualClock()
    measure([fake("steady", clock)], seconds=0.5, clock=clock.now)
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(KeyboardInterrupt):
        press()


class Twice:
    """Progress that presses Ctrl-C at the n-th sample, and the tests press it again wherever they like."""

    def __init__(self, step: int) -> None:
        self._left = step
        self._now = ""

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        self._now = text

    def advance(self, amount: float, rate: float | None) -> None:
        if self._now.startswith("sampling"):
            self._left -= 1
            if self._left == 0:
                press()

    def done(self) -> None:
        pass


def pressing_before(function: Callable[..., object]) -> Callable[..., object]:
    def pressed(*given: object, **options: object) -> object:
        press()
        answer = function(*given, **options)
        press()
        return answer

    return pressed


@pytest.mark.parametrize(
    "place",
    [
        "hashwatt.kernels.fakes.device.FakeDevice.close",
        "hashwatt.bench.energy.sampler.MeterSampler.mark_end",
        "hashwatt.bench.energy.measurement.EnergyMeasurement.stop",
        "hashwatt.bench.energy.account.DeviceEnergy.settle",
        "hashwatt.bench.run.measured.stated_rate",
        "hashwatt.kernels.workloads.proof.task.HashingTask.evidence",
        "hashwatt.bench.api.library_versions",
        "hashwatt.bench.api.fitted",
    ],
)
def test_a_second_ctrl_c_loses_nothing_wherever_it_comes(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import import_module

    module, _, name = place.rpartition(".")
    try:
        owner: object = import_module(module)
    except ModuleNotFoundError:
        module, _, kind = module.rpartition(".")
        owner = getattr(import_module(module), kind)
    monkeypatch.setattr(owner, name, pressing_before(getattr(owner, name)))
    clock = VirtualClock()
    result = measure([fake("steady", clock)], seconds=2.0, clock=clock.now, progress=Twice(8))
    (entry,) = result.results
    assert entry.status == "interrupted"
    assert len(counted_samples(entry)) == 8
    assert verify(result).ok


def cut_after(samples: int, seconds: float | None) -> Measurement:
    clock = VirtualClock()
    # Slow, so that the samples of minutes that a long run takes are not hashed for minutes here.
    rate_hs = 2_000.0 if seconds == LONGEST_S else RATE_HS
    result = measure([fake("steady", clock, rate_hs)], seconds=seconds, clock=clock.now, progress=Twice(samples))
    assert [check.sentence for check in verify(result).checks if not check.ok] == []
    return result.results[0]


@pytest.mark.parametrize("seconds", [None, 2.0, 120.0, LONGEST_S])
def test_a_run_cut_short_after_three_samples_is_proven_whatever_was_planned(seconds: float | None) -> None:
    assert len(counted_samples(cut_after(3, seconds))) == 3


def test_what_an_interrupted_liar_measured_is_refused_like_any_liar_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HashingTask, "check_batch", lambda _self, _batch: None)
    clock = VirtualClock()
    result = measure([fake("missing-hits-when-busy", clock)], seconds=8.0, clock=clock.now, progress=Twice(25))
    (entry,) = result.results
    assert entry.status == "refused"
    assert entry.rate is None
    assert verify(result).ok


def test_a_long_run_keeps_no_more_shares_than_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    sampled = Sampler.sample

    def and_count(self: Sampler, start_s: float, warmup_s: float, progress: NoProgress) -> None:
        sampled(self, start_s, warmup_s, progress)
        workload = self._stopwatch.task
        assert isinstance(workload, HashingTask)
        assert workload._ledger is not None
        kept.append(len(workload._ledger.shares))

    monkeypatch.setattr(Sampler, "sample", and_count)
    clock = VirtualClock()
    result = measure([fake("steady", clock, rate_hs=2_000.0)], seconds=60.0, shares=1000, clock=clock.now)
    (entry,) = result.results
    assert 1900 < kept[0] < 4 * 1000, "as many as a run cut short at any time needs, and never more than some"
    assert 1000 - 5 * 32 < shares_of(entry).count < 1000 + 5 * 32
    assert verify(result).ok


def test_sampling_ends_where_a_result_can_hold_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hashwatt.bench.sampling.sampler.MOST_SAMPLES", 5)
    clock = VirtualClock()
    result = measure([fake("steady", clock)], seconds=2.0, clock=clock.now)
    (entry,) = result.results
    assert len(counted_samples(entry)) == 5
    assert "ended_early" in [warning.code for warning in entry.warnings]
    assert verify(result).ok


def test_a_meter_that_is_stuck_does_not_keep_an_interrupted_run_from_its_file() -> None:
    stuck = threading.Event()
    info = MeterInfo(
        id="test:stuck", name="a plug", scope="wall", coverage=Coverage("machine"), update_s=0.1, bound_source="us",
        power_step_w=0.1, interval_s=0.02, deadline_s=30.0,
    )  # fmt: skip

    class Stuck:
        def __init__(self) -> None:
            self.info = info
            self._reads = 0

        def read(self) -> Reading:
            self._reads += 1
            if self._reads > 3:
                stuck.wait()
            return Reading(power_w=10.0)

        def close(self) -> None:
            pass

    clock = VirtualClock()
    started = time.monotonic()
    result = measure(
        [fake("steady", clock)], seconds=8.0, clock=clock.now, idle_s=0, progress=Twice(20),
        meters=[MeterFound(info, Stuck)],
    )  # fmt: skip
    assert time.monotonic() - started < info.deadline_s - 5, "it was not waited for"
    assert len(counted_samples(result.results[0])) == 20
    stuck.set()
