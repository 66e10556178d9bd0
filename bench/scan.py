"""Every share in a range of nonces."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from operator import xor

from msgspec import Struct

from ..kernels.device import Scans
from ..kernels.errors import InputError
from ..kernels.headers.genesis import GENESIS_NONCE
from ..kernels.headers.job import HEADER_BYTES, NONCES, Job
from ..kernels.headers.target import share_probability
from ..kernels.workloads.proof.steps import ScanStep
from ..kernels.workloads.sha256d.oracle import check_known_answer, genesis_job, scan_in_steps
from .interrupts import Deferred, interruptible
from .progress import Progress

MOST_EXPECTED_SHARES = 5_000_000


class ScanResult(Struct, frozen=True, kw_only=True):
    """Every share in a range of nonces, ascending.

    `hashes` is the number of hashes done, `xor_h7` the XOR over all of them of the digest's last
    32-bit word (big-endian word of the digest bytes 28–31), `seconds` the time spent hashing.
    """

    device: str
    start: int
    count: int
    hashes: int
    nonces: list[int]
    seconds: float
    xor_h7: int
    complete: bool = True


@dataclass(frozen=True)
class ScanRequest:
    """A header (80 bytes, its nonce field ignored), a range of nonces and a target. Raises InputError."""

    header: bytes
    start: int
    count: int
    target: int

    def __post_init__(self) -> None:
        if len(self.header) != HEADER_BYTES:
            raise InputError(f"the header has {len(self.header)} bytes; give all {HEADER_BYTES}, nonce field included")
        if not 0 <= self.start < NONCES:
            raise InputError(f"the range cannot start at nonce {self.start}; nonces run from 0 to {NONCES - 1}")
        if self.count < 1:
            raise InputError(f"the range has {self.count} nonces; give a count of at least 1")
        if self.start + self.count > NONCES:
            raise InputError(
                f"the range of {self.count} nonces from {self.start} runs past the last nonce {NONCES - 1}; "
                f"give a count of at most {NONCES - self.start}"
            )
        # The job refuses targets out of range before their probability is asked for.
        job = self.job
        expected = self.count * share_probability(job.target)
        if expected > MOST_EXPECTED_SHARES:
            zero_bits = math.ceil(math.log2(self.count / MOST_EXPECTED_SHARES))
            raise InputError(
                f"about {expected:.3g} nonces would meet this threshold, more than are kept; "
                f"ask for at least {zero_bits} zero bits or a shorter range"
            )

    @property
    def job(self) -> Job:
        """The job to prepare."""
        return Job.of_header(self.header, self.target)


def scan_on(device: Scans, request: ScanRequest, progress: Progress) -> ScanResult:
    """Answer `request` on an open device, or the first part of it where an interrupt comes. Raises DeviceError.

    An interrupt before anything was scanned is raised (KeyboardInterrupt).
    """
    scanning = _Scanning(device, request, progress)
    with Deferred():
        try:
            interruptible(scanning.scan)
        except KeyboardInterrupt:
            if not scanning.hashes:
                raise
        return scanning.answer()


class _Scanning:
    """What was scanned so far: from the first nonce on, without a gap."""

    def __init__(self, device: Scans, request: ScanRequest, progress: Progress) -> None:
        self._device = device
        self._request = request
        self._progress = progress
        self._steps: list[ScanStep] = []

    @property
    def hashes(self) -> int:
        return sum(step.scan.hashes for step in self._steps)

    def scan(self) -> None:
        device, progress, request = self._device, self._progress, self._request
        progress.stage(device.info.id, "preparing", None)
        test_job = genesis_job(1)
        device.prepare(test_job)
        check_known_answer(device, test_job, range(GENESIS_NONCE - 201, GENESIS_NONCE + 100))
        job = request.job
        device.prepare(job)
        progress.stage(device.info.id, "scanning", request.count)
        for step in scan_in_steps(device, job, range(request.start, request.start + request.count)):
            # One list, one moment: an interrupt finds a step either whole or not at all.
            self._steps.append(step)
            progress.advance(step.scan.hashes, step.scan.hashes / step.seconds)

    def answer(self) -> ScanResult:
        hashes = self.hashes
        return ScanResult(
            device=self._device.info.id,
            start=self._request.start,
            count=hashes,
            hashes=hashes,
            nonces=[hit.nonce for step in self._steps for hit in step.scan.hits],
            seconds=math.fsum(step.seconds for step in self._steps),
            xor_h7=reduce(xor, (step.scan.xor_h7 for step in self._steps), 0),
            complete=hashes == self._request.count,
        )
