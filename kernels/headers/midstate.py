"""The midstate: SHA-256's state after the first 64 bytes of a header (hashlib does not give it away)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from ..graph.words import IntegerWords
from ..sha256.fips180 import INITIAL_STATE, compress

# Fewer are done one by one before NumPy is there.
WORTH_AN_ARRAY = 64


def midstate_of(block: bytes) -> tuple[int, ...]:
    """The eight state words after hashing one 64-byte block from the initial state."""
    return tuple(compress(IntegerWords(), INITIAL_STATE, struct.unpack(">16I", block)))


def midstates_of(blocks: Sequence[bytes]) -> tuple[tuple[int, ...], ...]:
    """`midstate_of` each block; many at once take 3 µs each instead of 0.3 ms."""
    if len(blocks) < WORTH_AN_ARRAY:
        return tuple(midstate_of(block) for block in blocks)
    words = columns([struct.unpack(">16I", block) for block in blocks])
    return tuple(rows(compress(IntegerWords(), INITIAL_STATE, words), len(blocks)))


def columns(rows: Sequence[Sequence[int]]) -> list[Any]:
    """Words for many blocks at once: an array for each column of words, one element a block.

    Wide enough that what `IntegerWords` does to integers it does to these, too.
    """
    import numpy as np

    return list(np.array(rows, dtype=np.int64).T)


def rows(columns: Sequence[Any], count: int) -> list[tuple[int, ...]]:
    """The rows of such words again; a column may also be one integer for all."""
    import numpy as np

    return list(zip(*(np.broadcast_to(column, count).tolist() for column in columns), strict=True))
