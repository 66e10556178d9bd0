"""What shares must show, each thing changed alone; the forgeries in `tests/attack` try what pays."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.kernels.workloads.evidence import Claim, Finding, Shares, Span
from hashwatt.kernels.workloads.proof.bounds import fits, proven_hashes
from hashwatt.kernels.workloads.proof.packing import pack_ascending, pack_words, unpack_ascending, unpack_words
from hashwatt.kernels.workloads.proof.verify import check_shares
from hashwatt.kernels.workloads.sha256d.oracle import ORACLE
from tests.reports.factory import HASHES, proof_of

RUN = "0" * 32
RIGHT, ROLLED = (proof_of("Ana", "cpu", RUN, 4, prefixes) for prefixes in (1, 4))
SIZE = HASHES // 4
# Of 63 bits.
LARGEST = 9_223_372_036_854_775_807
KEYS: list[int] = unpack_ascending(RIGHT.shares, HASHES).tolist()


def claim(prefixes: int = 1, **changes: Any) -> Claim:
    right = Claim(
        challenge="Ana", machine="0123456789abcdef", device_id="cpu", run_id=RUN, workload="sha256d",
        parameters={"prefixes": prefixes}, amounts=(SIZE,) * 4, written_as=2,
    )  # fmt: skip
    return replace(right, **changes)


def findings(evidence: Shares, held: Claim | None = None, most: int | None = None) -> dict[str, Finding]:
    return {one.code: one for one in check_shares(ORACLE, evidence, held or claim(evidence.prefixes), most)}


def faults(evidence: Shares, held: Claim | None = None, most: int | None = None) -> dict[str, str]:
    return {code: one.sentence for code, one in findings(evidence, held, most).items() if not one.ok}


def with_keys(keys: list[int]) -> Shares:
    return replace(RIGHT, shares=pack_ascending(keys), count=len(keys))


def with_spans(*spans: tuple[int, int]) -> Shares:
    return replace(RIGHT, spans=tuple(Span(start=start, nonces=nonces) for start, nonces in spans))


@pytest.mark.parametrize("evidence", [RIGHT, ROLLED], ids=["plain", "rolled"])
def test_right_evidence_holds_and_covers_what_cannot_be_otherwise(evidence: Shares) -> None:
    found = findings(evidence)
    assert [(code, one.ok) for code, one in found.items()] == [
        (code, True) for code in ("spans", "shares", "share_range", "share_count", "amount")
    ]
    assert found["spans"].covers == ("/evidence/spans/*/nonces",)
    assert found["amount"].covers == ("/amount", "/rounds/*/samples/*/amount")
    fields = ("target_hex", "wanted", "prefixes", "leaf_nonces", "count", "shares", "kind")
    assert found["shares"].covers == (
        "/device/id", "/machine", "/workload", "/parameters/**", *(f"/evidence/{name}" for name in fields),
    )  # fmt: skip
    assert found["share_count"].at_least == proven_hashes(evidence.count, 1 / 16)
    assert found["share_count"].confidence == 0.999
    assert f"{evidence.count} shares found, 256.0 expected" in found["share_count"].sentence


def test_prefixes_are_the_stated_ones_and_one_where_none_are() -> None:
    assert faults(ROLLED, claim(2)) == {"header": "2 prefixes are stated, 4 were hashed"}
    assert faults(RIGHT, claim(parameters={})) == {}
    assert faults(ROLLED, claim(parameters={})) == {"header": "1 prefixes are stated, 4 were hashed"}


def test_spans_lie_apart_and_within_all_bounds() -> None:
    assert "overlap" in faults(with_spans((0, SIZE), (SIZE - 1, 3 * SIZE)))["spans"]
    assert "spans" not in faults(with_spans((0, SIZE), (SIZE, 3 * SIZE)))
    assert faults(with_spans()) == {"spans": "no range is claimed"}
    assert "spans" not in faults(with_spans((LARGEST - HASHES, HASHES)))
    assert "beyond all bounds" in faults(with_spans((LARGEST - HASHES + 1, HASHES)))["spans"]
    many = replace(with_spans((0, 1 << 61)), prefixes=4)
    assert "beyond all bounds" in faults(many)["spans"]


def test_what_is_packed_is_read_and_counted() -> None:
    assert "what is packed cannot be read: it is not base64" in faults(replace(RIGHT, shares="A"))["packing"]
    assert "what is packed cannot be read" in faults(replace(RIGHT, checksums="AAA="))["packing"]
    assert faults(replace(RIGHT, count=RIGHT.count + 1))["packing"] == (
        f"{RIGHT.count + 1} shares are stated and {RIGHT.count} packed, and 4 checksums for 4 leaves"
    )
    words = unpack_words(RIGHT.checksums)
    assert "and 3 checksums for 4 leaves" in faults(replace(RIGHT, checksums=pack_words(words[1:])))["packing"]
    # A leaf that is begun is one.
    assert "for 5 leaves" in faults(with_spans((0, HASHES + 1)))["packing"]


def test_a_share_lies_where_it_was_counted_up_to_the_last_nonce() -> None:
    assert "packing" not in faults(with_keys([*KEYS, HASHES - 1] if KEYS[-1] < HASHES - 1 else KEYS))
    assert "beyond what is claimed" in faults(with_keys([*KEYS, HASHES]))["packing"]
    gap = with_spans((0, 100), (101, HASHES - 100))
    keys = sorted({*KEYS, 100})
    outside = replace(gap, shares=pack_ascending(keys), count=len(keys))
    assert faults(outside)["share_range"].startswith(f"1 of {len(keys)} shares lie outside")
    # Of rolled prefixes each nonce has as many places.
    last = unpack_ascending(ROLLED.shares, HASHES).tolist()
    beyond = replace(ROLLED, shares=pack_ascending([*last, HASHES]), count=ROLLED.count + 1)
    assert "beyond what is claimed" in faults(beyond)["packing"]


def test_each_share_is_hashed_or_so_many_drawn_anew() -> None:
    missed = next(key for key in range(HASHES) if key not in KEYS)
    wrong = with_keys(sorted([*KEYS[1:], missed]))
    total = len(KEYS)
    assert faults(wrong)["shares"].startswith(f"1 of {total} shares do not meet the target")
    assert findings(RIGHT)["shares"].sentence == f"all {total} shares are rightly hashed from the challenge"
    assert findings(RIGHT, most=total)["shares"].sentence.startswith(f"all {total} shares")
    drawn = findings(RIGHT, most=total - 1)["shares"].sentence
    assert drawn == f"{total - 1} of {total} shares, drawn anew, are rightly hashed from the challenge"
    # However few are drawn, where they lie is asked of all, and all are counted.
    every = findings(with_keys([]), most=0)
    assert every["shares"].ok
    assert "share_count" in faults(with_keys(KEYS[:100]), most=1)


def test_the_drawn_shares_are_others_each_time() -> None:
    wrong = with_keys([key if index % 2 else key ^ 1 for index, key in enumerate(KEYS) if key ^ 1 not in KEYS])
    assert len({"shares" in faults(wrong, most=1) for _ in range(64)}) == 2


def test_more_than_are_wanted_are_kept_under_a_harder_target() -> None:
    fewer = replace(RIGHT, wanted=200)
    # The headers derive from it, so none of the shares holds; but so many would be expected.
    assert "200.0 expected" in " ".join(one.sentence for one in findings(fewer).values())


def test_too_few_expected_shares_prove_nothing() -> None:
    # One in 16 is a share: 200 are expected of 3,200 hashes.
    few = replace(with_spans((0, 3199)), shares=pack_ascending([k for k in KEYS if k < 3199]))
    few = replace(few, count=len([k for k in KEYS if k < 3199]))
    found = findings(few, claim(amounts=(3199,)))
    assert found["share_count"].sentence.startswith("only 200 shares are expected of 3199 hashes, too few")
    assert (found["share_count"].at_least, found["share_count"].confidence) == (None, None)
    enough = replace(few, spans=(Span(start=0, nonces=3200),))
    assert "share_count" not in faults(enough, claim(amounts=(3200,)))


def test_as_many_are_found_as_fit_and_what_does_not_fit_is_still_bounded() -> None:
    fewest = next(count for count in range(256) if fits(count, 256.0))
    assert "share_count" not in faults(with_keys(KEYS[:fewest]))
    found = findings(with_keys(KEYS[: fewest - 1]))["share_count"]
    assert not found.ok
    assert "4,096 hashes are claimed, which the shares do not bear out" in found.sentence
    assert (found.at_least, found.confidence) == (proven_hashes(fewest - 1, 1 / 16), 0.999)


def test_no_more_is_proven_than_is_claimed() -> None:
    lucky = with_keys(sorted({*KEYS, *range(0, HASHES, 2)}))
    assert findings(lucky)["share_count"].at_least == HASHES


def test_the_samples_count_the_same_hashes() -> None:
    assert faults(RIGHT, claim(amounts=(SIZE,) * 3))["amount"] == (
        f"the samples state {3 * SIZE} hashes, the claimed ranges hold {HASHES}"
    )
    assert findings(RIGHT, claim(amounts=(SIZE,) * 5))["amount"].covers == ()
