"""Shares as bytes: 9 to 12 each, so that ten thousand of them fit into 120 kB of a result file.

A row is: microseconds since the row before, the job's number less the row before's (both as unsigned LEB128, the
second zigzagged), extranonce 2 as it came, seconds after the job's time (LEB128), the nonce (4 bytes, little-endian)
and the rolled version bits (2 bytes; only where `rolls`).
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..headers.job import LOWEST_ROLLED_BIT

MOST_EXTRANONCE2_BYTES = 8


@dataclass(frozen=True)
class ServedShare:
    """One share as a miner handed it in: `at_us` microseconds after its window began, `time` the header's."""

    at_us: int
    job: int
    extranonce2: bytes
    time_offset: int
    nonce: int
    version_bits: int


def pack(shares: Iterable[ServedShare], rolls: bool) -> str:
    """The shares, in the order of their coming, as base64."""
    data = bytearray()
    at_us = job = 0
    for share in shares:
        difference = share.job - job
        _write(data, share.at_us - at_us)
        _write(data, 2 * difference if difference >= 0 else -2 * difference - 1)
        data += share.extranonce2
        _write(data, share.time_offset)
        data += struct.pack("<I", share.nonce)
        if rolls:
            data += struct.pack("<H", share.version_bits >> LOWEST_ROLLED_BIT)
        at_us, job = share.at_us, share.job
    return base64.b64encode(data).decode("ascii")


def unpack(packed: str, extranonce2_bytes: int, rolls: bool) -> Iterator[ServedShare]:
    """What `pack` packed. Raises ValueError where it is cut short or was never packed."""
    data = base64.b64decode(packed, validate=True)
    position = at_us = job = 0
    while position < len(data):
        delta, position = _read(data, position)
        zigzag, position = _read(data, position)
        extranonce2, position = data[position : position + extranonce2_bytes], position + extranonce2_bytes
        offset, position = _read(data, position)
        end = position + (6 if rolls else 4)
        if end > len(data):
            raise ValueError("the packed shares are cut short")
        (nonce,) = struct.unpack_from("<I", data, position)
        bits = struct.unpack_from("<H", data, position + 4)[0] << LOWEST_ROLLED_BIT if rolls else 0
        position = end
        at_us += delta
        job += zigzag // 2 if zigzag % 2 == 0 else -(zigzag + 1) // 2
        yield ServedShare(at_us, job, extranonce2, offset, nonce, bits)


def _write(data: bytearray, value: int) -> None:
    if value < 0:
        raise ValueError("shares are packed in the order of their coming")
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)


def _read(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 56:
            raise ValueError("the packed shares are cut short")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
