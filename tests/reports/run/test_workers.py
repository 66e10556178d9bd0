"""What a miner claims beside what its shares prove."""

from __future__ import annotations

from msgspec.structs import replace

from hashwatt.bench.result.measurement import Measurement
from hashwatt.kernels.workloads.evidence import ServedShares
from hashwatt.reports.run.workers import claim_lines

from ..samples import measured, result


def with_rate(entry: Measurement, rate_hs: float, origin: str) -> Measurement:
    assert entry.rate is not None
    return replace(entry, rate=replace(entry.rate, value=rate_hs, origin=origin))


def worker(name: str, rate_hs: float) -> Measurement:
    evidence = ServedShares(
        fresh_hex="0" * 32, extranonce1_hex="0" * 8, extranonce2_bytes=4, difficulty=1e-3, seconds=8.0, first_job=0,
        job_times=(0,), version_rolling=False, count=100, packed="",
    )  # fmt: skip
    entry = with_rate(measured(), rate_hs, "measured")
    return replace(entry, evidence=evidence, device=replace(entry.device, name=name, backend="stratum"))


def claim(rate_hs: float) -> Measurement:
    entry = with_rate(measured(), rate_hs, "reported")
    return replace(entry, evidence=None, device=replace(entry.device, name="rig", backend="asic"))


def test_a_claim_stands_beside_the_proof_of_the_one_worker() -> None:
    (line,) = claim_lines(result(worker("a", 50e6), claim(100e6)))
    assert line == "rig claims 100.0 MH/s (reported); its shares speak for 50.0% of that"


def test_two_windows_of_one_worker_are_not_added_up() -> None:
    (line,) = claim_lines(result(worker("a", 50e6), worker("a", 60e6), claim(100e6)))
    assert "its shares speak for 55.0% of that" in line


def test_of_several_workers_none_is_taken_for_the_one_that_claims() -> None:
    (line,) = claim_lines(result(worker("a", 50e6), worker("b", 60e6), claim(100e6)))
    assert line == "rig claims 100.0 MH/s (reported)"
