"""What a proof costs: its part of a run's time, its size, and the time to check it.

Run with `tox -e perf -- tests/perf/test_proof.py -s`. All times are CPU time of this process, which other load does not
stretch much; each figure is the middle of several. The figures are in `extra_info`, and printed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from hashwatt.bench.api import run, save, verify
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.cached import check_part
from hashwatt.kernels.cpu.backend import find
from hashwatt.kernels.device import DeviceOptions, Found, Scan, scanning
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.workloads.evidence import Shares
from hashwatt.kernels.workloads.proof.task import HashingTask

ROUNDS = 11
MOST_VERIFY_S = 0.060
MOST_BYTES = 100_000
MOST_SHARE_OF_THE_RUN = 0.01
NONCES = 1 << 24


@pytest.fixture(scope="module")
def result() -> Result:
    """Ten seconds on the CPU, with the usual number of shares."""
    return run(["cpu"], seconds=10.0, meters=["none"])


def cpu_s(work: Callable[[], object]) -> float:
    """The middle of several CPU times."""
    times = []
    for _ in range(ROUNDS):
        began_s = time.process_time()
        work()
        times.append(time.process_time() - began_s)
    return median(times)


def tell(benchmark: Any, **figures: float) -> None:
    benchmark.extra_info.update(figures)
    print("".join(f"\n  {name}: {figure:.6g}" for name, figure in figures.items()))


def test_checking_ten_thousand_shares(benchmark: Any, result: Result, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    save(result, path)
    part_s = cpu_s(lambda: check_part(path, 300))
    evidence = result.results[0].evidence
    assert isinstance(evidence, Shares)
    verify(path)
    whole_s = cpu_s(lambda: verify(path))
    kept_s = cpu_s(lambda: check_part(path, 300))
    benchmark.pedantic(lambda: verify(path), rounds=3)
    tell(
        benchmark,
        shares=evidence.count,
        verify_ms=1e3 * whole_s,
        verify_ms_for_10000=1e3 * whole_s * max(1.0, 10_000 / evidence.count),
        in_a_report_ms=1e3 * part_s,
        in_a_report_once_verified_ms=1e3 * kept_s,
    )
    assert whole_s * max(1.0, 10_000 / evidence.count) <= MOST_VERIFY_S


def test_the_size_of_a_proof(benchmark: Any, result: Result) -> None:
    evidence = result.results[0].evidence
    assert isinstance(evidence, Shares)
    size = len(evidence.shares) + len(evidence.checksums)
    benchmark.pedantic(lambda: size, rounds=1)
    tell(benchmark, shares=evidence.count, bytes=size, bytes_for_10000=len(evidence.shares) / evidence.count * 10_000)
    assert size <= MOST_BYTES


def test_keeping_the_proof_takes_little_of_the_run(benchmark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spent_s = [0.0]

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def timing(*arguments: Any) -> Any:
            began_s = time.thread_time()
            try:
                return method(*arguments)
            finally:
                spent_s[0] += time.thread_time() - began_s

        return timing

    for name in ("count", "evidence"):
        monkeypatch.setattr(HashingTask, name, timed(getattr(HashingTask, name)))
    began_s = time.perf_counter()
    entry = benchmark.pedantic(lambda: run(["cpu"], seconds=10.0, meters=["none"]), rounds=1).results[0]
    took_s = time.perf_counter() - began_s
    share = spent_s[0] / took_s
    tell(benchmark, run_s=took_s, sampled_s=entry.seconds, proof_s=spent_s[0], share_of_the_run=share)
    assert share <= MOST_SHARE_OF_THE_RUN


def test_shares_do_not_slow_the_device(benchmark: Any) -> None:
    (found,) = (each for each in find() if isinstance(each, Found))
    device = scanning(found.open(DeviceOptions(threads=1)))
    prefix = secrets.token_bytes(PREFIX_BYTES)
    # With none, and with as many as a run of this device finds at most.
    none, some = target_from_zero_bits(40), target_from_zero_bits(15)

    def scan(target: int) -> tuple[float, Scan]:
        device.prepare(Job((prefix,), target))
        device.scan(range(1 << 16))
        began_s = time.process_time()
        scanned = device.scan(range(NONCES))
        return time.process_time() - began_s, scanned

    pairs = [(scan(none), scan(some)) for _ in range(ROUNDS)]
    benchmark.pedantic(lambda: scan(some), rounds=1)
    slower = median(after[0] / before[0] for before, after in pairs)
    found_a_second = median(len(after[1].hits) / after[0] for _, after in pairs)
    tell(benchmark, shares_a_second=found_a_second, time_with_them=slower)
    device.close()
