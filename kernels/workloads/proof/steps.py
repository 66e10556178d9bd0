"""Long ranges in steps short enough to show progress and to be interrupted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from ...device import Scan, Scans
from ...headers.job import Job
from .confirm import check_answer
from .oracle import Oracle

STEP_S = 0.25
FIRST_STEP = 1 << 12
# A step may take this many times the nonces of the one before.
FASTEST_GROWTH = 16


@dataclass(frozen=True)
class ScanStep:
    """One scanned part of the range, in `seconds`."""

    nonces: range
    scan: Scan
    seconds: float


def scan_in_steps(oracle: Oracle, device: Scans, job: Job, nonces: range) -> Iterator[ScanStep]:
    """Scan `nonces` for the prepared `job`, ascending, each answer confirmed by the oracle. Raises DeviceError."""
    start, size = nonces.start, oracle.fewer(FIRST_STEP)
    while start < nonces.stop:
        part = range(start, min(start + size, nonces.stop))
        started = time.perf_counter()
        scan = device.scan(part)
        seconds = max(time.perf_counter() - started, 1e-9)
        check_answer(oracle, device.info.id, job, part, scan)
        yield ScanStep(part, scan, seconds)
        start = part.stop
        size = max(1, min(size * FASTEST_GROWTH, int(len(part) * STEP_S / seconds)))
