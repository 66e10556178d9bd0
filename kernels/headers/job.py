"""A job: which headers to hash, and the target a hash must meet to be reported.

A block header has 80 bytes; the nonce is the last four of them, little-endian (bytes 76–79). The
76 bytes before it are the job's *prefix*. SHA-256 eats the header in two 64-byte blocks: the state
after the first one, the *midstate*, does not depend on the nonce; what is left of the prefix in the
second block, 12 bytes, is the *tail*.

With version rolling (BIP 310) a job has several prefixes that differ in the version field only:
several midstates, one tail, and so one message schedule for all of them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property

from ..errors import InputError
from .midstate import midstates_of
from .target import check_target

HEADER_BYTES = 80
PREFIX_BYTES = 76
BLOCK_BYTES = 64
NONCES = 1 << 32
# BIP 310's mask begins here.
LOWEST_ROLLED_BIT = 13


def parse_header(text: str) -> bytes:
    """The 80 bytes of a header from its 160 hex digits. Raises InputError."""
    digits = "".join(text.split())
    if not digits:
        raise InputError("the header is empty; give the 160 hex digits of an 80-byte block header")
    try:
        header = bytes.fromhex(digits)
    except ValueError:
        raise InputError("the header is not hexadecimal; give 160 digits 0-9a-f") from None
    if len(header) != HEADER_BYTES:
        raise InputError(
            f"the header has {len(header)} bytes; give all {HEADER_BYTES} (160 hex digits, the nonce field included)"
        )
    return header


def header_with_nonce(prefix: bytes, nonce: int) -> bytes:
    """The 80-byte header made of a 76-byte prefix and a nonce."""
    return prefix + struct.pack("<I", nonce)


def roll_versions(prefix: bytes, count: int) -> tuple[bytes, ...]:
    """`count` (1…65536) prefixes that differ only in the version bits BIP 310 lets miners roll (mask 0x1fffe000).

    The first one is `prefix` itself; the k-th has k XORed into those 16 bits. Raises InputError.
    """
    if not 1 <= count <= 1 << 16:
        raise InputError(f"version rolling covers 1 to 65536 versions, not {count}; BIP 310 frees 16 bits")
    return tuple(rolled_prefix(prefix, index) for index in range(count))


def rolled_prefix(prefix: bytes, index: int) -> bytes:
    """The prefix with number `index` (0…65535) among those that `roll_versions` makes of `prefix`."""
    (version,) = struct.unpack_from("<I", prefix)
    return struct.pack("<I", version ^ (index << LOWEST_ROLLED_BIT)) + prefix[4:]


@dataclass(frozen=True)
class Job:
    """Prefixes (each 76 bytes, alike from byte 64 on) and the target, 1…2²⁵⁶−1. Raises InputError."""

    prefixes: tuple[bytes, ...]
    target: int

    def __post_init__(self) -> None:
        if not self.prefixes:
            raise InputError("a job needs at least one header prefix")
        if any(len(prefix) != PREFIX_BYTES for prefix in self.prefixes):
            raise InputError(f"a header prefix has exactly {PREFIX_BYTES} bytes (the header without its nonce)")
        if len({prefix[BLOCK_BYTES:] for prefix in self.prefixes}) > 1:
            raise InputError("the prefixes of one job must agree from byte 64 on; make one job per tail")
        check_target(self.target)

    @classmethod
    def of_header(cls, header: bytes, target: int) -> Job:
        """The job of one 80-byte header; its nonce field is ignored."""
        return cls((header[:PREFIX_BYTES],), target)

    @cached_property
    def tail(self) -> tuple[int, int, int]:
        """Header words 16, 17, 18 (big-endian, as SHA-256 reads them)."""
        first, second, third = struct.unpack(">3I", self.prefixes[0][BLOCK_BYTES:])
        return first, second, third

    @cached_property
    def midstates(self) -> tuple[tuple[int, ...], ...]:
        """The eight state words after the first block, for each prefix."""
        return midstates_of([prefix[:BLOCK_BYTES] for prefix in self.prefixes])
