"""BLAKE2s as RFC 7693 writes it, over words of any kind, and the graph of a header's digest.

Source: RFC 7693, *The BLAKE2 Cryptographic Hash and MAC*, sections 2.6 (initialisation vector), 2.7 (schedule),
3.1 (mixing function G) and 3.2 (compression function F); names follow it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache

from ...graph.nodes import Depends, GraphWords
from ...graph.words import MASK, IntegerWords, W, Words
from ...sha256.fips180 import INITIAL_STATE as IV
from ..hashing.header_graph import HeaderGraph

BLOCK_BYTES = 64
HEADER_BYTES = 80
DIGEST_BYTES = 32
# §2.7, SIGMA.
SIGMA = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    (14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3),
    (11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4),
    (7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8),
    (9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13),
    (2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9),
    (12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11),
    (13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10),
    (6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5),
    (10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0),
)
# §3.2: the columns, then the diagonals.
COLUMNS_AND_DIAGONALS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
# §2.5: no key, a digest of 32 bytes, fan-out and depth 1.
PARAMETERS = 0x01010000 ^ DIGEST_BYTES


def mix(w: Words[W], v: list[W], places: Sequence[int], x: W, y: W) -> None:
    """G, §3.1."""
    a, b, c, d = places
    for word, first, second in ((x, 16, 12), (y, 8, 7)):
        v[a] = w.add(v[a], v[b], word)
        v[d] = w.rotr(w.xor(v[d], v[a]), first)
        v[c] = w.add(v[c], v[d])
        v[b] = w.rotr(w.xor(v[b], v[c]), second)


def compress(w: Words[W], h: Sequence[W], m: Sequence[W], hashed_bytes: int, last: bool) -> list[W]:
    """F, §3.2: `h` has 8 words, `m` 16, the answer 8; `hashed_bytes` count this block's."""
    v = [*h, *(w.constant(word) for word in IV)]
    v[12] = w.constant(IV[4] ^ hashed_bytes)
    if last:
        v[14] = w.constant(IV[6] ^ MASK)
    for order in SIGMA:
        for place, places in enumerate(COLUMNS_AND_DIAGONALS):
            mix(w, v, places, m[order[2 * place]], m[order[2 * place + 1]])
    return [w.xor(before, v[index], v[index + 8]) for index, before in enumerate(h)]


def initial_state() -> list[int]:
    """h before the first block, §3.3."""
    return [IV[0] ^ PARAMETERS, *IV[1:]]


def inputs_of(prefix: bytes) -> dict[str, int]:
    """What a header's first 76 bytes give the graph: the state after its first block, and the rest."""
    first = struct.unpack("<16I", prefix[:BLOCK_BYTES])
    state = compress(IntegerWords(), initial_state(), first, BLOCK_BYTES, last=False)
    rest = struct.unpack("<3I", prefix[BLOCK_BYTES:])
    return {
        **{f"state{index}": word for index, word in enumerate(state)},
        **{f"tail{index}": word for index, word in enumerate(rest)},
    }


@cache
def header_graph() -> HeaderGraph:
    """The digest's last word as a function of the nonce; inputs `state0`…, `tail0`…, `nonce`."""
    words = GraphWords()
    state = [words.input(f"state{index}", Depends.MIDSTATE) for index in range(8)]
    tail = [words.input(f"tail{index}", Depends.TAIL) for index in range(3)]
    block = [*tail, words.input("nonce", Depends.NONCE), *[words.constant(0)] * 12]
    digest = compress(words, state, block, HEADER_BYTES, last=True)
    return HeaderGraph("blake2s", digest[7], inputs_of)
