"""Jobs that derive from a challenge: nobody can have hashed their headers before both were known.

Previous hash, coinbase commitment and branch are each SHA-256 of a domain, the challenge, random bytes that were drawn
when the measurement began, the miner's connection and the job's number, every part with its length before it. The
coinbase parses as a transaction with one output of no value (OP_RETURN), so that miners which look at it take it; a
block of it would be worth nothing to anybody.
"""

from __future__ import annotations

import struct
from hashlib import sha256

from .job import StratumJob

DOMAIN = "hashwatt served job 1"
# Of the network's order of magnitude in 2026: miners that look out for blocks must not find one in every share.
BITS = 0x17021369
VERSION = 0x20000000
COMMITMENT_BYTES = 32
# What the script takes beside the extranonces: a push of the number (1 + 3 bytes) and one of the commitment (1 + 32).
SCRIPT_BYTES = 4 + 1 + COMMITMENT_BYTES
MOST_JOBS = 1 << 24


def challenge_job(
    challenge: str, fresh: bytes, number: int, time: int, extranonce_bytes: int, clean: bool
) -> StratumJob:
    """Job `number` (0…2²⁴−1) of a measurement that drew the bytes `fresh`.

    `extranonce_bytes`: the length of both extranonces together. `time`: the header's, seconds since 1970.
    """
    commitment = _derived(challenge, fresh, number, "commitment")
    script_head = b"\x03" + struct.pack("<I", number)[:3] + bytes([COMMITMENT_BYTES]) + commitment
    script_bytes = SCRIPT_BYTES + extranonce_bytes
    inputs = struct.pack("<I", 1) + b"\x01" + bytes(32) + b"\xff" * 4 + bytes([script_bytes]) + script_head
    # OP_RETURN and a push of 32 bytes, in an output of no value; then the lock time.
    outputs = b"\xff" * 4 + b"\x01" + bytes(8) + b"\x22\x6a\x20" + commitment + bytes(4)
    return StratumJob(
        id=f"{number:x}",
        previous=_derived(challenge, fresh, number, "previous"),
        coinbase1=inputs,
        coinbase2=outputs,
        branch=(_derived(challenge, fresh, number, "branch"),),
        version=VERSION,
        bits=BITS,
        time=time,
        clean=clean,
    )


def _derived(challenge: str, fresh: bytes, number: int, part: str) -> bytes:
    pieces = (DOMAIN.encode(), challenge.encode(), fresh, struct.pack("<Q", number), part.encode())
    return sha256(b"".join(struct.pack("<Q", len(piece)) + piece for piece in pieces)).digest()
