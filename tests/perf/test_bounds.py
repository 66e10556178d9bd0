"""What must not take long where the machine is quiet: the default tests count, in its place, what is done.

Run with `tox -e perf -- tests/perf/test_bounds.py`. All but the last are CPU time, which other load hardly
stretches.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from hashwatt.bench.api import save, verify
from hashwatt.bench.sampling.plan import DEFAULT_SECONDS
from hashwatt.kernels.cpu.variants import program
from hashwatt.kernels.headers import early
from hashwatt.kernels.headers.job import Job, roll_versions

from ..bench.fakes import measured
from ..bench.test_interrupts import cut_after
from ..bench.verification.tampering import tampered
from ..bench.verification.test_checks import as_large_as_a_result_may_be
from ..cli.terminal import run_here


@pytest.fixture(scope="module")
def honest_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "honest.json"
    save(measured("steady", seconds=2.0), path)
    return path


def test_verifying_takes_milliseconds(benchmark: Any, honest_file: Path) -> None:
    verify(honest_file)
    started = time.process_time()
    benchmark.pedantic(lambda: verify(honest_file), rounds=1)
    assert time.process_time() - started < 0.1


def test_the_command_verifies_within_a_blink(
    benchmark: Any, honest_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here(capsys, "verify", str(honest_file), "--effort", "0")
    started = time.process_time()
    outcome = benchmark.pedantic(lambda: run_here(capsys, "verify", str(honest_file), "--effort", "0"), rounds=1)
    assert time.process_time() - started < 0.3
    assert outcome.code == 0


def test_the_largest_result_the_model_allows_is_checked_in_seconds(
    benchmark: Any, honest_file: Path, tmp_path: Path
) -> None:
    started = time.process_time()
    verdict = benchmark.pedantic(lambda: tampered(honest_file, tmp_path, as_large_as_a_result_may_be), rounds=1)
    assert time.process_time() - started < 10
    assert not verdict.ok


def test_a_job_of_65536_prefixes_is_ready_within_seconds(benchmark: Any) -> None:
    def ready() -> None:
        early.early_rows(program(True, True), Job(roll_versions(bytes(range(76)), 1 << 16), 1))

    started = time.thread_time()
    benchmark.pedantic(ready, rounds=1)
    assert time.thread_time() - started < 8


def test_interrupts_are_quick_to_end_a_run(benchmark: Any) -> None:
    started = time.monotonic()
    benchmark.pedantic(lambda: cut_after(3, DEFAULT_SECONDS), rounds=1)
    assert time.monotonic() - started < 5
