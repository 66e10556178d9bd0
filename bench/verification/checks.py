"""Checking a result without trusting it.

Takes milliseconds: the shares are hashed again, not the chunks (`recompute` does that). What holds
is the *work*: so many hashes of headers that derive from the challenge. What does not follow is the
clock (how long it took) and the device's name: they are the measuring machine's own word.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ...kernels.job import NONCES, rolled_prefix
from ...kernels.oracle import meets
from ...kernels.target import share_probability
from ..result.file import SchemaViolation, encode, load
from ..result.model import DeviceResult, Proof, Result, Together
from ..sha256d.claimed_ranges import ClaimedRanges
from ..sha256d.proof import FEWEST_EXPECTED_SHARES, SHARE_COUNT_P, derive_prefix, together_run_id
from ..statistics import CONFIDENCE, median_interval, poisson_p_value
from .verdict import Check, CheckCode, Verdict

# Room for the rounding of sums that another order of adding gives, not for a different figure.
RELATIVE_ROUNDING = 1e-9


def check_result(source: str | Path | Result) -> tuple[Verdict, Result | None]:
    """Every check that needs no re-hashing of chunks, and the result itself if it could be read.

    Raises InputError when the file cannot be read as JSON of a known schema version at all.
    """
    try:
        # A result handed over as an object may have been made by anyone, too: the model's bounds hold for it.
        if isinstance(source, Result):
            encode(source)
        result = source if isinstance(source, Result) else load(source)
    except SchemaViolation as violation:
        return Verdict.of([Check(code="schema", ok=False, sentence=str(violation))]), None
    checks = [Check(code="schema", ok=True, sentence="the file fits the result model")]
    identities = [entry.device.id for entry in result.devices]
    doubled = sorted({name for name in identities if identities.count(name) > 1})
    checks.append(
        Check(
            code="devices",
            ok=not doubled,
            sentence=f"device {doubled[0]} stands twice, so its work would count twice"
            if doubled
            else "each device stands once",
        )
    )
    for entry in result.devices:
        checks.extend(check_device(entry, result.challenge, result.run_id))
    checks.extend(check_together(result))
    return Verdict.of(checks), result


def check_together(result: Result) -> list[Check]:
    """The checks of what the devices did at once; they stand for themselves, and not for the devices alone."""
    together = result.together
    if together is None:
        return []
    run_id = together_run_id(result.run_id)
    checks = [check for entry in together.devices for check in check_device(entry, result.challenge, run_id)]
    checks = [
        Check(code=check.code, ok=check.ok, sentence=f"together: {check.sentence}", device=f"together {check.device}")
        for check in checks
    ]
    fault = _fault_of_rates(result, together)
    sentence = "rates together, their ratios and their sum follow from the devices' records"
    return [*checks, Check(code="together", ok=not fault, sentence=fault or sentence)]


def _fault_of_rates(result: Result, together: Together) -> str:
    alone = {entry.device.id: entry.hashrate.value_hs for entry in result.devices if entry.hashrate}
    then = {entry.device.id: entry.hashrate.value_hs for entry in together.devices if entry.hashrate}
    stated = {rate.device: rate for rate in together.rates}
    if stated.keys() != then.keys() or len(stated) != len(together.rates) or not then.keys() <= alone.keys():
        return "the rates together are not those of the devices measured together"
    for name, rate in stated.items():
        expected = then[name] / alone[name]
        if rate.hashrate_hs != then[name] or not math.isclose(rate.ratio_to_alone, expected, rel_tol=RELATIVE_ROUNDING):
            return f"{name} made {expected:.3f} of its rate alone, not the stated {rate.ratio_to_alone:.3f}"
    total = math.fsum(then.values())
    if not math.isclose(together.sum_hs or 0.0, total, rel_tol=RELATIVE_ROUNDING):
        return f"the rates together add up to {total:.6g} H/s, not to the stated {together.sum_hs or 0:.6g}"
    return ""


def check_device(entry: DeviceResult, challenge: str, run_id: str) -> list[Check]:
    """The checks of one device's record."""
    claims_work = bool(entry.samples or entry.hashrate or entry.hashes or entry.seconds or entry.proof)
    if entry.status in ("failed", "refused") or (entry.status == "interrupted" and not claims_work):
        return [_check(entry, "devices", not claims_work, "claims nothing", f"is {entry.status} and yet claims hashes")]
    if not (entry.samples and entry.hashrate and entry.proof):
        missing = "samples" if not entry.samples else "hashrate" if not entry.hashrate else "proof"
        return [_check(entry, "devices", False, "", f"is {entry.status} but has no {missing}")]
    return [
        _check_headers(entry, entry.proof, challenge, run_id),
        _check_chunks(entry, entry.proof),
        *_check_shares(entry, entry.proof),
        _check_share_count(entry, entry.proof),
        _check_amount(entry, entry.proof),
        _check_rate(entry),
    ]


def _check_headers(entry: DeviceResult, proof: Proof, challenge: str, run_id: str) -> Check:
    claimed = {header.running_number: header.prefix_hex for header in proof.headers}
    used = {chunk.running_number for chunk in proof.chunks}
    foreign = next(
        (
            number
            for number, prefix in sorted(claimed.items())
            if derive_prefix(challenge, entry.device.id, run_id, number).hex() != prefix
        ),
        None,
    )
    if foreign is not None:
        fault = f"header {foreign} is not derived from the challenge, the device and the run"
    elif len(claimed) != len(proof.headers) or set(claimed) != used:
        fault = "the headers listed are not those of the chunks"
    else:
        fault = ""
    return _check(entry, "header", not fault, "the hashed headers derive from the challenge", fault)


