from __future__ import annotations

import errno
import re
from statistics import median
from typing import Any

import pytest

from hashwatt.bench.api import measure, verify
from hashwatt.bench.energy.account import DeviceEnergy
from hashwatt.bench.machine.load import LoadMeter, Readings
from hashwatt.bench.rates import counted_samples
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.warnings.judge import judge_roof
from hashwatt.kernels.device import DeviceOptions, Found, Scan
from hashwatt.kernels.errors import DeviceError, InputError
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock, fake_info
from hashwatt.kernels.workloads.proof.task import HashingTask

from ..fakes import FAST_HS, RATE_HS, fake, measured, shares_of


@pytest.fixture(autouse=True)
def _quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else runs on this machine does not belong to the fake devices' conditions."""
    monkeypatch.setattr(LoadMeter, "stop", lambda _self: Readings())


def only(behaviour: str, **options: Any) -> Measurement:
    (entry,) = measured(behaviour, **options).results
    return entry


def codes(entry: Measurement) -> set[str]:
    return {warning.code for warning in entry.warnings}


def test_a_steady_device_is_measured_within_a_percent_and_stops_early() -> None:
    entry = only("steady")
    assert entry.status == "measured"
    assert entry.rate is not None
    assert entry.rate.value == pytest.approx(RATE_HS, rel=0.01)
    assert 3.0 <= entry.seconds < 5.0
    assert len(counted_samples(entry)) >= 10
    assert entry.settings is not None
    assert entry.settings.until_narrow
    assert not codes(entry) & {"drift", "throttling", "few_samples", "wide_interval", "failed_batches"}


def test_a_given_time_is_sampled_fully() -> None:
    entry = only("steady", seconds=8.0)
    assert 8.0 <= entry.seconds < 8.6


def test_a_short_run_takes_shorter_samples_to_have_some() -> None:
    entry = only("steady", seconds=0.5, rate_hs=FAST_HS)
    assert len(counted_samples(entry)) >= 7
    assert max(sample.seconds for sample in counted_samples(entry)) < 0.08


def test_the_rate_is_all_work_over_all_time_with_median_and_best_beside_it() -> None:
    entry = only("steady")
    rates = [sample.amount / sample.seconds for sample in counted_samples(entry)]
    assert entry.rate is not None
    assert entry.rate.value == pytest.approx(entry.amount / entry.seconds)
    assert entry.rate.low is not None
    assert entry.rate.high is not None
    assert entry.rate.low <= entry.rate.value <= entry.rate.high
    assert (entry.rate.median, entry.rate.best) == (median(rates), max(rates))


def test_a_run_has_rounds_apart_in_time_each_with_its_start_and_its_warmup() -> None:
    entry = only("steady", seconds=2.0)
    assert len(entry.rounds) == 5
    ended_s = 0.0
    for taken in entry.rounds:
        assert taken.counted
        assert taken.left_out is None
        assert taken.warmup_s > 0
        # Whatever comes before sampling takes time, the warm-up among it.
        assert taken.start_s is not None
        assert taken.start_s >= ended_s + taken.warmup_s
        ended_s = taken.start_s + sum(sample.seconds for sample in taken.samples)


def test_rounds_of_devices_lie_between_each_other() -> None:
    result = measured("steady", "drifting", "chatty", seconds=2.0)
    starts = [(one.start_s, entry.device.id) for entry in result.results for one in entry.rounds]
    assert [name for _, name in sorted(starts)] == 5 * ["fake:steady", "fake:drifting", "fake:chatty"]


def test_devices_are_opened_and_compiled_once_for_all_rounds() -> None:
    opened = []
    clock = VirtualClock()

    def open_it(_options: DeviceOptions) -> FakeDevice:
        opened.append(FakeDevice("steady", RATE_HS, clock.spend))
        return opened[-1]

    found = [Found(fake_info("steady"), open_it), fake("chatty", clock)]
    first = measure(found, seconds=4.0, clock=clock.now).results[0]
    assert len(first.rounds) == 5
    assert len(opened) == 1


