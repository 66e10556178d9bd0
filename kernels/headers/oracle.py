"""The word of truth: SHA-256d by hashlib. Slow, and the only thing every kernel is held against."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from .job import Job, header_with_nonce


def sha256d(message: bytes) -> bytes:
    """SHA-256 of the SHA-256 of `message`: 32 bytes."""
    return sha256(sha256(message).digest()).digest()


def hash_value(digest: bytes) -> int:
    """The digest read as the little-endian integer that targets are compared with."""
    return int.from_bytes(digest, "little")


def last_word(digest: bytes) -> int:
    """The digest's last 32-bit word, H7 in FIPS 180-4 (big-endian word of bytes 28–31)."""
    return int.from_bytes(digest[28:], "big")


def meets(prefix: bytes, nonce: int, target: int) -> bool:
    """Whether the header of `prefix` and `nonce` is a share for `target`."""
    return hash_value(sha256d(header_with_nonce(prefix, nonce))) <= target


def reference_scan(job: Job, nonces: Iterable[int]) -> tuple[list[tuple[int, int]], int]:
    """What a right device answers: the hits as (prefix index, nonce), ascending, and the XOR of all last words."""
    hits: list[tuple[int, int]] = []
    checksum = 0
    wanted = list(nonces)
    for index, prefix in enumerate(job.prefixes):
        for nonce in wanted:
            digest = sha256d(header_with_nonce(prefix, nonce))
            checksum ^= last_word(digest)
            if hash_value(digest) <= job.target:
                hits.append((index, nonce))
    return hits, checksum
