"""The midstate: SHA-256's state after the first 64 bytes of a header (hashlib does not give it away)."""

from __future__ import annotations

import struct

from .graph.words import IntegerWords
from .sha256.fips180 import INITIAL_STATE, compress


def midstate_of(block: bytes) -> tuple[int, ...]:
    """The eight state words after hashing one 64-byte block from the initial state."""
    return tuple(compress(IntegerWords(), INITIAL_STATE, struct.unpack(">16I", block)))
