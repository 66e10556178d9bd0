"""Many headers at once: built and compared as arrays, hashed by hashlib, which stays the word of truth."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from .job import HEADER_BYTES, LOWEST_ROLLED_BIT, PREFIX_BYTES

Bytes = NDArray[np.uint8]
DIGEST_BYTES = 32
_WORD = np.dtype("<u8")


def headers_of(prefixes: Bytes, rolled: NDArray[np.uint64], nonces: NDArray[np.uint64]) -> bytes:
    """n headers, 80 bytes each, one after another.

    They are made of n first prefixes (n × 76 bytes), the numbers of those rolled from them (see `roll_versions`), and n
    nonces.
    """
    headers = np.empty((len(prefixes), HEADER_BYTES), np.uint8)
    headers[:, :PREFIX_BYTES] = prefixes
    versions = (rolled << np.uint64(LOWEST_ROLLED_BIT)).astype("<u4")
    headers[:, :4] ^= versions.view(np.uint8).reshape(-1, 4)
    headers[:, PREFIX_BYTES:] = nonces.astype("<u4").view(np.uint8).reshape(-1, 4)
    return headers.tobytes()


def digests_of(headers: bytes) -> Bytes:
    """The SHA-256d digests (n × 32 bytes) of n headers, 80 bytes each, one after another."""
    starts = range(0, len(headers), HEADER_BYTES)
    digests = b"".join([sha256(sha256(headers[at : at + HEADER_BYTES]).digest()).digest() for at in starts])
    return np.frombuffer(digests, np.uint8).reshape(-1, DIGEST_BYTES)


def meet(digests: Bytes, target: int) -> NDArray[np.bool_]:
    """For each digest, whether its hash value is ≤ `target`."""
    values = digests.view(_WORD)[:, 3]
    limit = np.uint64(target >> 192)
    met: NDArray[np.bool_] = values < limit
    # Where the 64 highest bits are the target's, the others decide.
    for index in np.flatnonzero(values == limit):
        met[index] = int.from_bytes(digests[index].tobytes(), "little") <= target
    return met
