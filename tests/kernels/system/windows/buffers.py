"""Buffers as Windows fills them, put together from winnt.h's layouts or recorded."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

# Recorded from GetLogicalProcessorInformationEx(RelationAll) of Wine 8.0 on two cores of an AMD EPYC.
RECORDED = zlib.decompress(
    base64.b64decode(
        "eNpjZmBgMGDABRgZmLGI4lPPiCbCBMQWIBkOBwaGBggfu078+hhJ1McE0scggMel2PUxCzjAuFgBnvBgxGYLE5nhwURmeDCRGR5MWMIHdzxjhgML"
        "EAdgTQFQ85kYiAIwcwEV7wcE"
    )
)


def mask(cpus: Sequence[int]) -> bytes:
    """GROUP_AFFINITY of CPUs of one group, by our numbers."""
    group = cpus[0] // 64
    return struct.pack("<QH6x", sum(1 << cpu % 64 for cpu in cpus), group)


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<II", kind, 8 + len(body)) + body


def core(cpus: Sequence[int], efficiency_class: int = 0) -> bytes:
    return record(0, struct.pack("<BB20xH", len(cpus) > 1, efficiency_class, 1) + mask(cpus))


def cache(level: int, size_bytes: int, cpus: Sequence[int], kind: int = 2, masks: int = 1) -> bytes:
    return record(2, struct.pack("<BBHII18xH", level, 8, 64, size_bytes, kind, masks) + mask(cpus))


def groups(*counts: int) -> bytes:
    infos = b"".join(struct.pack("<BB38xQ", 64, count, (1 << count) - 1) for count in counts)
    return record(4, struct.pack("<HH20x", len(counts), len(counts)) + infos)


def numa_node() -> bytes:
    return record(1, bytes(40))