def test_about_as_many_shares_are_kept_as_are_wanted() -> None:
    wanted = shares_of(only("steady", seconds=6.0, shares=1000)).count
    assert 1000 - 5 * 32 < wanted < 1000 + 5 * 32


def test_a_short_run_keeps_shares_enough_to_prove_something() -> None:
    assert shares_of(only("steady", seconds=0.5)).count > 200


def test_spans_cover_exactly_the_counted_hashes() -> None:
    entry = only("steady")
    assert (
        sum(span.nonces for span in shares_of(entry).spans)
        == entry.amount
        == sum(s.amount for s in counted_samples(entry))
    )


def test_a_drifting_device_is_named_as_such() -> None:
    found = codes(only("drifting"))
    assert "drift" in found
    assert "throttling" not in found


def test_a_throttled_device_is_named_as_such() -> None:
    assert "throttling" in codes(only("throttled", rate_hs=FAST_HS))


def test_a_launch_that_fails_now_and_then_is_repeated_reported_and_not_counted() -> None:
    entry = only("failing", seconds=15.0)
    assert entry.status == "measured"
    assert "failed_batches" in codes(entry)
    assert entry.rate is not None
    assert entry.rate.value == pytest.approx(RATE_HS, rel=0.01)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [("broken", "did not launch"), ("unready", "cannot compile its kernel")],
)
def test_a_device_that_goes_on_failing_is_failed_with_its_reason(behaviour: str, reason: str) -> None:
    entry = only(behaviour)
    assert entry.status == "failed"
    assert reason in (entry.reason or "")
    assert (entry.rate, counted_samples(entry), entry.evidence) == (None, (), None)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("wrong-checksum", "other hashes than hashlib"),
        ("false-hits", "hashlib does not confirm it"),
        ("missing-hits", "found [0-9]+ of [0-9]+ shares"),
        ("missing-hits-when-busy", "its own evidence does not hold|two parts"),
        ("skipping-when-busy", "two parts"),
    ],
)
def test_a_lying_device_is_refused_with_its_reason(behaviour: str, reason: str) -> None:
    entry = only(behaviour)
    assert entry.status == "refused"
    assert entry.rate is None
    assert re.search(reason, entry.reason or ""), entry.reason


def test_missing_shares_show_in_their_number_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HashingTask, "check_batch", lambda _self, _batch: None)
    entry = only("missing-hits-when-busy")
    assert entry.status == "refused"
    assert "which the shares do not bear out" in (entry.reason or "")


def test_one_device_that_fails_does_not_lose_the_others() -> None:
    result = measured("steady", "broken", "false-hits", "steady", seconds=0.5)
    assert [entry.status for entry in result.results] == ["measured", "failed", "refused", "measured"]


def test_a_device_that_cannot_be_closed_costs_no_measurement() -> None:
    class Unclosable(FakeDevice):
        def close(self) -> None:
            raise DeviceError("the device does not let go; restart it")

    clock = VirtualClock()
    found = Found(fake_info("steady"), lambda _options: Unclosable("steady", RATE_HS, clock.spend))
    (entry,) = measure([found], seconds=0.5, clock=clock.now).results
    assert (entry.status, entry.reason) == ("measured", None)


@pytest.mark.parametrize(
    ("shortage", "reason"),
    [
        (MemoryError("Unable to allocate 32.0 MiB"), "gave no more memory"),
        (RuntimeError("can't start new thread"), "starts no more threads"),
        (OSError(errno.EMFILE, "Too many open files"), "no more files can be opened"),
        (OSError(errno.ENOSPC, "No space left on device", "/var/x"), "no more room (/var/x)"),
    ],
)
def test_what_the_system_has_no_more_of_is_no_mistake_of_ours(shortage: Exception, reason: str) -> None:
    class Starved(FakeDevice):
        def scan(self, nonces: range) -> Scan:
            raise shortage

    clock = VirtualClock()
    starved = Found(fake_info("chatty"), lambda _options: Starved("chatty", RATE_HS, clock.spend))
    entry, other = measure([starved, fake("steady", clock)], seconds=0.5, clock=clock.now).results
    assert (entry.status, other.status) == ("skipped", "measured")
    assert reason in (entry.reason or "")
    assert "mistake" not in (entry.reason or "")


