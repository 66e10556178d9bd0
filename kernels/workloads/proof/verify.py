"""Holding shares against what is claimed, without trusting them: in milliseconds, since only the shares are hashed.

What holds is the *work*: at least so many hashes of headers that derive from the challenge. What was counted is not
hashed again (`recompute` and `audit` do that).
"""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

from ...headers.job import PREFIX_BYTES
from ...headers.many import headers_of, meet
from ...headers.target import share_probability
from ..evidence import Claim, Finding, Shares
from .bounds import FEWEST_EXPECTED_SHARES, PROVEN_CONFIDENCE, fits, proven_hashes
from .headers import NONCE_BITS, Headers, kept_target
from .oracle import Oracle
from .packing import Numbers, Unreadable, unpack_ascending, unpack_words
from .walk import Walk

# Positions and shares are counted with 63 bits.
LARGEST = (1 << 63) - 1


def check_shares(oracle: Oracle, evidence: Shares, claim: Claim, most: int | None = None) -> list[Finding]:
    """All checks, in the order in which they are shown; of `most` shares, privately drawn, where that is given."""
    if claim.parameters.get("prefixes", 1) != evidence.prefixes:
        stated = f"{claim.parameters.get('prefixes', 1)!s:.20} prefixes are stated, {evidence.prefixes} were hashed"
        return [Finding(code="header", ok=False, sentence=stated)]
    walk = Walk(evidence)
    hashes = walk.nonces * evidence.prefixes
    places = _spans(evidence, walk, hashes)
    if not places.ok:
        return [places]
    try:
        keys = unpack_ascending(evidence.shares, walk.end * evidence.prefixes - 1)
        checksums = unpack_words(evidence.checksums)
    except Unreadable as fault:
        return [places, Finding(code="packing", ok=False, sentence=f"what is packed cannot be read: {fault}")]
    if len(keys) != evidence.count or len(checksums) != -(-walk.nonces // evidence.leaf_nonces):
        fault_of_count = (
            f"{evidence.count} shares are stated and {len(keys)} packed, "
            f"and {len(checksums)} checksums for {-(-walk.nonces // evidence.leaf_nonces)} leaves"
        )
        return [places, Finding(code="packing", ok=False, sentence=fault_of_count)]
    target = kept_target(int(evidence.target_hex, 16), hashes, evidence.wanted)
    return [
        places,
        *_shares(oracle, evidence, claim, walk, keys, target, most),
        _share_count(hashes, len(keys), target),
        _amounts(hashes, claim),
    ]


def _spans(evidence: Shares, walk: Walk, hashes: int) -> Finding:
    fault = ""
    if not walk.is_ascending:
        fault = "the claimed ranges overlap or do not ascend, so hashes would count twice"
    elif max(hashes, walk.end * evidence.prefixes) > LARGEST:
        fault = "the claimed ranges lie beyond all bounds"
    elif not hashes:
        fault = "no range is claimed"
    # Not where they begin: moved by a few nonces, they would hold the same shares.
    covers = ("/evidence/spans/*/nonces",)
    return _finding("spans", not fault, "the claimed ranges do not overlap", fault, covers)


def _shares(
    oracle: Oracle, evidence: Shares, claim: Claim, walk: Walk, keys: Numbers, target: int, most: int | None
) -> list[Finding]:
    total = len(keys)
    positions = keys // np.uint64(evidence.prefixes)
    outside = int(np.count_nonzero(~walk.holds(positions)))
    if most is not None and most < total:
        keys = keys[drawn(total, most)]
    misses = int(np.count_nonzero(~_met(oracle, Headers.of(evidence, claim), keys, evidence.prefixes, target)))
    tried = f"all {total} shares" if len(keys) == total else f"{len(keys)} of {total} shares, drawn anew,"
    # Not the checksums: only hashing the leaves again shows whether they are right.
    evidence_fields = ("target_hex", "wanted", "prefixes", "leaf_nonces", "count", "shares", "kind")
    covers = (
        "/device/id",
        "/machine",
        "/workload",
        "/parameters/**",
        *(f"/evidence/{name}" for name in evidence_fields),
    )
    return [
        _finding(
            "shares", not misses, f"{tried} are rightly hashed from the challenge",
            f"{misses} of {len(keys)} shares do not meet the target under headers that derive from the challenge, the "
            "machine, the device and the run",
            covers,
        ),
        _finding(
            "share_range", not outside, "all shares lie in the claimed ranges",
            f"{outside} of {total} shares lie outside the claimed ranges",
        ),
    ]  # fmt: skip


def drawn(total: int, most: int) -> NDArray[np.uint64]:
    """`most` (≤ `total`) of the numbers below `total`, ascending: drawn by the system, each set as likely as any other.

    As `SystemRandom.sample` draws them, but many in one call of the system: a fleet's report draws 300 of each machine.
    """
    # What lies beyond the last whole multiple would make small numbers likelier.
    multiple = (1 << 64) // total * total
    last = np.uint64(multiple - 1)
    chosen: NDArray[np.uint64] = np.empty(0, np.uint64)
    while len(chosen) < most:
        words = np.frombuffer(secrets.token_bytes(16 * most), np.uint64)
        draws = np.concatenate((chosen, words[words <= last] % np.uint64(total)))
        # In the order in which they came, each once.
        firsts = np.sort(np.unique(draws, return_index=True)[1])
        chosen = draws[firsts][:most]
    return np.sort(chosen)


def _met(oracle: Oracle, headers: Headers, keys: Numbers, prefixes: int, target: int) -> NDArray[np.bool_]:
    if not len(keys):
        return np.ones(0, np.bool_)
    positions, rolled = keys // np.uint64(prefixes), keys % np.uint64(prefixes)
    numbers, which = np.unique(positions >> np.uint64(NONCE_BITS), return_inverse=True)
    first = np.frombuffer(b"".join(headers.prefix(number) for number in numbers.tolist()), np.uint8)
    digests = oracle.digests_of(
        headers_of(first.reshape(len(numbers), PREFIX_BYTES)[which], rolled, positions & np.uint64(0xFFFFFFFF))
    )
    return meet(digests, target)


def _share_count(hashes: int, found: int, target: int) -> Finding:
    chance = share_probability(target)
    expected = hashes * chance
    if expected < FEWEST_EXPECTED_SHARES:
        fault = (
            f"only {expected:.3g} shares are expected of {hashes} hashes, too few to prove anything (200 are needed); "
            "measure longer"
        )
        return Finding(code="share_count", ok=False, sentence=fault)
    at_least = min(hashes, proven_hashes(found, chance))
    numbers = f"{found} shares found, {expected:.1f} expected"
    if not fits(found, expected):
        fault = f"{hashes:,} hashes are claimed, which the shares do not bear out: {numbers}"
        return Finding(code="share_count", ok=False, sentence=fault, at_least=at_least, confidence=PROVEN_CONFIDENCE)
    return Finding(
        code="share_count",
        ok=True,
        sentence=f"proven: at least {at_least:,} hashes of {hashes:,} claimed ({numbers})",
        at_least=at_least,
        confidence=PROVEN_CONFIDENCE,
    )


def _amounts(hashes: int, claim: Claim) -> Finding:
    stated = sum(claim.amounts)
    covers = ("/amount", "/rounds/*/samples/*/amount")
    fault = f"the samples state {stated} hashes, the claimed ranges hold {hashes}"
    return _finding("amount", stated == hashes, "samples and claimed ranges count the same hashes", fault, covers)


def _finding(code: str, ok: bool, good: str, bad: str, covers: tuple[str, ...] = ()) -> Finding:
    return Finding(code=code, ok=ok, sentence=good if ok else bad, covers=covers if ok else ())
