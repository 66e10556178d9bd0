"""Keccak-f[1600] as FIPS 202 writes it, over words of any kind, and the graph of a header's digest.

Source: NIST FIPS 202, *SHA-3 Standard*, sections 3.2 (θ, ρ, π, χ, ι) and 3.3; names follow it. Keccak-256 is the
sponge as its authors handed it in (*The Keccak reference*, version 3): its padding begins with the byte 1, where that
of SHA-3 begins with 6.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache

from ...graph.nodes import Depends, GraphWords, Node
from ...graph.words import W, WordsWithChi
from ..hashing.header_graph import HeaderGraph, Rounds

LANE_BITS = 64
LANES = 25
# Of the digest, which has four.
LAST_LANE = 3
ROUNDS = 24
# Bytes that a block takes up where the digest has 256 bits.
RATE_BYTES = 136
FIRST_PADDING, LAST_PADDING = 0x01, 0x80 << (LANE_BITS - 8)


def round_constants() -> list[int]:
    """ι's constants, §3.2.5: bits of a shift register, at the places 2ʲ − 1."""
    constants, register = [], 1
    for _ in range(ROUNDS):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << ((1 << j) - 1)
            register = register << 1 ^ (register >> 7) * 0x171
        constants.append(constant)
    return constants


def offsets() -> dict[tuple[int, int], int]:
    """ρ's rotations to the left, §3.2.2, by (x, y)."""
    found = {(0, 0): 0}
    x, y = 1, 0
    for t in range(24):
        found[x, y] = (t + 1) * (t + 2) // 2 % LANE_BITS
        x, y = y, (2 * x + 3 * y) % 5
    return found


def permute(w: WordsWithChi[W], state: Sequence[W]) -> list[W]:
    """Keccak-f[1600], §3.3: 25 lanes, lane (x, y) at x + 5y."""
    return rounds(w, state, [w.constant(constant) for constant in round_constants()])


def rounds(w: WordsWithChi[W], state: Sequence[W], constants: Sequence[W]) -> list[W]:
    """A round for each of ι's constants."""
    lanes = list(state)
    left = offsets()
    for constant in constants:
        columns = [w.xor(*(lanes[x + 5 * y] for y in range(5))) for x in range(5)]
        turned = [w.rotr(column, LANE_BITS - 1) for column in columns]
        moved: list[W] = list(lanes)
        for x in range(5):
            for y in range(5):
                # θ: where logic takes three words, the two columns and the lane are one operation.
                mixed = w.xor(columns[(x - 1) % 5], turned[(x + 1) % 5], lanes[x + 5 * y])
                by = left[x, y]
                moved[y + 5 * ((2 * x + 3 * y) % 5)] = w.rotr(mixed, LANE_BITS - by) if by else mixed
        rows = range(0, LANES, 5)
        lanes = [w.chi(moved[y + x], moved[y + (x + 1) % 5], moved[y + (x + 2) % 5]) for y in rows for x in range(5)]
        lanes[0] = w.xor(lanes[0], constant)
    return lanes


def inputs_of(prefix: bytes) -> dict[str, int]:
    """What a header's first 76 bytes give the graph: nine lanes, and the tenth's lower half."""
    lanes = struct.unpack("<9QI", prefix)
    return {f"lane{index}": lane for index, lane in enumerate(lanes)}


@cache
def header_graph() -> HeaderGraph:
    """The digest's last lane as a function of the nonce; inputs `lane0`…`lane9`, `nonce` (in the upper half)."""
    words = GraphWords(LANE_BITS)
    return HeaderGraph("keccak256", permute(words, _absorbed(words))[LAST_LANE], inputs_of, _looped())


def _absorbed(words: GraphWords) -> list[Node]:
    known = [words.input(f"lane{index}", Depends.TAIL) for index in range(10)]
    nonce = words.input("nonce", Depends.NONCE)
    block = [*known[:9], words.xor(known[9], nonce), words.constant(FIRST_PADDING)]
    state = block + [words.constant(0)] * (LANES - len(block))
    state[RATE_BYTES // 8 - 1] = words.constant(LAST_PADDING)
    return state


def _looped() -> Rounds:
    """The first round, of which much is known before the nonce, the last one, which is cut, and those in between."""
    first, *between, last = round_constants()
    before, again, after = (GraphWords(LANE_BITS) for _ in range(3))
    return Rounds(
        tuple(rounds(before, _absorbed(before), [before.constant(first)])),
        tuple(rounds(again, _lanes(again), [again.input("constant0", Depends.TAIL)])),
        tuple((constant,) for constant in between),
        rounds(after, _lanes(after), [after.constant(last)])[LAST_LANE],
    )


def _lanes(words: GraphWords) -> list[Node]:
    return [words.input(f"word{index}", Depends.NONCE) for index in range(LANES)]
