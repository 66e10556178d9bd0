"""The word of truth for a hash of headers: what every device's answers and every stranger's shares are held against."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...headers.job import Job
from ...headers.many import headers_of
from ...headers.oracle import hash_value, last_word

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Oracle:
    """A hash of 80-byte headers, computed by something that no kernel of ours has any part in.

    `workload`: the name that headers derive from. `digests_of`: the digests (n × 32 bytes) of n headers, one after
    another. `source`: what computes them, in a word. `known`: a job of so many prefixes and nonces among which a share
    is known to the world, where there is one. `wanted_shares`: how many a result keeps; fewer where one is dear to
    check. `shares_a_second`: so many are found at least, that a run cut short after a second has enough.
    `thrift`: tests of devices take so many times fewer hashes than they would of SHA-256d.
    """

    workload: str
    digests_of: Callable[[bytes], Bytes]
    source: str = "hashlib"
    known: Callable[[int], tuple[Job, range]] | None = None
    # 10,000 tell work to ± 2 % (95 %), in 30 to 90 kB.
    wanted_shares: int = 10_000
    shares_a_second: float = 400.0
    thrift: int = 1

    def fewer(self, hashes: int) -> int:
        """How many hashes stand for so many of SHA-256d, and never none."""
        return max(1, hashes // self.thrift)

    def digests(self, job: Job, nonces: Iterable[int]) -> Bytes:
        """The digests of a job's headers: all nonces of the first prefix, then of the second, and so on."""
        wanted = np.fromiter(nonces, np.uint64)
        prefixes = np.frombuffer(b"".join(job.prefixes), np.uint8).reshape(len(job.prefixes), -1)
        # The prefixes are whole: none of them is rolled from another one here.
        headers = headers_of(
            np.repeat(prefixes, len(wanted), axis=0),
            np.zeros(len(prefixes) * len(wanted), np.uint64),
            np.tile(wanted, len(prefixes)),
        )
        return self.digests_of(headers)

    def values(self, headers: bytes) -> list[int]:
        """The hash values of headers, 80 bytes each."""
        return [hash_value(digest.tobytes()) for digest in self.digests_of(headers)] if headers else []

    def scan(self, job: Job, nonces: range) -> tuple[list[tuple[int, int]], int]:
        """What a right device answers: the hits as (prefix index, nonce), ascending, and the XOR of all last words."""
        if not nonces:
            return [], 0
        hits: list[tuple[int, int]] = []
        checksum = 0
        for number, row in enumerate(self.digests(job, nonces)):
            digest = row.tobytes()
            checksum ^= last_word(digest)
            if hash_value(digest) <= job.target:
                hits.append((number // len(nonces), nonces[number % len(nonces)]))
        return hits, checksum
