"""scrypt(N = 1024, r = 1, p = 1) of a header, over words of any kind: all but the memory.

Source: RFC 7914, *The scrypt Password-Based Key Derivation Function*, sections 3 (Salsa20/8), 4 and 5 (scryptBlockMix,
scryptROMix) and 6; RFC 2104 (HMAC) and RFC 8018 (PBKDF2), whose password and salt both are the header.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, Protocol

from ...graph.lower import Program, lower
from ...graph.nodes import Depends, GraphWords
from ...graph.words import W
from ...headers.job import BLOCK_BYTES, Job
from ...headers.midstate import midstate_of
from ...headers.target import filter_mask
from ...sha256 import fips180
from ..hashing.header_graph import reversed_bytes

N = 1024
# Words of a block of ROMix, and of one of Salsa's two halves.
BLOCK_WORDS = 32
HALF_WORDS = 16
ROW_WORDS = 4
ROWS = BLOCK_WORDS // ROW_WORDS
DOUBLE_ROUNDS = 4
# §3: the four rotations of a quarter-round, to the left.
ROTATIONS = (7, 9, 13, 18)
# The words of a half by diagonals, so that a quarter-round is an operation on whole rows.
DIAGONALS = (0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11)
INNER_PAD, OUTER_PAD = 0x36363636, 0x5C5C5C5C
HEADER_BITS = 8 * 80
BLOCK_BITS = 8 * BLOCK_BYTES
END = 0x80000000
# A kernel's job: the filter, the state after a header's first 64 bytes, these bytes, and the twelve after them.
JOB_WORDS = 1 + 8 + 16 + 3


class Arithmetic(Protocol[W]):
    """What PBKDF2 does with words."""

    def constant(self, value: int) -> W:
        """A word of known value."""
        ...

    def xor(self, *terms: W) -> W:
        """The bitwise exclusive or."""
        ...

    def swapped(self, x: W) -> W:
        """`x` with its four bytes reversed."""
        ...

    def compress(self, state: Sequence[W], block: Sequence[W]) -> list[W]:
        """SHA-256's compression: 8 words and 16 words give 8."""
        ...


@dataclass(frozen=True)
class Known(Generic[W]):
    """What a header's first 76 bytes give, as SHA-256 reads words: its first block, the state after it, the tail."""

    midstate: Sequence[W]
    block: Sequence[W]
    tail: Sequence[W]


@dataclass(frozen=True)
class Begun(Generic[W]):
    """HMAC's two states, and the 32 words of ROMix's block, as Salsa reads them."""

    inner: Sequence[W]
    outer: Sequence[W]
    block: Sequence[W]


def begin(w: Arithmetic[W], known: Known[W], nonce: W) -> Begun[W]:
    """PBKDF2 of the header to 128 bytes; `nonce` as the header holds it, read little-endian."""
    rest = [*known.tail, w.swapped(nonce)]
    zero = w.constant(0)
    key = w.compress(known.midstate, [*rest, w.constant(END), *[zero] * 10, w.constant(HEADER_BITS)])
    initial = [w.constant(word) for word in fips180.INITIAL_STATE]
    inner, outer = (
        w.compress(initial, [*(w.xor(word, w.constant(pad)) for word in key), *[w.constant(pad)] * 8])
        for pad in (INNER_PAD, OUTER_PAD)
    )
    salted = w.compress(inner, known.block)
    block: list[W] = []
    for number in range(1, 5):
        length = w.constant(BLOCK_BITS + HEADER_BITS + 32)
        ends = [w.constant(number), w.constant(END), *[zero] * 9, length]
        block += finish(w, outer, w.compress(salted, [*rest, *ends]))
    return Begun(inner, outer, [w.swapped(word) for word in block])


def end(w: Arithmetic[W], inner: Sequence[W], outer: Sequence[W], mixed: Sequence[W]) -> W:
    """The digest's last four bytes, read little-endian: PBKDF2 with what ROMix made of the block for salt."""
    words = [w.swapped(word) for word in mixed]
    state = w.compress(w.compress(inner, words[:16]), words[16:])
    length = w.constant(BLOCK_BITS + 8 * 4 * BLOCK_WORDS + 32)
    state = w.compress(state, [w.constant(1), w.constant(END), *[w.constant(0)] * 13, length])
    return w.swapped(finish(w, outer, state)[7])


def finish(w: Arithmetic[W], outer: Sequence[W], inner_digest: Sequence[W]) -> list[W]:
    """HMAC's outer hash."""
    length = w.constant(BLOCK_BITS + 8 * 32)
    return w.compress(outer, [*inner_digest, w.constant(END), *[w.constant(0)] * 6, length])


def block_mix(
    halves: tuple[list[W], list[W]],
    quarter: Callable[[W, W, W, int], W],
    turn: Callable[[W, int], W],
    xor: Callable[[W, W], W],
    add: Callable[[W, W], W],
) -> None:
    """scryptBlockMix with r = 1, §4, on rows of diagonals: each half has four, changed in place.

    `quarter(d, a, b, r)` is d ⊕ (a + b) turned by r bits, `turn(row, k)` a row turned by k words; both to the left.
    """
    first, second = halves
    for half, other in ((first, second), (second, first)):
        half[:] = [xor(row, before) for row, before in zip(half, other, strict=True)]
        start = list(half)
        salsa(half, quarter, turn)
        half[:] = [add(row, before) for row, before in zip(half, start, strict=True)]


def salsa(x: list[W], quarter: Callable[[W, W, W, int], W], turn: Callable[[W, int], W]) -> None:
    """Eight rounds of Salsa20, §3, on four rows of diagonals, without the last addition."""
    for _ in range(DOUBLE_ROUNDS):
        for order in ((1, 2, 3), (3, 2, 1)):
            # Columns, then rows: the same four steps, once each row has been turned.
            one, two, three = order
            places = ((one, 0, three), (two, one, 0), (three, two, one), (0, three, two))
            for (d, a, b), bits in zip(places, ROTATIONS, strict=True):
                x[d] = quarter(x[d], x[a], x[b], bits)
            for row, words in zip(order, (3, 2, 1), strict=True):
                x[row] = turn(x[row], words)


def job_words(job: Job) -> list[int]:
    """A kernel's job, JOB_WORDS words."""
    (prefix,) = job.prefixes
    words = struct.unpack(">19I", prefix)
    return [reversed_bytes(filter_mask(job.target)), *midstate_of(prefix[:BLOCK_BYTES]), *words]


def job_bytes(job: Job) -> bytes:
    """A job's words."""
    return b"".join(word.to_bytes(4, "little") for word in job_words(job))


@cache
def compression(three_operand_logic: bool, rotates: bool) -> Program:
    """The graph of SHA-256's compression: inputs `state0`…, `block0`…, the eight words of the new state."""
    words = GraphWords()
    late = Depends.NONCE | Depends.MIDSTATE
    state, block = (
        [words.input(f"{name}{i}", late) for i in range(size)] for name, size in (("state", 8), ("block", 16))
    )
    return lower(fips180.compress(words, state, block), three_operand_logic, rotates)
