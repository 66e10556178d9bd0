"""Shares and checksums as a forger changes them: unpacked, changed, packed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hashwatt.kernels.workloads.evidence import Shares
from hashwatt.kernels.workloads.proof.packing import pack_ascending, pack_words, unpack_ascending, unpack_words

ANYWHERE = (1 << 62) - 1


def keys_of(proof: Shares) -> list[int]:
    """Position × prefixes + prefix of each share."""
    keys: list[int] = unpack_ascending(proof.shares, ANYWHERE).tolist()
    return keys


def checksums_of(proof: Shares) -> list[int]:
    """The checksum of each leaf."""
    return unpack_words(proof.checksums)


def with_keys(evidence: dict[str, Any], change: Callable[[list[int]], list[int]]) -> None:
    """Change the shares of evidence as JSON has it."""
    keys = sorted(change(unpack_ascending(evidence["shares"], ANYWHERE).tolist()))
    evidence["count"] = len(keys)
    evidence["shares"] = pack_ascending(keys)


def with_checksums(evidence: dict[str, Any], change: Callable[[list[int]], list[int]]) -> None:
    """Change the checksums of evidence as JSON has it."""
    evidence["checksums"] = pack_words(change(unpack_words(evidence["checksums"])))


def one_moved(keys: list[int]) -> list[int]:
    """The keys with one that is its neighbour's, which is no share."""
    at = next(number for number, key in enumerate(keys[:-1]) if key + 1 < keys[number + 1])
    return [*keys[:at], keys[at] + 1, *keys[at + 1 :]]
