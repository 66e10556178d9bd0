"""Proof of benchmark: headers nobody can hash before the challenge is known, and what shows they were hashed.

A header prefix (76 bytes) is derived from the challenge, from whose work it is (machine, device, run, workload), from
all that the proof's strength depends on (share target, wanted shares, number of prefixes, size of a leaf), and from a
running number k. The nonces 0…2³²−1 are walked under k = 0, then under k = 1, and so on: the nonce n under k stands
at *position* k · 2³² + n. A version-rolled job hashes for each nonce also the prefixes that `roll_versions` makes.

Whoever claims n hashes at a target met by one hash in m must show about n ÷ m shares, and finding them costs those n
hashes; the target was fixed before the first of them. That proves the work. It does not prove the clock: how long it
took is the word of the machine that measured, and so is the device's name.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from hashlib import shake_256
from typing import Any

from ...headers.job import NONCES, PREFIX_BYTES
from ...headers.target import HASH_BITS, MAX_TARGET
from ..evidence import Claim, Shares

DOMAIN = b"hashwatt proof 2"
NONCE_BITS = NONCES.bit_length() - 1


@dataclass(frozen=True)
class Headers:
    """The headers of one proof: everything that they derive from but the running number."""

    challenge: str
    machine: str
    device_id: str
    run_id: str
    workload: str
    target: int
    wanted: int
    prefixes: int
    leaf_nonces: int

    @classmethod
    def of(cls, evidence: Shares, claim: Claim) -> Headers:
        """The headers that evidence and claim name together."""
        return cls(
            claim.challenge,
            claim.machine,
            claim.device_id,
            claim.run_id,
            claim.workload,
            int(evidence.target_hex, 16),
            evidence.wanted,
            evidence.prefixes,
            evidence.leaf_nonces,
        )

    def prefix(self, running_number: int) -> bytes:
        """The 76 header bytes (version, previous hash, merkle root, time, bits) under `running_number` (≥ 0)."""
        stretched = self._begun.copy()
        stretched.update(struct.pack("<Q", running_number))
        digest: bytes = stretched.digest(PREFIX_BYTES)
        return digest

    @cached_property
    def _begun(self) -> Any:
        """SHAKE256, which gives as many bytes as one likes, over all but the running number.

        Every part is encoded with its length, so that no two different inputs give the same message.
        """
        texts = (self.challenge, self.machine, self.device_id, self.run_id, self.workload)
        numbers = struct.pack("<QQQ", self.wanted, self.prefixes, self.leaf_nonces)
        parts = (DOMAIN, *(text.encode() for text in texts), self.target.to_bytes(HASH_BITS // 8, "big"), numbers)
        return shake_256(b"".join(struct.pack("<Q", len(part)) + part for part in parts))


def share_target(hashes: float, shares: float) -> int:
    """The target at which so many hashes give so many shares on average."""
    chance = shares / max(hashes, 1.0)
    # Exact integer arithmetic on the fraction: a float cannot hold 256 bits.
    numerator, denominator = chance.as_integer_ratio()
    return max(1, min(MAX_TARGET, (numerator << HASH_BITS) // denominator))


def kept_target(target: int, hashes: int, wanted: int) -> int:
    """What the stored shares meet: the target of the run, or a harder one where more than `wanted` would meet that.

    It follows from the claimed amount alone, so that nobody chooses it.
    """
    return min(target, share_target(hashes, wanted))


def target_to_hex(target: int) -> str:
    """The 64 hex digits of a target, most significant first."""
    return f"{target:064x}"
