"""The hashes of headers whose kernels are ours, for the tests that all of them have."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import cast

from hashwatt.kernels.workloads.hashing.workload import HashWorkload
from hashwatt.kernels.workloads.registry import BUILT_IN, load_workload

NAMES = [name for name in BUILT_IN if isinstance(load_workload(name), HashWorkload)]

# What is computed here by nothing that the kernels or their oracles use.
MASK = (1 << 64) - 1


def workload(name: str) -> HashWorkload:
    return cast(HashWorkload, load_workload(name))


def plain_keccak256(message: bytes) -> bytes:
    """One block, lane by lane, in Python's integers; constants from their definition by a shift register."""
    lanes = [0] * 25
    block = bytearray(message.ljust(136, b"\0"))
    block[len(message)] ^= 1
    block[135] ^= 0x80
    for index, (lane,) in enumerate(struct.iter_unpack("<Q", bytes(block))):
        lanes[index] ^= lane
    register = 1
    for _ in range(24):
        sums = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        for x in range(5):
            change = sums[x - 1] ^ _left(sums[(x + 1) % 5], 1)
            for y in range(0, 25, 5):
                lanes[y + x] ^= change
        # ρ and π along their one cycle.
        x, y, moving = 1, 0, lanes[1]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            moving, lanes[x + 5 * y] = lanes[x + 5 * y], _left(moving, (step + 1) * (step + 2) // 2 % 64)
        for row in range(0, 25, 5):
            old = lanes[row : row + 5]
            for x in range(5):
                lanes[row + x] = old[x] ^ (~old[(x + 1) % 5] & MASK & old[(x + 2) % 5])
        for bit in range(7):
            if register & 1:
                lanes[0] ^= 1 << (1 << bit) - 1
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
    return struct.pack("<4Q", *lanes[:4])


def _left(lane: int, count: int) -> int:
    return (lane << count | lane >> 64 - count) & MASK if count else lane


DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "blake2s": lambda header: hashlib.blake2s(header).digest(),
    "keccak256": plain_keccak256,
    "scrypt": lambda header: hashlib.scrypt(header, salt=header, n=1024, r=1, p=1, dklen=32),
}
