"""Which target and which leaves a run gets: by its rate and its length, from a slow simulation to 100 TH/s."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from hashwatt.kernels.device import KernelInfo, Scan
from hashwatt.kernels.fakes.device import fake_info
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.headers.target import share_probability
from hashwatt.kernels.workloads.proof.bounds import FEWEST_EXPECTED_SHARES
from hashwatt.kernels.workloads.proof.oracle import Oracle
from hashwatt.kernels.workloads.proof.task import HashingTask
from hashwatt.kernels.workloads.protocol import Expected, Request
from hashwatt.kernels.workloads.scrypt.oracle import ORACLE as SCRYPT
from hashwatt.kernels.workloads.sha256d.oracle import ORACLE

NONCES = 1 << 32


@dataclass
class Swift:
    """A device that finds nothing, in no time."""

    info: object = field(default_factory=lambda: fake_info("steady"))
    scanned: list[range] = field(default_factory=list)
    job: Job | None = None

    def prepare(self, job: Job) -> KernelInfo:
        self.job = job
        return KernelInfo("none", len(job.prefixes), {}, 0.0, "0" * 64)

    def scan(self, nonces: range) -> Scan:
        self.scanned.append(nonces)
        return Scan((), len(nonces) * len(self.job.prefixes if self.job else ()), 7)

    def close(self) -> None: ...


def begun(
    rate: float, seconds: float, batch: int, prefixes: int = 1, shares: int | None = None, oracle: Oracle = ORACLE
) -> HashingTask:
    request = Request("a challenge", "00" * 16, {"prefixes": prefixes}, "00" * 8, shares)
    task = HashingTask(oracle, Swift(), request)  # type: ignore[arg-type]
    task.start(Expected(rate * seconds, seconds))
    task.ready(batch)
    return task


def shares_a_second(task: HashingTask, rate: float) -> float:
    return rate * share_probability(task._target)


@pytest.mark.parametrize("rate", [1e3, 1e5, 1e8, 1e10, 1e14])
@pytest.mark.parametrize("seconds", [0.5, 5.0, 120.0, 86_400.0])
def test_enough_shares_come_at_once_and_never_so_many_that_the_device_waits(rate: float, seconds: float) -> None:
    found = shares_a_second(begun(rate, seconds, 1 << 20), rate)
    assert 400 <= found <= 1700 or found * seconds <= 1200


@pytest.mark.parametrize("oracle", [ORACLE, SCRYPT], ids=lambda oracle: oracle.workload)
@pytest.mark.parametrize("seconds", [0.5, 0.74, 1.0, 1.9, 2.0, 5.0])
@pytest.mark.parametrize("rate", [5e3, 20e3, 24e3, 25e3, 26e3, 4e7])
def test_a_device_that_does_a_third_of_what_was_expected_has_shares_enough(
    oracle: Oracle, seconds: float, rate: float
) -> None:
    task = begun(rate, seconds, 1 << 20, oracle=oracle)
    assert shares_a_second(task, rate) * seconds / 3 >= min(FEWEST_EXPECTED_SHARES, rate * seconds / 3)


def test_more_shares_are_looked_for_where_more_are_wanted() -> None:
    assert shares_a_second(begun(1e8, 5.0, 1 << 20, shares=40_000), 1e8) > 3000


def test_a_slow_device_s_every_hash_is_a_share() -> None:
    assert share_probability(begun(100.0, 5.0, 1 << 10)._target) == 1.0


@pytest.mark.parametrize("batch", [1 << 10, 1 << 24, NONCES])
def test_leaves_are_whole_batches_and_not_too_many(batch: int) -> None:
    task = begun(1e8, 3600.0, batch)
    assert task._headers is not None
    leaf = task._headers.leaf_nonces
    assert leaf % batch == 0
    assert 1e8 * 3600 / leaf <= 2048 or leaf == batch
    assert leaf == batch or 1e8 * 3600 / leaf > 1024


def test_a_device_of_100_terahashes_walks_thousands_of_headers_in_few_bytes() -> None:
    task = begun(1e14, 86_400.0, NONCES)
    for sample in range(20):
        for _ in range(300):
            task.ready(NONCES)
            task.run(NONCES)
        task.count(sample)
    assert not task.is_full
    evidence = task.evidence(20)
    assert [(span.start, span.nonces) for span in evidence.spans] == [(0, 6000 * NONCES)]
    assert len(evidence.checksums) < 100


def test_a_batch_larger_than_a_leaf_is_scanned_leaf_by_leaf() -> None:
    task = begun(1e6, 1.0, 1 << 10)
    task.run(1 << 10)
    task.ready(1 << 12)
    task.run(1 << 12)
    task.count(0)
    device = task._device
    assert isinstance(device, Swift)
    assert [len(nonces) for nonces in device.scanned] == [1 << 10] * 5
    assert task.evidence(1).parts == 5


def test_what_is_dropped_is_walked_past_and_not_counted() -> None:
    task = begun(1e6, 1.0, 1 << 10)
    task.run(1 << 10)
    task.drop()
    task.run(1 << 10)
    task.count(0)
    (span,) = task.evidence(1).spans
    assert (span.start, span.nonces) == (1 << 10, 1 << 10)
