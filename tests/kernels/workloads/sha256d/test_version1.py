"""Evidence of version 1: each thing that it must show, changed alone."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.kernels.fakes.device import FakeDevice
from hashwatt.kernels.headers.job import NONCES
from hashwatt.kernels.workloads.evidence import Claim, Finding
from hashwatt.kernels.workloads.evidence_version1 import Chunk, ChunkedShares, Share
from hashwatt.kernels.workloads.proof.poisson import poisson_p_value
from hashwatt.kernels.workloads.sha256d.version1 import verify
from hashwatt.kernels.workloads.sha256d.version1.claimed_ranges import ClaimedRanges
from hashwatt.kernels.workloads.sha256d.version1.recompute import recompute_chunks
from hashwatt.kernels.workloads.sha256d.version1.verify import check_chunked_shares
from tests.reports.factory import HASHES, old_proof_of

RIGHT = old_proof_of("Ana", "cpu", "0" * 32, 4)
SIZE = HASHES // 4
CLAIM = Claim(
    challenge="Ana", machine="f" * 16, device_id="cpu", run_id="0" * 32, workload="sha256d",
    parameters={"prefixes": 1}, amounts=(SIZE,) * 4, written_as=1,
)  # fmt: skip
FIRST, *OTHERS = RIGHT.chunks
LAST = RIGHT.chunks[-1]


def findings(evidence: ChunkedShares = RIGHT, claim: Claim = CLAIM) -> dict[str, Finding]:
    return {finding.code: finding for finding in check_chunked_shares(evidence, claim)}


def faults(evidence: ChunkedShares = RIGHT, claim: Claim = CLAIM) -> dict[str, str]:
    return {code: finding.sentence for code, finding in findings(evidence, claim).items() if not finding.ok}


def with_chunks(*chunks: Chunk) -> ChunkedShares:
    return replace(RIGHT, chunks=chunks)


def test_right_evidence_holds_and_tells_what_it_covers() -> None:
    assert faults() == {}
    covers = {code: finding.covers for code, finding in findings().items()}
    assert covers == {
        "header": ("/device/id", "/parameters/**", "/evidence/headers/**", "/evidence/prefixes"),
        "chunks": (),
        "share_target": ("/evidence/shares/**",),
        "share_range": (),
        "share_duplicate": (),
        "share_count": (),
        "amount": (
            "/amount", "/rounds/*/samples/*/amount", "/evidence/chunks/*/start", "/evidence/chunks/*/nonces",
            "/evidence/chunks/*/sample", "/evidence/chunks/*/running_number",
        ),
    }  # fmt: skip
    assert findings(claim=replace(CLAIM, challenge="Bob"))["header"].covers == ()


@pytest.mark.parametrize(
    "changes",
    [{"challenge": "Bob"}, {"device_id": "cuda:0"}, {"run_id": "1" * 32}],
    ids=lambda changes: next(iter(changes)),
)
def test_headers_derive_from_the_claim(changes: dict[str, Any]) -> None:
    assert "header 0 is not derived" in faults(claim=replace(CLAIM, **changes))["header"]


def test_headers_are_those_of_the_chunks_each_once_with_the_stated_prefixes() -> None:
    told = "the headers listed are not those of the chunks"
    assert faults(replace(RIGHT, headers=RIGHT.headers * 2))["header"] == told
    assert faults(replace(RIGHT, headers=()))["header"] == told
    assert faults(with_chunks(*RIGHT.chunks, replace(FIRST, running_number=1)))["header"] == told
    two = replace(CLAIM, parameters={"prefixes": 2})
    assert faults(claim=two)["header"] == "2 prefixes are stated, 1 were hashed"
    assert "None prefixes" in faults(claim=replace(CLAIM, parameters={}))["header"]


@pytest.mark.parametrize(
    ("chunk", "words"),
    [
        (replace(LAST, start=NONCES - SIZE), ""),
        (replace(LAST, start=NONCES - SIZE + 1), "reaches past nonce"),
        (replace(LAST, start=LAST.start - 1), f"overlap at nonce {LAST.start - 1}"),
        (replace(LAST, start=LAST.start + 1), ""),
        (replace(LAST, running_number=7, start=0), ""),
        (replace(LAST, running_number=7, start=NONCES - 1), "under header 7 reaches past nonce"),
    ],
)
def test_chunks_lie_apart_and_within_a_header(chunk: Chunk, words: str) -> None:
    fault = faults(with_chunks(FIRST, *OTHERS[:-1], chunk)).get("chunks", "")
    assert words in fault if words else fault == ""
    # In whatever order they stand.
    assert faults(with_chunks(chunk, *OTHERS[:-1], FIRST)).get("chunks", "") == fault


def with_shares(*shares: Share) -> ChunkedShares:
    return replace(RIGHT, shares=shares)


def test_each_share_meets_the_target_in_a_chunk_and_stands_once() -> None:
    one, *others = RIGHT.shares
    total = len(RIGHT.shares)
    missed = next(nonce for nonce in range(HASHES) if nonce not in {share.nonce for share in RIGHT.shares})
    assert faults(with_shares(replace(one, nonce=missed), *others)) == {
        "share_target": f"1 of {total} shares do not meet the target"
    }
    assert faults(with_shares(one, one, *others[1:])) == {"share_duplicate": f"1 of {total} shares stand twice"}
    assert "share_range" in faults(with_shares(replace(one, nonce=HASHES), *others))
    assert "share_range" in faults(with_shares(replace(one, prefix=1), *others))
    elsewhere = faults(with_shares(replace(one, running_number=1), *others))
    assert elsewhere == {"share_range": f"1 of {total} shares lie outside the claimed ranges"}
    assert faults(with_chunks(*OTHERS))["share_range"].startswith(
        f"{sum(share.nonce < SIZE for share in RIGHT.shares)} of {total} "
    )


def test_ranges_hold_their_first_and_their_last_nonce() -> None:
    ranges = ClaimedRanges((Chunk(running_number=3, start=8, nonces=2, xor_h7=0, sample=0),))
    held = [nonce for nonce in range(20) if Share(running_number=3, prefix=0, nonce=nonce) in ranges]
    assert held == [8, 9]
    assert Share(running_number=2, prefix=0, nonce=8) not in ranges


def test_the_number_of_shares_fits_what_is_claimed() -> None:
    # 256 are expected; so few or fewer are found by chance once in 20,000 honest runs.
    fewest = next(count for count in range(256) if poisson_p_value(count, 256.0) >= 1e-4)
    assert faults(with_shares(*RIGHT.shares[:fewest])) == {}
    odd = faults(with_shares(*RIGHT.shares[: fewest - 1]))["share_count"]
    assert odd.startswith(f"the number of shares does not fit the claimed hashes: {fewest - 1} shares found, 256.0")
    few = faults(with_chunks(FIRST), replace(CLAIM, amounts=(SIZE,)))["share_count"]
    assert few.startswith("only 64 shares are expected of 1024 hashes")
    # A hundred expected shares are enough; and as many hashes more for each prefix.
    enough = replace(FIRST, nonces=1600)
    found = tuple(share for share in RIGHT.shares if share.nonce < 1600)
    assert "share_count" not in faults(replace(with_shares(*found), chunks=(enough,)))
    assert "only" in faults(replace(with_shares(*found), chunks=(replace(enough, nonces=1599),)))["share_count"]
    assert "4096 hashes" not in findings()["share_count"].sentence
    assert "256.0 expected" in findings()["share_count"].sentence
    assert "512.0 expected" in findings(replace(RIGHT, prefixes=2))["share_count"].sentence


def test_a_number_of_shares_that_is_just_odd_enough_still_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "SHARE_COUNT_P", poisson_p_value(230, 256.0))
    assert faults(with_shares(*RIGHT.shares[:230])) == {}
    assert "share_count" in faults(with_shares(*RIGHT.shares[:229]))


def test_each_sample_s_chunks_hold_what_it_states() -> None:
    assert faults(claim=replace(CLAIM, amounts=(SIZE, SIZE, SIZE, SIZE + 1)))["amount"] == (
        f"sample 3 states {SIZE + 1} hashes, its chunks hold {SIZE}"
    )
    both = replace(CLAIM, amounts=(SIZE + 1, SIZE - 1, SIZE, SIZE))
    assert faults(claim=both)["amount"].startswith("sample 0 states")
    beyond = faults(with_chunks(FIRST, *OTHERS[:-1], replace(LAST, sample=4)))["amount"]
    assert beyond == "a chunk belongs to sample 4, which does not exist"
    one = replace(CLAIM, amounts=(2 * SIZE, SIZE, SIZE))
    assert "amount" not in faults(with_chunks(*(replace(one, sample=one.sample % 3) for one in RIGHT.chunks)), one)


def again(evidence: ChunkedShares, count: int = 9) -> tuple[list[Finding], int]:
    """What hashing chunks again finds, and how many hashes that took."""
    amounts: list[int] = []
    device = FakeDevice("steady", 1e9, lambda _: None)
    return recompute_chunks(evidence, CLAIM, count, device, amounts.append), sum(amounts)


def test_chunks_hashed_again_hold_their_shares_and_their_checksum() -> None:
    found, amount = again(RIGHT)
    # The factory's checksums are invented, and all are found.
    assert [(one.code, one.ok) for one in found] == [("checksum", False), ("recomputed_shares", True)] * 4
    assert amount == HASHES
    assert all(
        f"not the stored {chunk.xor_h7:#010x}" in " ".join(one.sentence for one in found) for chunk in RIGHT.chunks
    )
    assert len(again(RIGHT, 1)[0]) == 2
    right = int(found[0].sentence.split("checksum 0x")[1][:8], 16)
    start = int(found[0].sentence.split(" ")[1])
    righted = tuple(replace(one, xor_h7=right) if one.start == start else one for one in RIGHT.chunks)
    assert [one.ok for one in again(with_chunks(*righted))[0] if one.code == "checksum"].count(True) == 1


def test_a_share_too_many_or_too_few_is_found_again() -> None:
    one, *others = RIGHT.shares
    fewer = " ".join(finding.sentence for finding in again(with_shares(*others))[0] if not finding.ok)
    assert "1 of them are not stored and 0 stored ones are not among them" in fewer
    missed = next(nonce for nonce in range(SIZE) if nonce not in {share.nonce for share in RIGHT.shares})
    more = " ".join(finding.sentence for finding in again(with_shares(replace(one, nonce=missed), *RIGHT.shares))[0])
    assert "0 of them are not stored and 1 stored ones are not among them" in more


def test_a_chunk_that_reaches_past_the_last_nonce_cannot_be_hashed_again() -> None:
    assert again(with_chunks(replace(LAST, start=NONCES - SIZE + 1)))[0] == []
    assert len(again(with_chunks(replace(LAST, start=NONCES - SIZE)))[0]) == 2
