"""Places and leaves hashed again: how large they are, what of them is compared, and what that rules out."""

from __future__ import annotations

import math
import re
import secrets
import time
from itertools import count

import numpy as np
import pytest
from msgspec.structs import replace

from hashwatt.kernels.device import Hit, KernelInfo, Scan
from hashwatt.kernels.fakes.device import FakeDevice
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.workloads.evidence import Claim, Finding, Shares, Span
from hashwatt.kernels.workloads.proof import recompute
from hashwatt.kernels.workloads.proof.headers import kept_target
from hashwatt.kernels.workloads.proof.packing import (
    Unreadable,
    pack_ascending,
    pack_words,
    unpack_ascending,
    unpack_words,
)
from hashwatt.kernels.workloads.proof.recompute import Again
from hashwatt.kernels.workloads.proof.walk import Place
from hashwatt.kernels.workloads.sha256d.oracle import ORACLE
from tests.reports.factory import HASHES, TARGET, proof_of

RUN = "0" * 32
RIGHT, ROLLED = (proof_of("Ana", "cpu", RUN, 4, prefixes) for prefixes in (1, 4))
KEYS: list[int] = unpack_ascending(RIGHT.shares, HASHES).tolist()
CLAIM = Claim(
    challenge="Ana", machine="0123456789abcdef", device_id="cpu", run_id=RUN, workload="sha256d",
    parameters={}, amounts=(), written_as=2,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _small_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recompute, "FEWEST_HASHES", 1)


def again(evidence: Shares = RIGHT) -> tuple[Again, list[int]]:
    """With the amounts that are told as they are done."""
    amounts: list[int] = []
    device = FakeDevice("steady", 1e9, lambda _: None)
    return Again(ORACLE, evidence, CLAIM, device, amounts.append), amounts


def with_keys(keys: list[int], evidence: Shares = RIGHT) -> Shares:
    return replace(evidence, shares=pack_ascending(keys), count=len(keys))


def places(number: int, monkeypatch: pytest.MonkeyPatch, evidence: Shares = RIGHT) -> tuple[Finding, int]:
    """What so many places find, and how many hashes that took."""
    clock = count(7)
    monkeypatch.setattr(time, "process_time", lambda: float(next(clock)))
    looked, amounts = again(evidence)
    # The clock is asked when it begins, and before each place but the first.
    (finding,) = looked.for_about(number - 0.5)
    return finding, sum(amounts)


@pytest.mark.parametrize("evidence", [RIGHT, ROLLED], ids=["plain", "rolled"])
def test_a_place_has_as_many_hashes_as_bring_one_share(evidence: Shares, monkeypatch: pytest.MonkeyPatch) -> None:
    # One hash in 16 is a share; of rolled prefixes each nonce is four hashes.
    finding, amount = places(3, monkeypatch, evidence)
    assert finding.ok
    assert finding.code == "audit"
    assert amount == 3 * 16
    assert finding.sentence.startswith("3 drawn places (48 hashed again) hold the stored shares alone")


def test_a_place_is_worth_a_call_and_no_larger_than_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recompute, "FEWEST_HASHES", 1000)
    assert places(1, monkeypatch)[1] == 1000
    assert places(1, monkeypatch, ROLLED)[1] == 1000
    monkeypatch.setattr(recompute, "FEWEST_HASHES", 1 << 20)
    assert places(1, monkeypatch)[1] == HASHES
    monkeypatch.setattr(recompute, "FEWEST_HASHES", 1)
    monkeypatch.setattr(recompute, "SHARES_A_PLACE", 1e-9)
    assert places(1, monkeypatch, ROLLED)[1] == 4


