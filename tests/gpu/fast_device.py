"""A device a thousand times as fast as a CPU: how much of the time does it wait for the host?

    python tests/gpu/fast_device.py

The task that a run drives, headers, evidence and all, and the OpenCL backend's real `prepare` on a device of this
machine; only large scans are not done: they take what 10 GH/s would, on a clock of their own, and their shares are
invented (hashlib still hashes each, and its answer is taken as a share). What the host does besides is its processor
time, so that other programs do not count.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hashwatt.kernels.device import Hit, KernelInfo, Scan, Scans
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.headers.oracle import hash_value
from hashwatt.kernels.headers.target import HASH_BITS
from hashwatt.kernels.workloads.proof import oracle
from hashwatt.kernels.workloads.proof.task import HashingTask
from hashwatt.kernels.workloads.protocol import Expected, Request
from hashwatt.kernels.workloads.sha256d.oracle import ORACLE

RATE_HS = 10e9
# From so many nonces on a scan is not done.
LARGE = 1 << 16
# As long as a run takes for a batch (two make a header), and so many as `run -t 20` has.
BATCH = 1 << 31
BATCHES = 94
BATCHES_A_SAMPLE = 2


class FastDevice:
    """A device whose large scans are not done."""

    def __init__(self, device: Scans, rate_hs: float = RATE_HS) -> None:
        self.info = device.info
        self._device = device
        self._rate_hs = rate_hs
        self._job: Job | None = None
        self.scanning_s = 0.0
        self.host_scanning_s = 0.0
        self.headers = 0
        self.shares = 0

    def prepare(self, job: Job) -> KernelInfo:
        self._job = job
        self.headers += 1
        return self._device.prepare(job)

    def scan(self, nonces: range) -> Scan:
        if len(nonces) < LARGE:
            return self._device.scan(nonces)
        assert self._job is not None
        started = time.thread_time()
        hashes = len(nonces) * len(self._job.prefixes)
        shares = int(hashes * (self._job.target + 1) / 2**HASH_BITS)
        hits = tuple(Hit(0, nonces[place * len(nonces) // max(shares, 1)]) for place in range(shares))
        self.shares += shares
        self.scanning_s += hashes / self._rate_hs
        self.host_scanning_s += time.thread_time() - started
        return Scan(hits, hashes, secrets.randbits(32), hashes / self._rate_hs)

    def close(self) -> None:
        self._device.close()


@dataclass(frozen=True)
class Outside:
    """What a run's counted batches took: seconds of the device scanning, and of the host outside of it."""

    scanning_s: float
    outside_s: float
    headers: int
    shares: int

    @property
    def share(self) -> float:
        """The part of all time that the device does not scan."""
        return self.outside_s / (self.outside_s + self.scanning_s)


@contextmanager
def invented_shares() -> Iterator[None]:
    """hashlib hashes every share that is confirmed, and it counts as one whatever comes out."""
    # By name, since it is the oracle's own import.
    setattr(oracle, "hash_value", lambda digest: hash_value(digest) and 1)  # noqa: B010
    try:
        yield
    finally:
        setattr(oracle, "hash_value", hash_value)  # noqa: B010


def time_outside_scan(device: Scans, batches: int = BATCHES, prefixes: int = 1) -> Outside:
    """Drive the task as a run does, and count the host's time."""
    fast = FastDevice(device)
    task = HashingTask(ORACLE, fast, Request("a challenge", "a run", {"prefixes": prefixes}, "a machine"))
    task.self_test()
    task.start(Expected(batches * BATCH * prefixes, batches * BATCH * prefixes / RATE_HS))
    task.ready(BATCH)
    fast.headers = fast.shares = 0
    fast.scanning_s = fast.host_scanning_s = 0.0
    started = time.thread_time()
    with invented_shares():
        for sample in range(batches // BATCHES_A_SAMPLE):
            for _ in range(BATCHES_A_SAMPLE):
                task.ready(BATCH)
                task.run(BATCH)
            task.count(sample)
    outside_s = time.thread_time() - started - fast.host_scanning_s
    return Outside(fast.scanning_s, outside_s, fast.headers, fast.shares)


def main() -> None:
    """Print the figure for the first OpenCL device that there is, with one prefix."""
    from hashwatt.kernels.device import DeviceOptions, Found, scanning
    from hashwatt.kernels.opencl.backend import find

    found = next(entry for entry in find() if isinstance(entry, Found))
    device = scanning(found.open(DeviceOptions()))
    for _ in range(3):
        told = time_outside_scan(device)
        print(
            f"{RATE_HS / 1e9:.0f} GH/s, {told.headers} headers, {told.shares} shares: {told.scanning_s:.1f} s of "
            f"scans, {1e3 * told.outside_s:.1f} ms outside: {100 * told.share:.2f} % of the time "
            f"({1e3 * told.outside_s / max(told.headers, 1):.2f} ms a header)"
        )
    device.close()


if __name__ == "__main__":
    main()