def test_a_shortage_while_joules_are_put_together_costs_them_and_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(_self: DeviceEnergy, _result: Measurement) -> Measurement:
        raise MemoryError

    monkeypatch.setattr(DeviceEnergy, "settle", starved)
    clock = VirtualClock()
    (entry,) = measure([fake("steady", clock)], seconds=0.5, clock=clock.now).results
    assert (entry.status, entry.reason) == ("measured", None)
    (energy,) = entry.energy
    assert "gave no more memory" in (energy.reason or "")
    assert "mistake" not in (energy.reason or "")


def test_what_no_device_takes_is_the_users_mistake() -> None:
    def opened(options: DeviceOptions) -> FakeDevice:
        raise InputError(f"there is no kernel {options.kernel}; there is hashlib")

    clock = VirtualClock()
    picky = Found(fake_info("chatty"), opened)
    with pytest.raises(InputError, match="no kernel fast"):
        measure([picky], options=DeviceOptions(kernel="fast"), clock=clock.now)
    entries = measure([picky, fake("steady", clock)], seconds=0.5, clock=clock.now).results
    assert [entry.status for entry in entries] == ["failed", "measured"]


def test_a_device_fast_enough_to_use_up_the_nonces_walks_on_to_the_next_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hashwatt.kernels.workloads.proof.task.NONCES", 1 << 16)
    monkeypatch.setattr(HashingTask, "largest_batch", 1 << 16)
    result = measured("steady", seconds=3.0, rate_hs=FAST_HS)
    proof = shares_of(result.results[0])
    headers = [span.start >> 32 for span in proof.spans]
    assert headers == sorted(headers)
    assert set(headers) == {0, 1, 2}
    assert verify(result).ok


def test_device_seconds_that_make_no_sense_are_unknown() -> None:
    class Confused(FakeDevice):
        def scan(self, nonces: range) -> Scan:
            scan = super().scan(nonces)
            return Scan(scan.hits, scan.hashes, scan.xor_h7, float("nan"))

    clock = VirtualClock()
    found = Found(fake_info("steady"), lambda _options: Confused("steady", RATE_HS, clock.spend))
    result = measure([found], seconds=0.5, clock=clock.now)
    assert {sample.device_s for sample in counted_samples(result.results[0])} == {None}
    assert verify(result).ok


def test_a_hashrate_is_shown_as_a_share_of_the_measured_limit() -> None:
    (device,) = measured("steady").results
    assert device.roof is not None
    assert device.roof.origin == "measured"
    assert device.roof.percent == pytest.approx(80, rel=0.01)


def test_a_device_that_cannot_measure_its_limit_keeps_its_hashrate() -> None:
    (device,) = measured("roofless").results
    assert (device.status, device.roof) == ("measured", None)
    assert "limit_unknown" in [warning.code for warning in device.warnings]


def test_a_rate_far_above_its_roof_gives_no_share_and_is_named_as_what_cannot_be() -> None:
    (device,) = measured("low-roofed").results
    assert device.roof is not None
    assert device.roof.percent is None
    assert re.search(r"1(49|50)\.\d % of the roof, which cannot be", device.roof.reason or "")
    (warning,) = [warning for warning in device.warnings if warning.code == "limit_unsure"]
    assert "roof is unknown: the rate would be 1" in warning.text
    assert "limit_unsure" not in codes(only("steady"))


def test_a_limit_measured_beside_other_programs_is_named_as_unsure_on_the_cpu_alone() -> None:
    (warning,) = judge_roof(90.0, 0.8)
    assert warning.code == "limit_unsure"
    assert "0.8 CPUs busy while the roof was measured" in warning.text
    assert judge_roof(104.0, 0.1) == judge_roof(90.0, None) == []