def _check_chunks(entry: DeviceResult, proof: Proof) -> Check:
    fault = ""
    for number, chunks in ClaimedRanges(proof.chunks).by_number.items():
        if chunks[-1].start + chunks[-1].nonces > NONCES:
            fault = f"a chunk under header {number} reaches past nonce 2³²−1"
        for before, after in pairwise(chunks):
            if before.start + before.nonces > after.start:
                fault = f"two chunks under header {number} overlap at nonce {after.start}, so hashes would count twice"
    return _check(entry, "chunks", not fault, "the claimed ranges do not overlap", fault)


def _check_shares(entry: DeviceResult, proof: Proof) -> Iterator[Check]:
    target = int(proof.target_hex, 16)
    prefixes = {header.running_number: bytes.fromhex(header.prefix_hex) for header in proof.headers}
    claimed = ClaimedRanges(proof.chunks)
    misses = outside = doubled = 0
    seen: set[tuple[int, int, int]] = set()
    for share in proof.shares:
        identity = (share.running_number, share.prefix, share.nonce)
        doubled += identity in seen
        seen.add(identity)
        prefix = prefixes.get(share.running_number)
        if prefix is None or share.prefix >= proof.prefixes or share not in claimed:
            outside += 1
        # A share under a header that is not there has nothing to hash; it is outside already.
        if prefix is not None and not meets(rolled_prefix(prefix, share.prefix), share.nonce, target):
            misses += 1
    total = len(proof.shares)
    yield _check(
        entry, "share_target", not misses, f"all {total} shares meet the target",
        f"{misses} of {total} shares do not meet the target",
    )  # fmt: skip
    yield _check(
        entry, "share_range", not outside, "all shares lie in the claimed ranges",
        f"{outside} of {total} shares lie outside the claimed ranges",
    )  # fmt: skip
    yield _check(
        entry, "share_duplicate", not doubled, "no share stands twice",
        f"{doubled} of {total} shares stand twice",
    )  # fmt: skip


def _check_share_count(entry: DeviceResult, proof: Proof) -> Check:
    hashes = _chunk_hashes(proof)
    expected = hashes * share_probability(int(proof.target_hex, 16))
    found = len(proof.shares)
    if expected < FEWEST_EXPECTED_SHARES:
        fault = (
            f"only {expected:.2g} shares are expected of {hashes} hashes, too few to support the claim; measure longer"
        )
        return _check(entry, "share_count", False, "", fault)
    p_value = poisson_p_value(found, expected)
    numbers = f"{found} shares found, {expected:.1f} expected (p = {p_value:.2g})"
    return _check(
        entry, "share_count", p_value >= SHARE_COUNT_P,
        f"the number of shares fits the claimed hashes: {numbers}",
        f"the number of shares does not fit the claimed hashes: {numbers}",
    )  # fmt: skip


def _check_amount(entry: DeviceResult, proof: Proof) -> Check:
    by_sample = [0] * len(entry.samples)
    fault = ""
    for chunk in proof.chunks:
        if chunk.sample >= len(by_sample):
            fault = f"a chunk belongs to sample {chunk.sample}, which does not exist"
        else:
            by_sample[chunk.sample] += chunk.nonces * proof.prefixes
    for index, (sample, hashes) in enumerate(zip(entry.samples, by_sample, strict=True)):
        if sample.hashes != hashes:
            fault = fault or f"sample {index} states {sample.hashes} hashes, its chunks hold {hashes}"
    total = sum(sample.hashes for sample in entry.samples)
    if entry.hashes != total:
        fault = fault or f"{entry.hashes} hashes are stated in all, the samples add up to {total}"
    return _check(entry, "amount", not fault, "samples and chunks count the same hashes", fault)


def _check_rate(entry: DeviceResult) -> Check:
    stated = entry.hashrate
    assert stated is not None
    seconds = math.fsum(sample.seconds for sample in entry.samples)
    interval = median_interval([sample.hashes / sample.seconds for sample in entry.samples])
    fault = ""
    if not math.isclose(seconds, entry.seconds, rel_tol=RELATIVE_ROUNDING):
        fault = f"{entry.seconds:g} s are stated in all, the samples add up to {seconds:g} s"
    elif not math.isclose(interval.median, stated.value_hs, rel_tol=RELATIVE_ROUNDING):
        fault = f"hashes ÷ seconds of the samples gives {interval.median:.6g} H/s, not the stated {stated.value_hs:.6g}"
    elif (
        not math.isclose(interval.low, stated.low_hs, rel_tol=RELATIVE_ROUNDING)
        or not math.isclose(interval.high, stated.high_hs, rel_tol=RELATIVE_ROUNDING)
        or stated.confidence != CONFIDENCE
    ):
        fault = (
            f"the samples give an interval of {interval.low:.6g}…{interval.high:.6g} H/s, "
            f"not the stated {stated.low_hs:.6g}…{stated.high_hs:.6g}"
        )
    elif stated.origin != "measured":
        fault = f"a rate from samples is measured, not {stated.origin}"
    return _check(entry, "rate", not fault, "hashes and seconds give the stated hashrate", fault)


def _chunk_hashes(proof: Proof) -> int:
    return sum(chunk.nonces for chunk in proof.chunks) * proof.prefixes


def _check(entry: DeviceResult, code: CheckCode, ok: bool, good: str, bad: str) -> Check:
    return Check(code=code, ok=ok, sentence=f"{entry.device.id}: {good if ok else bad}", device=entry.device.id)
