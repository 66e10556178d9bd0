"""Sums over machines: only what can be added is, with intervals that follow, and joules by scope."""

from __future__ import annotations

import math
from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.energy import Energy
from hashwatt.bench.result.fleet import FleetRecord
from hashwatt.bench.result.measurement import Measurement
from hashwatt.reports.fleet.totals import Total, totals, totals_of
from tests.reports.factory import joules, result, streaming, verified


def on(machine: str, rate: float = 20e6, device: str = "cpu", **changes: object) -> Measurement:
    return replace(verified(device, rate=rate, **changes), machine=machine * 16)  # type: ignore[arg-type]


def only(*entries: Measurement) -> Total:
    (total,) = totals_of(entries)
    return total


def test_rates_are_added_and_half_widths_as_roots_of_squares() -> None:
    a, b = on("a"), on("b", 30e6)
    total = only(a, b)
    assert a.rate is not None
    assert b.rate is not None
    assert a.rate.low is not None
    assert b.rate.low is not None
    assert total.rate == pytest.approx(a.rate.value + b.rate.value)
    assert total.low is not None
    assert total.rate - total.low == pytest.approx(math.hypot(a.rate.value - a.rate.low, b.rate.value - b.rate.low))
    assert (total.machines, total.devices, total.confidence) == (2, 2, 0.95)


def test_a_rate_without_an_interval_leaves_the_sum_without_one() -> None:
    a, b = on("a"), on("b")
    assert b.rate is not None
    total = only(a, replace(b, rate=replace(b.rate, low=None, high=None, confidence=None)))
    assert (total.low, total.high, total.confidence) == (None, None, None)


def test_of_devices_on_the_same_cores_the_fastest_counts() -> None:
    total = only(on("a", 20e6), on("a", 30e6, "opencl:0", runs_on_host_cpu=True))
    assert total.devices == 1
    assert total.rate == pytest.approx(30e6, rel=0.02)
    assert total.left_out == ("1 rate of devices on the same hardware as a faster one",)


def test_two_cards_are_added_and_one_card_under_two_names_is_not() -> None:
    card = {"kind": "gpu", "runs_on_host_cpu": False}
    two = only(on("a", 1e9, "opencl:0", pci_address="01", **card), on("a", 1e9, "opencl:1", pci_address="02", **card))
    assert two.devices == 2
    one = only(on("a", 1e9, "opencl:0", pci_address="01", **card), on("a", 1e9, "opencl:1", pci_address="01", **card))
    assert one.devices == 1


def test_what_was_not_finished_or_is_somebody_s_word_counts_nothing() -> None:
    a, cut_short, told, emulated = on("a"), on("b"), on("c"), on("d", simulator=True)
    assert told.rate is not None
    total = only(
        a, replace(cut_short, status="interrupted"), replace(told, rate=replace(told.rate, origin="reported")), emulated
    )
    assert total.machines == 1
    assert total.left_out == ("1 rate by a device's own word", "1 rate of simulators")


def test_kinds_of_work_are_never_added() -> None:
    assert [total.workload for total in totals_of([on("a"), replace(streaming(), machine="a" * 16)])] == [
        "sha256d",
        "stream",
    ]


def metered(entry: Measurement, *records: Energy) -> Measurement:
    return replace(entry, energy=tuple(replace(record, covers="the device") for record in records))


def test_joules_are_added_by_scope_over_the_work_that_they_were_for() -> None:
    a, b = on("a"), on("b")
    package = joules(2e6, a)
    wall = joules(3e6, b, scope="wall", meter="shelly://10.0.0.1")
    total = only(metered(a, package), metered(b, joules(2e6, b), wall))
    by_scope = {energy.scope: energy for energy in total.energy}
    assert {scope: energy.machines for scope, energy in by_scope.items()} == {"package": 2, "wall": 1}
    assert by_scope["package"].joules == pytest.approx(2 * (package.gross_j or 0))
    assert by_scope["package"].low_j == pytest.approx(0.98 * by_scope["package"].joules)
    assert by_scope["package"].j_per_unit == pytest.approx(2e-6)
    assert by_scope["wall"].j_per_unit == pytest.approx(3e-6)


def test_a_plug_that_two_machines_hang_on_counts_for_none() -> None:
    a, b = on("a"), on("b")
    plug: Any = {"scope": "wall", "meter": "shelly://10.0.0.1"}
    total = only(metered(a, joules(3e6, a, **plug)), metered(b, joules(3e6, b, **plug)))
    assert total.energy == ()
    assert total.left_out == ("joules of 1 plugs that several machines hang on",)


def test_what_no_meter_covers_and_unknown_bounds_stay_unknown() -> None:
    a = on("a")
    assert only(replace(a, energy=(replace(joules(2e6, a), covers="not the device"),))).energy == ()
    (energy,) = only(metered(a, joules(2e6, a, high_j=None))).energy
    assert energy.high_j is None


def test_a_trial_has_no_sums() -> None:
    trial = FleetRecord(trial=True, together=False, spread_s=None, members=(), lost=())
    assert totals(result(fleet=trial)) == ()
    assert len(totals(result(fleet=replace(trial, trial=False)))) == 1
