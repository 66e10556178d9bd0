"""BLAKE2s by hashlib, bound to what proofs by shares ask of a hash."""

from __future__ import annotations

from hashlib import blake2s

import numpy as np
from numpy.typing import NDArray

from ...headers.job import HEADER_BYTES
from ..proof.oracle import Oracle


def digests_of(headers: bytes) -> NDArray[np.uint8]:
    """The digests (n × 32 bytes) of n headers, 80 bytes each, one after another."""
    digests = (blake2s(headers[at : at + HEADER_BYTES]).digest() for at in range(0, len(headers), HEADER_BYTES))
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)


ORACLE = Oracle("blake2s", digests_of)
