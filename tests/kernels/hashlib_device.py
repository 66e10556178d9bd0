"""A device that is right, because it is hashlib: slow, and the base that broken devices are made from."""

from __future__ import annotations

from hashlib import sha256

from hashwatt.kernels.device import DeviceInfo, Hit, KernelInfo, Scan
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.headers.job import NONCES, Job, header_with_nonce
from hashwatt.kernels.headers.oracle import hash_value, last_word, sha256d


class HashlibDevice:
    """Each step is a method of its own, so that a test can break just that one."""

    info = DeviceInfo(
        id="hashlib", kind="cpu", name="hashlib", vendor="Python", backend="hashlib", driver="hashlib", compute_units=1
    )

    def __init__(self) -> None:
        self.job: Job | None = None
        self.closed = False

    def prepare(self, job: Job) -> KernelInfo:
        self.check_open()
        self.take(job)
        source = sha256(b"hashlib").hexdigest()
        return KernelInfo("hashlib", len(job.prefixes), tuning={}, compile_s=0.0, source_sha256=source)

    def scan(self, nonces: range) -> Scan:
        self.check_open()
        if self.job is None:
            raise DeviceError("no job is prepared; call prepare first")
        self.check_range(nonces)
        hits: list[Hit] = []
        xor_h7 = 0
        hashes = 0
        for index, prefix in enumerate(self.prefixes(self.job)):
            for nonce in self.walk(nonces):
                digest = self.digest(prefix, nonce)
                hashes += 1
                xor_h7 ^= last_word(digest)
                if self.meets(digest, self.job.target):
                    hits.append(Hit(index, nonce))
        return Scan(self.keep(hits), hashes, xor_h7)

    def close(self) -> None:
        self.closed = True

    def check_open(self) -> None:
        if self.closed:
            raise DeviceError("the device is closed; open it again")

    def check_range(self, nonces: range) -> None:
        if nonces.step != 1 or nonces.start < 0 or nonces.stop > NONCES:
            raise DeviceError("the range is none; give one within 0…2³²−1 with step 1")

    def take(self, job: Job) -> None:
        self.job = job

    def prefixes(self, job: Job) -> tuple[bytes, ...]:
        return job.prefixes

    def walk(self, nonces: range) -> range:
        return nonces

    def digest(self, prefix: bytes, nonce: int) -> bytes:
        return sha256d(header_with_nonce(prefix, nonce))

    def meets(self, digest: bytes, target: int) -> bool:
        return hash_value(digest) <= target

    def keep(self, hits: list[Hit]) -> tuple[Hit, ...]:
        return tuple(hits)
