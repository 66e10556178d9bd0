"""Holding a device's answers against the oracle: what is not confirmed is refused, never counted."""

from __future__ import annotations

from itertools import pairwise

from ...device import Hit, Scan, Scans
from ...errors import WrongResult
from ...headers.job import Job, header_with_nonce
from .oracle import Oracle


def check_answer(oracle: Oracle, device_id: str, job: Job, nonces: range, scan: Scan) -> list[int]:
    """Raise WrongResult unless `scan` is consistent: exact hash count, ascending hits in range, each one confirmed.

    Returns each hit's hash value. That no hit is missing does not follow; `check_known_answer`
    and the proof's share count see to it.
    """
    if scan.hashes != len(nonces) * len(job.prefixes):
        raise WrongResult(
            f"{device_id} claims {scan.hashes} hashes for {len(nonces)} nonces × {len(job.prefixes)} prefixes; "
            "its kernel is wrong, use another one"
        )
    if not 0 <= scan.xor_h7 < 1 << 32:
        raise WrongResult(f"{device_id} returned a checksum of more than 32 bits; its kernel is wrong, use another one")
    hits = scan.hits
    for hit in hits:
        if not (0 <= hit.prefix < len(job.prefixes) and hit.nonce in nonces):
            raise _unconfirmed(oracle, device_id, hit)
    places = [int(hit.prefix) << 32 | int(hit.nonce) for hit in hits]
    if any(before >= after for before, after in pairwise(places)):
        raise WrongResult(f"{device_id} returned a share twice or out of order; its kernel is wrong, use another one")
    values = oracle.values(b"".join(header_with_nonce(job.prefixes[hit.prefix], int(hit.nonce)) for hit in hits))
    for hit, value in zip(hits, values, strict=True):
        if value > job.target:
            raise _unconfirmed(oracle, device_id, hit)
    return values


def _unconfirmed(oracle: Oracle, device_id: str, hit: Hit) -> WrongResult:
    return WrongResult(
        f"{device_id} returned nonce {hit.nonce} as a share and {oracle.source} does not confirm it; "
        "its kernel is wrong, use another one"
    )


def check_known_answer(oracle: Oracle, device: Scans, job: Job, nonces: range) -> None:
    """Let `device`, prepared for `job`, scan a small range; everything must be the oracle's. Raises WrongResult."""
    scan = device.scan(nonces)
    check_answer(oracle, device.info.id, job, nonces, scan)
    hits, checksum = oracle.scan(job, nonces)
    if [(hit.prefix, hit.nonce) for hit in scan.hits] != hits:
        raise WrongResult(
            f"{device.info.id} found {len(scan.hits)} of {len(hits)} shares among nonces {nonces.start} to "
            f"{nonces.stop - 1}; its kernel is wrong, use another one"
        )
    if scan.xor_h7 != checksum:
        raise WrongResult(
            f"{device.info.id} computed other hashes than {oracle.source} from nonce {nonces.start} to "
            f"{nonces.stop - 1}; "
            "its kernel is wrong, use another one"
        )


def check_in_parts(oracle: Oracle, device: Scans, job: Job, nonces: range) -> None:
    """Scan a range whole and in two uneven parts: the answers must agree. Raises WrongResult.

    Catches what only shows on large ranges (a counter that overflows, a tail left out), too large for the oracle.
    """
    middle = nonces.start + len(nonces) // 3
    whole = device.scan(nonces)
    parts = [device.scan(range(nonces.start, middle)), device.scan(range(middle, nonces.stop))]
    check_answer(oracle, device.info.id, job, nonces, whole)
    hits = sorted(hit for part in parts for hit in part.hits)
    if list(whole.hits) != hits or whole.xor_h7 != parts[0].xor_h7 ^ parts[1].xor_h7:
        raise WrongResult(
            f"{device.info.id} gives another answer for {len(nonces)} nonces than for their two parts; "
            "its kernel is wrong, use another one"
        )
