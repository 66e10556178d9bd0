"""Numbers as text in a result: ascending ones as their gaps, 32-bit words as they are; both in base64.

A gap is written in 7 bits a byte, the lowest first, the top bit set on all but the last byte (LEB128): 3 bytes where
one hash in 100,000 is a share, 6 where one in 10¹¹ is.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]

_BITS = 7
_MORE = 0x80
# 64 bits take ten bytes, and nothing that is counted here is as large.
_MOST_BYTES = 9


class Unreadable(Exception):
    """The text is not what it should be; says in a few words why."""


def pack_ascending(numbers: Sequence[int]) -> str:
    """The gaps of strictly ascending numbers (≥ 0): before the first one from −1, each less one."""
    packed = bytearray()
    before = -1
    for number in numbers:
        gap = number - before - 1
        before = number
        while gap >= _MORE:
            packed.append(gap & (_MORE - 1) | _MORE)
            gap >>= _BITS
        packed.append(gap)
    return base64.b64encode(packed).decode()


def unpack_ascending(text: str, largest: int) -> Numbers:
    """What `pack_ascending` was given; none of it is above `largest` (< 2⁶³). Raises Unreadable."""
    octets = np.frombuffer(_decoded(text), np.uint8)
    if not len(octets):
        return np.empty(0, np.uint64)
    ends = np.flatnonzero(octets < _MORE)
    if not len(ends) or ends[-1] != len(octets) - 1:
        raise Unreadable("its last number is cut short")
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if int(lengths.max()) > _MOST_BYTES:
        raise Unreadable("it has a number of more than 63 bits")
    places = np.arange(len(octets)) - np.repeat(starts, lengths)
    parts = (octets & np.uint8(_MORE - 1)).astype(np.uint64) << (places * _BITS).astype(np.uint64)
    gaps = np.add.reduceat(parts, starts)
    # Floats cannot overflow, and a sum that is far beyond is told from one that is not.
    if float(gaps.astype(np.float64).sum()) + len(gaps) > 2.0**63:
        raise Unreadable("it counts beyond all bounds")
    numbers = np.cumsum(gaps + np.uint64(1), dtype=np.uint64) - np.uint64(1)
    if int(numbers[-1]) > largest:
        raise Unreadable("it counts beyond what is claimed")
    return numbers


def pack_words(words: Sequence[int]) -> str:
    """32-bit words, 4 bytes each, the lowest first."""
    return base64.b64encode(np.asarray(words, "<u4").tobytes()).decode()


def unpack_words(text: str) -> list[int]:
    """What `pack_words` was given. Raises Unreadable."""
    octets = _decoded(text)
    if len(octets) % 4:
        raise Unreadable("it holds no whole number of words")
    words: list[int] = np.frombuffer(octets, "<u4").tolist()
    return words


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("it is not base64") from None
