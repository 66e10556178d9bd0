"""scrypt by hashlib, bound to what proofs by shares ask of a hash. One costs some 0.3 ms, so fewer are asked for."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from ...headers.job import HEADER_BYTES
from ..proof.oracle import Oracle
from .description import N


def digests_of(headers: bytes) -> NDArray[np.uint8]:
    """The digests (n × 32 bytes) of n headers, 80 bytes each, one after another; each is its own salt."""
    each = (headers[at : at + HEADER_BYTES] for at in range(0, len(headers), HEADER_BYTES))
    digests = (hashlib.scrypt(header, salt=header, n=N, r=1, p=1, dklen=32) for header in each)
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)


ORACLE = Oracle("scrypt", digests_of, wanted_shares=300, shares_a_second=100.0, thrift=32)
