"""All devices at once: what each reaches then is held against what it reached alone. Real threads, real time."""

from __future__ import annotations

import signal
import threading
from functools import cache
from pathlib import Path

import msgspec
import pytest

from hashwatt.bench.api import measure, run, save, verify
from hashwatt.bench.isolation.device import opener
from hashwatt.bench.result.file import decode, encode
from hashwatt.bench.result.model import Result, Together
from hashwatt.bench.run.rendezvous import Rendezvous
from hashwatt.bench.run_id import together_run_id
from hashwatt.bench.verification.checks import check_measurement
from hashwatt.kernels.device import DeviceInfo, DeviceOptions, Found, Kind
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.fakes import device as fakes
from hashwatt.kernels.fakes.device import FakeDevice, fake_info

from ..fakes import shares_of

RATE_HS = 20_000.0


def here(behaviour: str, *later: str) -> Found:
    """A device in this process; when it is opened again it behaves in the next way."""
    behaviours = [behaviour, *later]

    def opened(_options: DeviceOptions) -> FakeDevice:
        return FakeDevice(behaviours.pop(0) if len(behaviours) > 1 else behaviours[0], RATE_HS)

    return Found(fake_info(behaviour), opened)


def isolated(behaviour: str) -> Found:
    info = fake_info(behaviour)
    return Found(info, opener(info, fakes.__name__), isolate=True)


@cache
def together() -> Result:
    """One device in this process and one in a process of its own, as with the CPU and a driver."""
    return measure([here("steady"), isolated("chatty")], seconds=0.5, together=True)


def part(result: Result) -> Together:
    assert result.together is not None
    return result.together


def changed(result: Result, **fields: object) -> Result:
    return msgspec.structs.replace(result, together=msgspec.structs.replace(part(result), **fields))


def test_every_device_is_measured_alone_first_and_then_with_the_others() -> None:
    result = together()
    names = ["fake:steady", "fake:chatty"]
    assert [entry.device.id for entry in result.results] == names
    assert [entry.device.id for entry in part(result).results] == names
    assert {entry.status for entry in (*result.results, *part(result).results)} == {"measured"}


def test_rates_are_given_with_their_ratio_to_alone_and_their_sum() -> None:
    result = together()
    for alone, then, rate in zip(result.results, part(result).results, part(result).rates, strict=True):
        assert alone.rate is not None
        assert then.rate is not None
        assert rate.rate == then.rate.value
        assert rate.ratio_to_alone == then.rate.value / alone.rate.value
        # Both sleep most of the time: they have room beside each other, unless the machine is very busy.
        assert 0.2 < rate.ratio_to_alone < 5
    assert part(result).sum_rate == pytest.approx(sum(rate.rate for rate in part(result).rates))


def test_sampling_takes_the_time_that_the_longest_took_alone() -> None:
    result = together()
    assert part(result).seconds == max(entry.seconds for entry in result.results)
    assert all(entry.seconds >= 0.5 for entry in part(result).results)


def test_what_was_done_together_is_proven_with_headers_of_its_own() -> None:
    result = together()
    assert verify(result).ok
    entry = part(result).results[0]
    assert all(check.ok for check in check_measurement(entry, result.challenge, together_run_id(result.run_id)).checks)
    proofs = [shares_of(one.results[0]) for one in (result, part(result))]
    assert proofs[0].shares != proofs[1].shares


def test_it_is_stored_and_read_again() -> None:
    assert decode(encode(together()), "x") == together()


def test_work_done_alone_cannot_be_passed_off_as_done_together() -> None:
    forged = changed(together(), results=together().results)
    failed = [check for check in verify(forged).checks if not check.ok]
    assert "shares" in {check.code for check in failed}
    assert all((check.device or "together").startswith("together") for check in failed)


@pytest.mark.parametrize(
    ("field", "sentence"),
    [("rates", "not those of the devices"), ("sum_rate", "add up to"), ("ratio", "of its rate alone, not the stated")],
)
def test_figures_that_do_not_follow_from_the_records_are_refused(field: str, sentence: str) -> None:
    first, second = part(together()).rates
    forged = {
        "rates": changed(together(), rates=(first,)),
        "sum_rate": changed(together(), sum_rate=1e12),
        "ratio": changed(together(), rates=(msgspec.structs.replace(first, ratio_to_alone=1.5), second)),
    }
    (failed,) = [check for check in verify(forged[field]).checks if not check.ok]
    assert failed.code == "together"
    assert sentence in failed.sentence


def test_a_device_that_fails_among_the_others_loses_nothing_measured_before() -> None:
    result = measure([here("steady"), here("chatty", "broken")], seconds=0.5, together=True)
    assert [entry.status for entry in result.results] == ["measured", "measured"]
    assert [entry.status for entry in part(result).results] == ["measured", "failed"]
    assert [rate.device for rate in part(result).rates] == ["fake:steady"]
    assert verify(result).ok


def test_one_device_that_could_be_measured_is_not_measured_together_and_the_result_says_so() -> None:
    result = measure([here("steady"), here("broken")], seconds=0.5, together=True)
    assert part(result).results == ()
    assert "fake:steady could be measured alone" in (part(result).reason or "")
    assert verify(result).ok


def test_nothing_is_measured_together_unless_asked_for() -> None:
    assert measure([here("steady")], seconds=0.5).together is None


def test_one_device_alone_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hashwatt.bench.api.find_all", lambda *_: [here("steady")])
    with pytest.raises(InputError, match="nothing to be measured together with"):
        run(together=True)


def test_an_interrupt_keeps_what_was_measured_alone_and_what_was_measured_together(tmp_path: Path) -> None:
    class PressesCtrlC:
        def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
            if text == "sampling together":
                threading.Timer(0.5, signal.raise_signal, (signal.SIGINT,)).start()

        def advance(self, amount: float, rate: float | None) -> None:
            pass

        def done(self) -> None:
            pass

    result = measure([here("steady"), isolated("chatty")], seconds=2.0, together=True, progress=PressesCtrlC())
    assert [entry.status for entry in result.results] == ["measured", "measured"]
    assert {entry.status for entry in part(result).results} == {"interrupted"}
    assert verify(result).ok
    save(result, tmp_path / "interrupted.json")


def test_the_company_does_not_wait_for_who_has_left() -> None:
    rendezvous = Rendezvous(3)
    others = [threading.Thread(target=rendezvous.meet, daemon=True) for _ in range(2)]
    for other in others:
        other.start()
    rendezvous.leave()
    for other in others:
        other.join(10)
    assert rendezvous.meetings == 1


def test_devices_of_the_same_cores_are_known_by_kind_or_by_what_they_say() -> None:
    def info(kind: Kind, runs_on_host_cpu: bool | None) -> DeviceInfo:
        return DeviceInfo("x", kind, "n", "v", "b", "d", runs_on_host_cpu=runs_on_host_cpu)

    assert info("cpu", None).on_host_cores
    assert info("accelerator", True).on_host_cores
    assert not info("cpu", False).on_host_cores
    assert not info("gpu", None).on_host_cores


def test_devices_that_share_their_cores_are_named_with_what_that_means() -> None:
    def one(name: str) -> Found:
        info = DeviceInfo(name, "cpu", "Xeon", "v", "cpu", "d")

        def opened(_options: DeviceOptions) -> FakeDevice:
            device = FakeDevice("steady", RATE_HS)
            device.info = info
            return device

        return Found(info, opened)

    result = measure([one("cpu"), one("opencl:0")], seconds=0.5, together=True)
    (warning,) = part(result).warnings
    assert warning.code == "shared_cores"
    assert "cpu and opencl:0 are on the same cores" in warning.text
