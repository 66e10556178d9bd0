"""Hints that a header or a target stands in another byte order than the one in which it is hashed.

Old mining software (`getwork`) swaps the bytes of each 32-bit word and writes targets with the least significant byte
first; explorers show fields as numbers. Nothing is refused: a header may be anything.
"""

from __future__ import annotations

import struct

from ..errors import InputError
from .target import HASH_BITS, target_from_bits

# The genesis block's time, and one that no header of today has: 2009-01-03 and 2050-01-01, UTC.
FIRST_TIME = 1_231_006_505
LAST_TIME = 2_524_608_000
# Where version, time and bits stand in a header.
VERSION_AT, TIME_AT, BITS_AT = 0, 68, 72
# Regtest's target, the easiest that any network has, has 255 bits.
MOST_TARGET_BITS = HASH_BITS - 1


def header_hint(header: bytes) -> str | None:
    """What is odd about a header's byte order; None where its fields make sense, or make none either way."""
    if _makes_sense(header, "<") or not _makes_sense(header, ">"):
        return None
    return (
        "the header's version, time and bits make sense only with their bytes swapped (getwork, big-endian fields); "
        "give the 80 bytes as they are hashed"
    )


def target_hint(target: int) -> str | None:
    """What is odd about a target; None where nothing is."""
    turned = int.from_bytes(target.to_bytes(HASH_BITS // 8, "little"), "big")
    if target.bit_length() <= MOST_TARGET_BITS or turned >= target:
        return None
    zero_bits = HASH_BITS - turned.bit_length()
    return (
        f"every second hash meets this target; read from its other end (getwork's order) it has {zero_bits} zero bits: "
        "give it most significant digit first"
    )


def _makes_sense(header: bytes, order: str) -> bool:
    version, time, bits = (int(struct.unpack_from(f"{order}I", header, at)[0]) for at in (VERSION_AT, TIME_AT, BITS_AT))
    try:
        target_from_bits(bits)
    except InputError:
        return False
    return 0 < version < 1 << 31 and FIRST_TIME <= time < LAST_TIME and bits >> 24 <= HASH_BITS // 8
