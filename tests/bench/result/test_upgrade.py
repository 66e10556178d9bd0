"""Files of schema version 1 keep their figures when they are read as version 2."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from hashwatt.bench.result import version1
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.upgrade import upgraded
from hashwatt.kernels.workloads.evidence_version1 import ChunkedShares

from .strategies import round_trip, values_of

FILES = sorted((Path(__file__).parents[2] / "golden" / "version1").glob("*.json"))
# What the report of version 1 said about these files.
FIGURES = FILES[0].parent / "figures.csv"

any_old_file = settings(deadline=None, suppress_health_check=list(HealthCheck))


def old_result(path: Path) -> version1.Result:
    return msgspec.json.decode(path.read_bytes(), type=version1.Result)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_figure_of_an_old_file_stays(path: Path) -> None:
    old = old_result(path)
    new = upgraded(old)
    assert round_trip(new) == new
    assert new.written_as == 1
    assert [entry.device.id for entry in new.results] == [entry.device.id for entry in old.devices]
    for before, after in zip(old.devices, new.results, strict=True):
        assert_same(before, after)
    if old.together is not None:
        assert new.together is not None
        assert new.together.sum_rate == old.together.sum_hs
        assert [rate.ratio_to_alone for rate in new.together.rates] == [
            rate.ratio_to_alone for rate in old.together.rates
        ]
        for before, after in zip(old.together.devices, new.together.results, strict=True):
            assert_same(before, after)


def assert_same(before: version1.DeviceResult, after: Measurement) -> None:
    samples = [sample for one in after.rounds for sample in one.samples]
    assert [(sample.amount, sample.seconds) for sample in samples] == [
        (sample.hashes, sample.seconds) for sample in before.samples
    ]
    assert (after.amount, after.seconds, after.status) == (before.hashes, before.seconds, before.status)
    assert (after.rate is None) == (before.hashrate is None)
    if after.rate is not None and before.hashrate is not None:
        assert (after.rate.value, after.rate.low, after.rate.high) == (
            before.hashrate.value_hs,
            before.hashrate.low_hs,
            before.hashrate.high_hs,
        )
        assert (after.rate.median, after.rate.unit) == (before.hashrate.value_hs, "hash/s")
    if before.proof is None:
        assert after.evidence is None
    else:
        assert isinstance(after.evidence, ChunkedShares)
        assert after.evidence.chunks == before.proof.chunks
        assert after.evidence.shares == before.proof.shares
    for old_energy, new_energy in zip(before.energy, after.energy, strict=True):
        assert new_energy.gross_j == old_energy.gross_j
        if old_energy.efficiency is not None:
            assert new_energy.efficiency is not None
            assert new_energy.efficiency.j_per_unit.value * 1e12 == pytest.approx(
                old_energy.efficiency.j_per_th.value, rel=1e-12
            )
            assert new_energy.efficiency.units_per_j.value / 1e6 == pytest.approx(
                old_energy.efficiency.mh_per_j.value, rel=1e-12
            )


def test_the_figures_are_those_that_version_1_reported() -> None:
    rates = {
        (result.run_id, entry.device.id): entry
        for result in map(upgraded, map(old_result, FILES))
        for entry in result.results
    }
    rows = list(csv.DictReader(FIGURES.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == len(rates)
    for row in rows:
        entry = rates[row["run_id"], row["device_id"]]
        assert (row["rate_per_s"] == "") == (entry.rate is None)
        if entry.rate is not None:
            assert float(row["rate_per_s"]) == entry.rate.value
            assert int(row["prefixes"]) == entry.parameters["prefixes"]


@any_old_file
@given(values_of(version1.Result))
def test_whatever_fits_version_1_fits_version_2(old: version1.Result) -> None:
    new = upgraded(old)
    assert round_trip(new) == new
    assert len(new.results) == len(old.devices)


@any_old_file
@given(values_of(version1.DeviceRecord))
def test_what_a_name_told_is_told_by_fields(old: version1.DeviceRecord) -> None:
    machine = old_result(FILES[0])
    entry = msgspec.structs.replace(machine.devices[0], device=old)
    new = upgraded(msgspec.structs.replace(machine, devices=(entry,))).results[0].device
    assert new.simulator == ("simulator" in old.name)
    assert new.runs_on_host_cpu is True or old.kind != "cpu"


@any_old_file
@given(values_of(Result))
def test_the_model_holds_whatever_its_bounds_allow(result: Result) -> None:
    assert round_trip(result) == result
