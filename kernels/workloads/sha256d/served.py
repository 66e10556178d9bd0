"""Holding the shares of a measuring pool against what is claimed: each header is made and hashed again.

The server's counting is not believed, nor are its sums. Its clock is: when the shares came, and how long the window
was, is its own word. To whoever runs the server it is no stranger's.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from ...headers.oracle import hash_value, sha256d
from ...stratum.challenge_job import MOST_JOBS, challenge_job
from ...stratum.difficulty import hashes_a_share, target_of_difficulty
from ...stratum.job import StratumJob
from ...stratum.packing import ServedShare, unpack
from ..evidence import Claim, Finding, ServedShares
from ..proof.bounds import PROVEN_CONFIDENCE, proven_hashes

MOST_TIME_OFFSET_S = 7200
# One more than the clock's last microsecond: the moment itself counts.
ROUNDING_US = 1
COVERED_BY_HEADERS = (
    *(f"/evidence/{name}" for name in ("fresh_hex", "extranonce1_hex", "extranonce2_bytes", "difficulty", "first_job")),
    *(f"/evidence/{name}" for name in ("job_times/*", "version_rolling", "packed")),
)


def check_served(evidence: ServedShares, claim: Claim) -> list[Finding]:
    """All checks, in the order in which they are shown."""
    try:
        shares = list(unpack(evidence.packed, evidence.extranonce2_bytes, evidence.version_rolling))
    except ValueError as error:
        return [Finding(code="shares", ok=False, sentence=f"the shares cannot be unpacked: {error}")]
    if evidence.first_job + len(evidence.job_times) > MOST_JOBS:
        return [Finding(code="shares", ok=False, sentence="there are more jobs than a pool can number")]
    faults = Counter(_faults(evidence, claim, shares))
    hashes = len(shares) * hashes_a_share(evidence.difficulty)
    at_least = proven_hashes(len(shares), 1 / hashes_a_share(evidence.difficulty))
    stated = sum(claim.amounts)
    good = f"all {len(shares)} shares meet difficulty {evidence.difficulty:g}, on headers derived from the challenge"
    bad = "; ".join(f"{count} of {len(shares)} shares {fault}" for fault, count in sorted(faults.items()))
    counted = len(shares) == evidence.count and len(shares) > 0
    miscounted = f"{evidence.count} shares are stated, {len(shares)} are there" if shares else "no share was found"
    proven = f"proven: at least {at_least:.4g} hashes (of {stated:.4g} claimed; 99.9 %)"
    followed = claim.amounts == (round(hashes),)
    return [
        Finding(code="shares", ok=not faults, sentence=bad or good, covers=COVERED_BY_HEADERS),
        Finding(
            code="share_count",
            ok=counted,
            sentence=proven if counted else miscounted,
            at_least=at_least if counted and not faults else None,
            confidence=PROVEN_CONFIDENCE if counted and not faults else None,
            covers=("/evidence/count",),
        ),
        Finding(
            code="amount",
            ok=followed,
            sentence="the claimed hashes are the shares times their difficulty"
            if followed
            else f"{len(shares)} shares stand for {hashes:.6g} hashes, not for the stated {stated:.6g}",
            covers=("/rounds/*/samples/*/amount", "/amount"),
        ),
    ]


def _faults(evidence: ServedShares, claim: Claim, shares: Iterable[ServedShare]) -> Iterable[str]:
    """What is wrong, a line for each share that is not good."""
    fresh, extranonce1 = bytes.fromhex(evidence.fresh_hex), bytes.fromhex(evidence.extranonce1_hex)
    width = len(extranonce1) + evidence.extranonce2_bytes
    target = target_of_difficulty(evidence.difficulty)
    window_us = int(evidence.seconds * 1e6) + ROUNDING_US
    seen: set[int] = set()

    @lru_cache(maxsize=8)
    def job_of(number: int) -> StratumJob:
        time = evidence.job_times[number - evidence.first_job]
        return challenge_job(claim.challenge, fresh, number, time, width, clean=False)

    for share in shares:
        if not 0 <= share.job - evidence.first_job < len(evidence.job_times):
            yield "belong to no job of the window"
            continue
        if share.at_us > window_us:
            yield "came after the window"
            continue
        job = job_of(share.job)
        if share.time_offset > MOST_TIME_OFFSET_S or job.time + share.time_offset >= 1 << 32:
            yield "have a time out of range"
            continue
        prefix = job.prefix(extranonce1 + share.extranonce2, job.time + share.time_offset, share.version_bits)
        value = hash_value(sha256d(prefix + struct.pack("<I", share.nonce)))
        if value in seen:
            yield "stand twice"
        elif value > target:
            yield "do not meet their target"
        seen.add(value)
