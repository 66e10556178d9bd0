"""Hashing stored chunks again: what no forger can answer without having done the work."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from ....device import Hit, Scans
from ....headers.job import NONCES, Job, roll_versions
from ...evidence import Claim, Finding
from ...evidence_version1 import Chunk, ChunkedShares
from ..oracle import scan_in_steps
from .claimed_ranges import ClaimedRanges
from .headers import derive_prefix


def recompute_chunks(
    evidence: ChunkedShares, claim: Claim, count: int, device: Scans, advance: Callable[[int], None]
) -> list[Finding]:
    """Hash `count` chunks, chosen beyond anyone's foresight, again on `device`: two findings for each."""
    whole = [chunk for chunk in evidence.chunks if chunk.start + chunk.nonces <= NONCES]
    chosen = secrets.SystemRandom().sample(whole, min(count, len(whole)))
    return [finding for chunk in chosen for finding in _recompute(chunk, evidence, claim, device, advance)]


def _recompute(
    chunk: Chunk, evidence: ChunkedShares, claim: Claim, device: Scans, advance: Callable[[int], None]
) -> Sequence[Finding]:
    prefix = derive_prefix(claim.challenge, claim.device_id, claim.run_id, chunk.running_number)
    job = Job(roll_versions(prefix, evidence.prefixes), int(evidence.target_hex, 16))
    device.prepare(job)
    checksum = 0
    found: set[Hit] = set()
    for step in scan_in_steps(device, job, range(chunk.start, chunk.start + chunk.nonces)):
        checksum ^= step.scan.xor_h7
        found.update(step.scan.hits)
        advance(step.scan.hashes)
    within = ClaimedRanges((chunk,))
    stated = {Hit(share.prefix, share.nonce) for share in evidence.shares if share in within}
    place = f"nonces {chunk.start} to {chunk.start + chunk.nonces - 1} under header {chunk.running_number}"
    same = checksum == chunk.xor_h7
    return [
        Finding(
            code="checksum",
            ok=same,
            sentence=f"{place} give the stored checksum"
            if same
            else f"{place} give the checksum {checksum:#010x}, not the stored {chunk.xor_h7:#010x}",
        ),
        Finding(
            code="recomputed_shares",
            ok=found == stated,
            sentence=f"{place} hold the stored {len(stated)} shares"
            if found == stated
            else f"{place} hold {len(found)} shares; {len(found - stated)} of them are not stored and "
            f"{len(stated - found)} stored ones are not among them",
        ),
    ]
