"""Holding shares against what is claimed, without trusting them: in milliseconds, since only the shares are hashed.

What holds is the *work*: so many hashes of headers that derive from the challenge. The chunks are not hashed again
(`recompute` does that).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ....headers.job import NONCES, rolled_prefix
from ....headers.oracle import meets
from ....headers.target import share_probability
from ...evidence import Claim, Finding
from ...evidence_version1 import ChunkedShares
from ...proof.poisson import poisson_p_value
from .claimed_ranges import ClaimedRanges
from .headers import FEWEST_EXPECTED_SHARES, SHARE_COUNT_P, derive_prefix


def check_chunked_shares(evidence: ChunkedShares, claim: Claim) -> list[Finding]:
    """All checks, in the order in which they are shown."""
    return [
        _headers(evidence, claim),
        _chunks(evidence),
        *_shares(evidence),
        _share_count(evidence),
        _amounts(evidence, claim),
    ]


def _headers(evidence: ChunkedShares, claim: Claim) -> Finding:
    claimed = {header.running_number: header.prefix_hex for header in evidence.headers}
    used = {chunk.running_number for chunk in evidence.chunks}
    foreign = next(
        (
            number
            for number, prefix in sorted(claimed.items())
            if derive_prefix(claim.challenge, claim.device_id, claim.run_id, number).hex() != prefix
        ),
        None,
    )
    if foreign is not None:
        fault = f"header {foreign} is not derived from the challenge, the device and the run"
    elif len(claimed) != len(evidence.headers) or set(claimed) != used:
        fault = "the headers listed are not those of the chunks"
    elif claim.parameters.get("prefixes") != evidence.prefixes:
        fault = f"{claim.parameters.get('prefixes')!s:.20} prefixes are stated, {evidence.prefixes} were hashed"
    else:
        fault = ""
    covers = ("/device/id", "/parameters/**", "/evidence/headers/**", "/evidence/prefixes")
    return _finding("header", not fault, "the hashed headers derive from the challenge", fault, covers)


def _chunks(evidence: ChunkedShares) -> Finding:
    fault = ""
    for number, chunks in ClaimedRanges(evidence.chunks).by_number.items():
        if chunks[-1].start + chunks[-1].nonces > NONCES:
            fault = f"a chunk under header {number} reaches past nonce 2³²−1"
        for before, after in pairwise(chunks):
            if before.start + before.nonces > after.start:
                fault = f"two chunks under header {number} overlap at nonce {after.start}, so hashes would count twice"
    return _finding("chunks", not fault, "the claimed ranges do not overlap", fault)


def _shares(evidence: ChunkedShares) -> Iterator[Finding]:
    target = int(evidence.target_hex, 16)
    prefixes = {header.running_number: bytes.fromhex(header.prefix_hex) for header in evidence.headers}
    claimed = ClaimedRanges(evidence.chunks)
    misses = outside = doubled = 0
    seen: set[tuple[int, int, int]] = set()
    for share in evidence.shares:
        identity = (share.running_number, share.prefix, share.nonce)
        doubled += identity in seen
        seen.add(identity)
        prefix = prefixes.get(share.running_number)
        if prefix is None or share.prefix >= evidence.prefixes or share not in claimed:
            outside += 1
        # A share under a header that is not there has nothing to hash; it is outside already.
        if prefix is not None and not meets(rolled_prefix(prefix, share.prefix), share.nonce, target):
            misses += 1
    total = len(evidence.shares)
    yield _finding(
        "share_target", not misses, f"all {total} shares meet the target",
        f"{misses} of {total} shares do not meet the target",
        ("/evidence/shares/**",),
    )  # fmt: skip
    yield _finding(
        "share_range", not outside, "all shares lie in the claimed ranges",
        f"{outside} of {total} shares lie outside the claimed ranges",
    )  # fmt: skip
    yield _finding(
        "share_duplicate", not doubled, "no share stands twice",
        f"{doubled} of {total} shares stand twice",
    )  # fmt: skip


def _share_count(evidence: ChunkedShares) -> Finding:
    hashes = sum(chunk.nonces for chunk in evidence.chunks) * evidence.prefixes
    expected = hashes * share_probability(int(evidence.target_hex, 16))
    found = len(evidence.shares)
    if expected < FEWEST_EXPECTED_SHARES:
        fault = (
            f"only {expected:.2g} shares are expected of {hashes} hashes, too few to support the claim; measure longer"
        )
        return _finding("share_count", False, "", fault)
    p_value = poisson_p_value(found, expected)
    numbers = f"{found} shares found, {expected:.1f} expected (p = {p_value:.2g})"
    return _finding(
        "share_count", p_value >= SHARE_COUNT_P,
        f"the number of shares fits the claimed hashes: {numbers}",
        f"the number of shares does not fit the claimed hashes: {numbers}",
    )  # fmt: skip


def _amounts(evidence: ChunkedShares, claim: Claim) -> Finding:
    by_sample = [0] * len(claim.amounts)
    fault = ""
    for chunk in evidence.chunks:
        if chunk.sample >= len(by_sample):
            fault = f"a chunk belongs to sample {chunk.sample}, which does not exist"
        else:
            by_sample[chunk.sample] += chunk.nonces * evidence.prefixes
    for index, (stated, hashes) in enumerate(zip(claim.amounts, by_sample, strict=True)):
        if stated != hashes:
            fault = fault or f"sample {index} states {stated} hashes, its chunks hold {hashes}"
    chunks = ("/evidence/chunks/*/nonces", "/evidence/chunks/*/sample", "/evidence/chunks/*/running_number")
    covers = ("/amount", "/rounds/*/samples/*/amount", "/evidence/chunks/*/start", *chunks)
    return _finding("amount", not fault, "samples and chunks count the same hashes", fault, covers)


def _finding(code: str, ok: bool, good: str, bad: str, covers: tuple[str, ...] = ()) -> Finding:
    return Finding(code=code, ok=ok, sentence=good if ok else bad, covers=covers if ok else ())
