"""The time that a device may take in all is bounded, whatever its driver does and in whichever phase."""

from __future__ import annotations

import os
import time

import pytest

from hashwatt.bench.api import measure, verify
from hashwatt.bench.isolation.deadlines import Deadlines
from hashwatt.bench.isolation.device import opener
from hashwatt.bench.isolation.process import WorkerProcess
from hashwatt.bench.sampling import budget as budgets
from hashwatt.bench.sampling.budget import budget, device_seconds, left_s
from hashwatt.bench.sampling.plan import plan
from hashwatt.kernels.device import DeviceOptions, Found, scanning
from hashwatt.kernels.errors import DeviceCrashed, DeviceHung, OutOfTime
from hashwatt.kernels.fakes import device as fakes
from hashwatt.kernels.fakes.device import VirtualClock

from ..fakes import fake

MODULE = fakes.__name__


def found(behaviour: str) -> Found:
    info = fakes.fake_info(behaviour)
    return Found(info, opener(info, MODULE), isolate=True)


def test_a_wait_without_a_budget_takes_what_it_wishes() -> None:
    assert left_s(120.0) == 120.0


def test_a_wait_gets_what_is_left_and_never_less_than_nothing() -> None:
    with budget(10.0):
        assert left_s(3.0) == 3.0
        assert 9.0 < left_s(120.0) <= 10.0
        with budget(60.0):
            assert left_s(120.0) <= 10.0, "the outer budget goes on counting"
    with budget(-1.0):
        assert left_s(120.0) == 0.0
    assert left_s(120.0) == 120.0


def test_by_default_a_hanging_device_costs_a_run_no_more_than_its_share_and_40_s() -> None:
    assert device_seconds(plan(None), budgets.PATIENCE_S) <= 25 + 40


@pytest.mark.parametrize("seconds", [None, 0.5, 30.0, 86_400.0])
def test_the_samples_of_a_device_always_fit_into_its_time(seconds: float | None) -> None:
    planned = plan(seconds)
    sample_s = planned.batch_s * planned.batches_per_sample
    assert device_seconds(planned, 40.0) >= 40.0 + planned.warmup_s + planned.seconds + sample_s


@pytest.mark.parametrize(("behaviour", "while_"), [("hanging-at-open", "opening"), ("hanging-at-roof", "")])
def test_a_device_that_hangs_is_cut_off_when_its_time_is_up_and_the_next_is_measured(
    behaviour: str, while_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "SLACK_S", 0.5)
    started = time.monotonic()
    # Its own deadlines are those of a patient run: minutes.
    result = measure([found(behaviour), found("steady")], seconds=0.5, patience_s=4.0)
    assert time.monotonic() - started < 2 * (4 + 1 + 0.5 + 0.5) + 5
    first, second = result.results
    assert second.status == "measured"
    if while_:
        assert first.status == "failed"
        assert f"while {while_}" in (first.reason or "")
    else:
        assert first.status == "measured", "a limit that is not told costs no hashrate"
        assert "limit_unknown" in [warning.code for warning in first.warnings]
    assert verify(result).ok


def test_a_device_whose_time_is_up_is_not_asked_any_more() -> None:
    device = scanning(found("steady").open(DeviceOptions()))
    with budget(-1.0), pytest.raises(OutOfTime, match="had used up its time before hashing"):
        device.scan(range(10))
    device.close()


def test_a_worker_that_does_not_even_listen_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job of many prefixes is more than a pipe holds: sending it would wait for ever."""
    from hashwatt.bench.isolation.messages import Prepare

    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    monkeypatch.setattr("hashwatt.bench.isolation.process.WORKER_MODULE", "deaf_worker")
    worker = WorkerProcess("deaf")
    started = time.monotonic()
    with pytest.raises(DeviceCrashed, match="deaf: the process that drove it died"):
        worker.ask(Prepare((bytes(76),) * 65_536, bytes(32)), 1.0)
    assert 1 <= time.monotonic() - started < 60, "it would wait for ever"
    worker.close()


def test_samples_are_not_lost_where_getting_ready_took_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[float] = []
    clock = VirtualClock()

    def left(wished_s: float) -> float:
        """The time is up after 4 s of samples."""
        begun.append(clock.now())
        return 1.0 if clock.now() - begun[0] > 4 else 60.0

    monkeypatch.setattr("hashwatt.bench.sampling.sampler.left_s", left)
    result = measure([fake("steady", clock)], seconds=8.0, clock=clock.now)
    (entry,) = result.results
    assert entry.status == "measured"
    # The warm-ups between the rounds are a part of the time that is up.
    assert 3 < entry.seconds < 5
    assert "ended_early" in [warning.code for warning in entry.warnings]
    assert verify(result).ok


def test_where_no_time_is_left_for_three_samples_the_device_failed_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hashwatt.bench.sampling.sampler.left_s", lambda _: 0.5)
    clock = VirtualClock()
    (entry,) = measure([fake("steady", clock)], seconds=8.0, clock=clock.now).results
    assert entry.status == "failed"
    assert "no time was left for samples" in (entry.reason or "")


def test_deadlines_of_one_answer_still_hold_within_the_budget() -> None:
    info = fakes.fake_info("hanging-at-open")
    with budget(60.0), pytest.raises(DeviceHung, match=r"within \d s while opening"):
        opener(info, MODULE, Deadlines(open_s=3.0))(DeviceOptions())
