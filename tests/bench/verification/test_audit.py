"""Work done again at places that the verifier draws: what was not hashed is found, what was is never doubted."""

from __future__ import annotations

import math
import random
import re
import secrets

import pytest
from msgspec.structs import replace

from hashwatt.bench.api import verify
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.checks import claim_of
from hashwatt.kernels.device import Found, Missing
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock
from hashwatt.kernels.workloads.proof import recompute
from hashwatt.kernels.workloads.sha256d.oracle import ORACLE

from ..fakes import fake, measured, shares_of


@pytest.fixture(autouse=True)
def _fake_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(_backends: list[str] | None = None) -> list[Found | Missing]:
        return [fake("steady", VirtualClock(), 1e9)]

    monkeypatch.setattr("hashwatt.bench.verification.verify.find_all", found)
    # Places small enough for hashlib: about one share each.
    monkeypatch.setattr(recompute, "FEWEST_HASHES", 1)


@pytest.fixture(scope="module")
def result() -> Result:
    # Fewer shares than are wanted, so that a larger claim is held against the same target.
    return measured("steady", seconds=3.0, challenge="prove it")


def told(result: Result, effort_s: float = 0.0) -> tuple[bool, str]:
    verdict = verify(result, effort_s=effort_s)
    return verdict.ok, next((check.sentence for check in verdict.checks if check.code == "audit"), "")


def looking(result: Result, hashed: float) -> recompute.Again:
    """What is to be looked into: a claim of which only that part was hashed, the first one."""
    (entry,) = result.results
    shares = shares_of(entry)
    *others, last = shares.spans
    done = sum(span.nonces for span in shares.spans)
    longer = replace(shares, spans=(*others, replace(last, nonces=last.nonces + int(done / hashed) - done)))
    device = FakeDevice("steady", 1e9, lambda _: None)
    return recompute.Again(ORACLE, longer, claim_of(entry, result.challenge, result.run_id), device, lambda _: None)


def test_nothing_is_done_again_unless_asked_for(result: Result) -> None:
    assert told(result) == (True, "")


def test_honest_work_holds_and_a_sentence_says_what_that_rules_out(result: Result) -> None:
    ok, sentence = told(result, effort_s=0.3)
    assert ok
    told_again = r"[\d,]+ drawn places \([\d,]+ hashed again\) hold the stored shares alone; "
    assert re.search(told_again + r".* unhashed would show with [\d.]+ %", sentence)


def test_version_rolled_work_holds() -> None:
    assert told(measured("steady", seconds=2.0, rolled=4), effort_s=0.2)[0]


def test_work_that_is_not_a_whole_number_of_headers_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hashwatt.kernels.workloads.proof.task.NONCES", 1 << 16)
    monkeypatch.setattr("hashwatt.kernels.workloads.proof.task.HashingTask.largest_batch", 1 << 16)
    assert told(measured("steady", seconds=3.0), effort_s=0.3)[0]


def test_what_was_not_hashed_is_found_at_least_as_often_as_the_sentence_says(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = looking(result, hashed=0.8)
    chance = random.Random(7)
    monkeypatch.setattr(secrets, "randbelow", chance.randrange)
    # No effort is one place each time.
    tries = 2000
    found = sum(not looked.for_about(0.0)[0].ok for _ in range(tries))
    expected = 0.2 * -math.expm1(-recompute.SHARES_A_PLACE)
    assert abs(found / tries - expected) < 5 * math.sqrt(expected / tries)


def test_a_place_without_its_shares_is_named(result: Result) -> None:
    (finding,) = looking(result, hashed=0.05).for_about(5.0)
    assert not finding.ok
    assert re.search(r"nonces \d+ to \d+ under header 0 hold \d+ shares that are not stored", finding.sentence)


@pytest.mark.parametrize("effort_s", [math.nan, -1.0, 1e9])
def test_an_impossible_effort_is_refused(effort_s: float, result: Result) -> None:
    with pytest.raises(InputError, match="effort"):
        verify(result, effort_s=effort_s)


def test_the_challenge_that_was_given_must_be_the_file_s(result: Result) -> None:
    assert verify(result, challenge="prove it").ok
    verdict = verify(result, challenge="prove that")
    assert [check.code for check in verdict.checks if not check.ok] == ["challenge"]
    assert "the challenge 'prove it', not 'prove that'" in verdict.checks[1].sentence


def test_a_refused_file_does_not_say_that_it_proves_anything(result: Result) -> None:
    verdict = verify(replace(result, challenge="another"))
    assert "proves nothing" in verdict.statement
    assert verdict.proven == ()
