"""A fast device does not wait for the host: what is done once is not done again for every header and every launch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.opencl.codegen import emit as emitting
from hashwatt.kernels.opencl.codegen.layout import RECORDS_FETCHED_FIRST
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.device import OpenCLDevice
from hashwatt.kernels.opencl.known_answers import HASHES, HASHES_AGAIN

from ..conformance import assert_as_hashlib
from ..headers import random_prefixes
from .devices import open_here

pytestmark = pytest.mark.own_process
KERNEL = Variant(4)
HEADERS = [Job((prefix,), target_from_zero_bits(9)) for prefix in random_prefixes(6, seed=31)]


@pytest.fixture
def device() -> Iterator[OpenCLDevice]:
    device = open_here(KERNEL.name)
    yield device
    device.close()


def counted(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, calls: Counter[str]) -> None:
    original = getattr(where, name)

    def counting(*args: Any, **keywords: Any) -> Any:
        calls[name] += 1
        return original(*args, **keywords)

    monkeypatch.setattr(where, name, counting)


def test_a_new_header_compiles_lowers_and_allocates_nothing_anew(
    device: OpenCLDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hashwatt.kernels.opencl import device as devices
    from hashwatt.kernels.opencl import known_answers, program

    device.prepare(HEADERS[0])
    calls: Counter[str] = Counter()
    hashed: list[int] = []
    for where, name in ((emitting, "lower"), (program, "emit"), (program, "compiled"), (devices, "Results")):
        counted(monkeypatch, where, name, calls)

    def by_hashlib(job: Job, nonces: range) -> Any:
        hashed.append(len(nonces))
        return reference_scan(job, nonces)

    monkeypatch.setattr(known_answers, "reference_scan", by_hashlib)
    for job in HEADERS[1:]:
        assert_as_hashlib(device, job, range(1_000))
    assert calls == Counter()
    assert hashed == [HASHES_AGAIN] * len(HEADERS[1:])
    assert HASHES_AGAIN < HASHES / 8, "what hashlib needs for each is what a fast device waits for"


def test_more_records_than_usual_are_fetched_with_their_launch(
    device: OpenCLDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyopencl

    device.prepare(HEADERS[0])
    waiting: list[bool] = []
    copy = pyopencl.enqueue_copy

    def watched(*args: Any, **keywords: Any) -> Any:
        waiting.append(keywords.get("is_blocking", True))
        return copy(*args, **keywords)

    monkeypatch.setattr(pyopencl, "enqueue_copy", watched)
    scan = device.scan(range(200_000))
    assert len(scan.hits) > 5 * RECORDS_FETCHED_FIRST
    assert waiting
    assert not any(waiting), "a copy that waits would wait for the launch after this one, too"


def test_results_in_memory_that_a_gpu_reads_by_itself_are_as_right(device: OpenCLDevice) -> None:
    # This device is none, but takes such memory, too.
    device.info = replace(device.info, kind="gpu")
    for job in (HEADERS[0], Job(roll_versions(random_prefixes(1, seed=32)[0], 3), target_from_zero_bits(4))):
        assert_as_hashlib(device, job, range(5, 5 + 4_001))
