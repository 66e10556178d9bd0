"""What a time-stamp is put over, and how much time samples may fill between a beacon and a stamp."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from msgspec.structs import replace

from hashwatt.bench.anchors.clock import contradiction
from hashwatt.bench.anchors.digest import record_bytes, record_digest
from hashwatt.bench.result.anchors import Stamp
from hashwatt.bench.result.measurement import Measurement
from tests.reports.factory import result, verified

RIGHT = verified()


def lasting(*seconds: float, entry: Measurement = RIGHT) -> Measurement:
    """A record with samples of so many seconds, in one round."""
    (one,) = entry.rounds
    samples = tuple(replace(one.samples[0], seconds=each) for each in seconds)
    return replace(entry, rounds=(replace(one, samples=samples),))


def test_the_record_s_form_is_sorted_ascii_without_what_is_null_or_empty() -> None:
    run = result(replace(RIGHT, reason="größer"), note=None)
    text = record_bytes(run).decode("ascii")
    document = json.loads(text)
    assert text == json.dumps(document, sort_keys=True, separators=(",", ":"))
    assert document["results"][0]["reason"] == "größer"
    assert {"note", "stamps", "warnings"}.isdisjoint(document)
    # All that is there is kept, lists with their order.
    seconds = [one["seconds"] for one in document["results"][0]["rounds"][0]["samples"]]
    assert seconds == [one.seconds for one in RIGHT.rounds[0].samples]
    assert record_digest(run) == sha256(text.encode()).hexdigest()


def test_what_is_no_number_has_no_form() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        record_bytes(result(lasting(float("nan"))))


def test_the_digest_is_another_wherever_a_record_is_and_the_same_whatever_stamps_it() -> None:
    run = result(RIGHT)
    assert record_digest(result(lasting(1.0, 2.0))) != record_digest(result(lasting(2.0, 1.0)))
    assert record_digest(result(RIGHT, verified("opencl:0"))) != record_digest(run)
    stamp = Stamp(authority="it", record_sha256="0" * 64, time="2026-01-01T00:00:00Z", response_base64="AAAA")
    assert record_digest(replace(run, stamps=(stamp,))) == record_digest(run)


@pytest.mark.parametrize(("seconds", "fits"), [(100.0, True), (103.0, True), (103.1, False)])
def test_samples_fill_no_more_than_the_time_between_with_what_a_clock_may_be_off(seconds: float, fits: bool) -> None:
    # 100 s lie between; 1 % and 2 s more are what a clock may be off.
    found = contradiction(result(lasting(seconds / 2, seconds / 2)), 100.0)
    assert (found == "") is fits
    if not fits:
        assert found == "103.1 s of samples are stated, and between beacon and time-stamp lie 100 s"


def test_devices_of_one_machine_take_turns_and_those_of_two_do_not() -> None:
    here, there = lasting(60.0), lasting(60.0, entry=verified("opencl:0"))
    assert contradiction(result(here, there), 100.0).startswith("120 s of samples")
    assert contradiction(result(here, replace(there, machine="f" * 16)), 100.0) == ""
    # The machine that took longest decides.
    assert contradiction(result(here, replace(there, machine="f" * 16)), 50.0).startswith("60 s of samples")
    assert contradiction(result(lasting(1.0), replace(there, machine="f" * 16)), 50.0).startswith("60 s of samples")
    assert contradiction(result(replace(RIGHT, rounds=())), 1e-9) == ""


def test_a_stamp_is_younger_than_the_beacon() -> None:
    told = "a time-stamp is older than the beacon's value that the record holds"
    assert contradiction(result(RIGHT), 0.0) == contradiction(result(RIGHT), -5.0) == told
    assert contradiction(result(RIGHT), 0.5) == ""