def test_what_is_said_is_what_so_many_places_rule_out(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = -math.expm1(-16 / 16)
    one = places(1, monkeypatch)[0].sentence
    assert one.endswith(f"a tenth unhashed would show with {100 * 0.1 * shown:.3g} %")
    few = places(20, monkeypatch)[0].sentence
    assert few.endswith(f"would show with {100 * (1 - (1 - 0.1 * shown) ** 20):.3g} %")
    # From 106 places on a tenth is found with 99.9 %, and less than that from 112 on.
    tenth = "; a tenth unhashed would show with 99.9 %"
    assert places(110, monkeypatch)[0].sentence.endswith(tenth)
    many = (1 - 0.001 ** (1 / 200)) / shown
    assert places(200, monkeypatch)[0].sentence.endswith(f"; {100 * many:.2g} % unhashed would show with 99.9 %")


def test_a_part_of_the_work_is_a_tenth_where_two_digits_say_so() -> None:
    assert [recompute._share_text(share) for share in (0.1, 0.0951, 0.095, 0.0123, 1e-5)] == [
        "a tenth", "a tenth", "9.5 %", "1.2 %", "0.001 %",
    ]  # fmt: skip


def test_a_place_that_runs_past_the_end_goes_on_at_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbelow", lambda below: below - 1)
    assert KEYS[0] < 15
    finding, _ = places(1, monkeypatch, with_keys(KEYS[1:]))
    assert finding.sentence.startswith("nonces 0 to 14 under header 0 hold 1 shares that are not stored, and 0 of")
    # The last nonce alone comes before it.
    finding, _ = places(1, monkeypatch, with_keys(sorted({*KEYS, HASHES - 1})))
    assert finding.ok is (HASHES - 1 in KEYS)


def test_each_nonce_is_drawn_from_all(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def randbelow(below: int) -> int:
        asked.append(below)
        return 0

    monkeypatch.setattr(secrets, "randbelow", randbelow)
    assert places(2, monkeypatch)[0].ok
    assert asked == [HASHES, HASHES]


@pytest.mark.parametrize("prefixes", [1, 4])
def test_a_share_too_few_or_too_many_is_found_at_its_place(prefixes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = RIGHT if prefixes == 1 else ROLLED
    keys: list[int] = unpack_ascending(evidence.shares, HASHES).tolist()
    nonces = 16 // prefixes
    for number in (3, 40):
        monkeypatch.setattr(secrets, "randbelow", lambda _, first=number * nonces: first)
        here = [key for key in keys if number * 16 <= key < (number + 1) * 16]
        assert places(1, monkeypatch, evidence)[0].ok
        fewer, _ = places(1, monkeypatch, with_keys([key for key in keys if key not in here], evidence))
        assert fewer.ok is (not here)
        if here:
            assert f"hold {len(here)} shares that are not stored, and 0 of those stored" in fewer.sentence
        more = sorted({*keys, number * 16, (number + 1) * 16 - 1, (number + 1) * 16, number * 16 - 1})
        foreign = len([key for key in more if number * 16 <= key < (number + 1) * 16]) - len(here)
        found, _ = places(1, monkeypatch, with_keys(more, evidence))
        assert f"hold 0 shares that are not stored, and {foreign} of those stored are not" in found.sentence


def test_compiling_is_no_part_of_the_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    class Compiles(FakeDevice):
        """Its first scan takes a hundred seconds, the others one."""

        def scan(self, nonces: range) -> Scan:
            clock[0] += 1.0 if clock[0] else 100.0
            return super().scan(nonces)

    monkeypatch.setattr(time, "process_time", lambda: clock[0])
    device = Compiles("steady", 1e9, lambda _: None)
    (finding,) = Again(ORACLE, RIGHT, CLAIM, device, lambda _: None).for_about(20.0)
    assert int(finding.sentence.partition(" ")[0]) >= 10


def test_a_share_beyond_what_is_claimed_is_none() -> None:
    with pytest.raises(Unreadable, match="beyond what is claimed"):
        again(with_keys([*KEYS, HASHES]))


def right_words(evidence: Shares) -> list[int]:
    """The checksums as hashing gives them."""
    sentences = [one.sentence for one in again(evidence)[0].leaves(99) if one.code == "checksum"]
    return [int(re.findall("0x[0-9a-f]{8}", sentence)[0], 16) for sentence in sentences]


@pytest.mark.parametrize("evidence", [RIGHT, ROLLED], ids=["plain", "rolled"])
def test_leaves_hashed_again_have_their_checksums_and_their_shares(evidence: Shares) -> None:
    looked, amounts = again(evidence)
    found = looked.leaves(99)
    assert [(one.code, one.ok) for one in found] == [("checksum", False), ("recomputed_shares", True)] * 4
    assert sum(amounts) == HASHES
    invented = unpack_words(evidence.checksums)
    for leaf, finding in enumerate(found[::2]):
        assert finding.sentence.startswith(f"leaf {leaf} (1,024 hashes) gives the checksum 0x")
        assert finding.sentence.endswith(f"not the stored {invented[leaf]:#010x}")
    right = replace(evidence, checksums=pack_words(right_words(evidence)))
    assert [one.sentence for one in again(right)[0].leaves(99)][:2] == [
        "leaf 0 (1,024 hashes) gives the stored checksum",
        "leaf 0 (1,024 hashes) holds the stored shares and no other",
    ]
    assert all(one.ok for one in again(right)[0].leaves(99))


def test_a_leaf_that_takes_several_steps_has_the_same_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = right_words(RIGHT)
    monkeypatch.setattr("hashwatt.kernels.workloads.proof.steps.FIRST_STEP", 10)
    monkeypatch.setattr("hashwatt.kernels.workloads.proof.steps.FASTEST_GROWTH", 2)
    looked, amounts = again()
    assert all(one.ok for one in looked.leaves(99) if one.code == "recomputed_shares")
    assert len(amounts) > 8
    assert right_words(RIGHT) == whole
    # Nor does it matter that it lies in two places.
    gap = replace(RIGHT, spans=(Span(start=0, nonces=100), Span(start=200, nonces=HASHES - 100)), leaf_nonces=2048)
    near = replace(gap, spans=(Span(start=0, nonces=100), Span(start=100, nonces=HASHES - 100)))
    assert right_words(replace(gap, checksums=pack_words([1, 2]))) != right_words(
        replace(near, checksums=pack_words([1, 2]))
    )


def test_the_last_leaf_may_be_shorter_and_each_is_drawn_once() -> None:
    # Headers derive from the size of a leaf, so the shares are others; the leaves are what is looked at.
    shorter = replace(RIGHT, leaf_nonces=1500, checksums=pack_words([1, 2, 3]))
    looked, amounts = again(shorter)
    names = [one.sentence.split(" hashes")[0] for one in looked.leaves(99) if one.code == "checksum"]
    assert names == ["leaf 0 (1,500", "leaf 1 (1,500", "leaf 2 (1,096"]
    assert sum(amounts) == HASHES
    assert len(again(shorter)[0].leaves(2)) == 4
    assert again(shorter)[0].leaves(0) == []


def test_a_share_moved_out_of_its_leaf_is_missed_in_one_and_foreign_in_the_other() -> None:
    missed = next(nonce for nonce in range(1024, 2048) if nonce not in KEYS)
    found = again(with_keys(sorted([*KEYS[1:], missed])))[0].leaves(99)
    first, second, *others = [one for one in found if one.code == "recomputed_shares"]
    assert first.sentence.endswith("holds 1 shares that are not stored, and 0 of those stored are not in it")
    assert second.sentence.endswith("holds 0 shares that are not stored, and 1 of those stored are not in it")
    assert [one.ok for one in (first, second, *others)] == [False, False, True, True]


def test_shares_are_sought_under_the_target_that_the_stored_ones_meet() -> None:
    class Asked(FakeDevice):
        def prepare(self, job: Job) -> KernelInfo:
            targets.add(job.target)
            return super().prepare(job)

    targets: set[int] = set()
    fewer = replace(ROLLED, wanted=100)
    Again(ORACLE, fewer, CLAIM, Asked("steady", 1e9, lambda _: None), lambda _: None).leaves(1)
    assert targets == {kept_target(TARGET, HASHES, 100)} != {TARGET}


def test_stored_shares_are_found_under_their_own_header() -> None:
    looked, _ = again(ROLLED)
    first = 3 << 32
    keys = [(first + nonce) * 4 + prefix for nonce, prefix in ((9, 3), (10, 0), (11, 2), (19, 3), (20, 0))]
    looked._keys = np.array([1, *keys], np.uint64)
    assert looked._stored(Place(3, range(10, 20))) == {Hit(0, 10), Hit(2, 11), Hit(3, 19)}
    assert looked._stored(Place(2, range(10, 20))) == set()


def test_a_leaf_in_two_places_has_one_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, _ = again()
    parts = {range(9): (0, 0, 0b0110), range(20, 24): (0, 0, 0b0011)}
    monkeypatch.setattr(looked._walk, "places", lambda *_: [Place(0, nonces) for nonces in parts])
    monkeypatch.setattr(looked, "_compared", lambda place: parts[place.nonces])
    checksum, shares = looked._leaf(0, 0b0101)
    assert (checksum.ok, checksum.sentence) == (True, "leaf 0 (13 hashes) gives the stored checksum")
    assert shares.ok
    parts[range(20, 24)] = (1, 2, 0b0111)
    checksum, shares = looked._leaf(0, 0b0101)
    assert checksum.sentence.endswith("gives the checksum 0x00000001, not the stored 0x00000005")
    assert shares.sentence.endswith("holds 1 shares that are not stored, and 2 of those stored are not in it")
