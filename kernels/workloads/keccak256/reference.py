"""Keccak-256 of many headers at once, plainly and without the graph: the word of truth (hashlib has SHA-3 only).

Source: the pseudo-code of *The Keccak reference*, version 3, section 1.2; its constants stand here as it prints them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Lanes = NDArray[np.uint64]

RATE = 136
# RC[i] and r[x, y] of the reference.
ROUND_CONSTANTS = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)  # fmt: skip
ROTATIONS = ((0, 36, 3, 41, 18), (1, 44, 10, 45, 2), (62, 6, 43, 15, 61), (28, 55, 25, 21, 56), (27, 20, 39, 8, 14))


def digests_of(messages: bytes, message_bytes: int = 80, first_padding: int = 1) -> Bytes:
    """The digests (n × 32 bytes) of messages of `message_bytes` (less than 136) each, one after another.

    `first_padding` 1 is Keccak-256, 6 is SHA3-256.
    """
    rows = np.frombuffer(messages, np.uint8).reshape(-1, message_bytes)
    blocks = np.zeros((len(rows), RATE), np.uint8)
    blocks[:, :message_bytes] = rows
    blocks[:, message_bytes] = first_padding
    blocks[:, -1] |= 0x80
    words = blocks.view("<u8").astype(np.uint64)
    state = [[np.zeros(len(rows), np.uint64) for _ in range(5)] for _ in range(5)]
    for number in range(RATE // 8):
        state[number % 5][number // 5] = words[:, number].copy()
    for constant in ROUND_CONSTANTS:
        state = _round(state, constant)
    out = np.stack([state[x][0] for x in range(4)], axis=1)
    return np.ascontiguousarray(out.astype("<u8")).view(np.uint8)


def _round(a: list[list[Lanes]], constant: int) -> list[list[Lanes]]:
    c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
    d = [c[(x - 1) % 5] ^ _left(c[(x + 1) % 5], 1) for x in range(5)]
    b: list[list[Lanes]] = [[d[0]] * 5 for _ in range(5)]
    for x in range(5):
        for y in range(5):
            b[y][(2 * x + 3 * y) % 5] = _left(a[x][y] ^ d[x], ROTATIONS[x][y])
    out = [[b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y]) for y in range(5)] for x in range(5)]
    out[0][0] = out[0][0] ^ np.uint64(constant)
    return out


def _left(lanes: Lanes, count: int) -> Lanes:
    return lanes << np.uint64(count) | lanes >> np.uint64(64 - count) if count else lanes
