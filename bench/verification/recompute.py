"""Hashing stored chunks again: what no forger can answer without having done the work."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from ...kernels.device import Device, Hit
from ...kernels.job import NONCES, Job, roll_versions
from ..progress import Progress
from ..result.model import Chunk, DeviceResult, Proof, Result
from ..sha256d.claimed_ranges import ClaimedRanges
from ..sha256d.proof import derive_prefix, together_run_id
from ..sha256d.steps import scan_in_steps
from .verdict import Check


@dataclass(frozen=True)
class StoredChunk:
    """A chunk with what it belongs to."""

    entry: DeviceResult
    run_id: str
    proof: Proof
    chunk: Chunk


def recompute_chunks(result: Result, count: int, device: Device, progress: Progress) -> list[Check]:
    """Hash `count` chunks, chosen beyond anyone's foresight, again on `device`: two checks for each."""
    entries = [(entry, result.run_id) for entry in result.devices]
    if result.together is not None:
        entries.extend((entry, together_run_id(result.run_id)) for entry in result.together.devices)
    stored = [
        StoredChunk(entry, run_id, entry.proof, chunk)
        for entry, run_id in entries
        if entry.proof is not None
        for chunk in entry.proof.chunks
        if chunk.start + chunk.nonces <= NONCES
    ]
    chosen = secrets.SystemRandom().sample(stored, min(count, len(stored)))
    progress.stage(device.info.id, "recomputing", sum(one.chunk.nonces * one.proof.prefixes for one in chosen))
    return [check for one in chosen for check in _recompute(one, result, device, progress)]


def _recompute(one: StoredChunk, result: Result, device: Device, progress: Progress) -> list[Check]:
    chunk, identity = one.chunk, one.entry.device.id
    prefix = derive_prefix(result.challenge, identity, one.run_id, chunk.running_number)
    job = Job(roll_versions(prefix, one.proof.prefixes), int(one.proof.target_hex, 16))
    device.prepare(job)
    checksum = 0
    found: set[Hit] = set()
    for step in scan_in_steps(device, job, range(chunk.start, chunk.start + chunk.nonces)):
        checksum ^= step.scan.xor_h7
        found.update(step.scan.hits)
        progress.advance(step.scan.hashes, step.scan.hashes / step.seconds)
    within = ClaimedRanges((chunk,))
    stated = {Hit(share.prefix, share.nonce) for share in one.proof.shares if share in within}
    place = f"{identity}: nonces {chunk.start} to {chunk.start + chunk.nonces - 1} under header {chunk.running_number}"
    same = checksum == chunk.xor_h7
    return [
        Check(
            code="checksum",
            ok=same,
            device=identity,
            sentence=f"{place} give the stored checksum"
            if same
            else f"{place} give the checksum {checksum:#010x}, not the stored {chunk.xor_h7:#010x}",
        ),
        Check(
            code="recomputed_shares",
            ok=found == stated,
            device=identity,
            sentence=f"{place} hold the stored {len(stated)} shares"
            if found == stated
            else f"{place} hold {len(found)} shares; {len(found - stated)} of them are not stored and "
            f"{len(stated - found)} stored ones are not among them",
        ),
    ]
