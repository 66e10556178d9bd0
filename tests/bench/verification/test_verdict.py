"""What all checks together say, and what they prove."""

from __future__ import annotations

import pytest

from hashwatt.bench.anchors.clock import Anchors, Between
from hashwatt.bench.verification.verdict import (
    NO_WORK,
    OWN_WORD,
    PARTLY_OWN_WORD,
    REFUSED,
    STATEMENT,
    Check,
    Proven,
    Verdict,
    rates_at_least,
    statement_of,
)
from hashwatt.kernels.workloads.evidence import Checked, Evidence, Reported
from tests.reports.factory import verified

GOOD = Check(code="rate", ok=True, sentence="good")
BAD = Check(code="shares", ok=False, sentence="bad", device="cpu")
BETWEEN = Between(after="then", before="later", seconds=4.0, trusted=True)
ANCHORS = Anchors(between=BETWEEN)
SHARES = verified().evidence
OWN, DEVICE_S = Checked(answers=1, how="compared"), Reported(source="its own counter")


def proven(at_least: int | None) -> Proven:
    return Proven(device="cpu", workload="sha256d", at_least=at_least, claimed=100, confidence=0.999)


def test_a_verdict_whose_checks_hold_states_all_that_was_found() -> None:
    verdict = Verdict.of([GOOD], "so it is", [proven(80)], ["/note"], ANCHORS)
    assert (verdict.ok, verdict.checks, verdict.statement) == (True, (GOOD,), "so it is")
    assert (verdict.proven, verdict.trusted, verdict.between) == ((proven(80),), ("/note",), BETWEEN)
    assert [(one.device, one.workload, one.rate) for one in verdict.rate_at_least] == [("cpu", "sha256d", 20.0)]
    assert Verdict.of([]).statement == STATEMENT


def test_a_refused_one_states_no_time_and_no_rate_and_stays_refused() -> None:
    for verdict in (
        Verdict.of([GOOD, BAD], "so it is", [proven(80)], anchors=ANCHORS),
        Verdict.of([GOOD], "so it is", [proven(80)], anchors=ANCHORS).with_checks([BAD]),
        Verdict.of([BAD], "so it is", [proven(80)], anchors=ANCHORS).with_checks([GOOD]),
    ):
        assert (verdict.ok, verdict.statement, verdict.between, verdict.rate_at_least) == (False, REFUSED, None, ())
    more = Verdict.of([GOOD], "so it is", [proven(80)], anchors=ANCHORS).with_checks([GOOD])
    assert (more.ok, more.checks, more.between) == (True, (GOOD, GOOD), BETWEEN)
    assert Verdict.of([GOOD]).with_checks([BAD, GOOD]).checks == (GOOD, BAD, GOOD)


@pytest.mark.parametrize("at_least", [None, 0])
def test_no_rate_follows_from_nothing_proven_or_from_no_time(at_least: int | None) -> None:
    assert list(rates_at_least([proven(at_least)], BETWEEN)) == []
    assert list(rates_at_least([proven(80)], None)) == []
    assert len(list(rates_at_least([proven(at_least), proven(1)], BETWEEN))) == 1


@pytest.mark.parametrize(
    ("evidence", "statement"),
    [
        ((), NO_WORK),
        ((None,), NO_WORK),
        ((SHARES,), STATEMENT),
        ((SHARES, None), STATEMENT),
        ((OWN,), OWN_WORD),
        ((DEVICE_S, None), OWN_WORD),
        ((OWN, DEVICE_S), OWN_WORD),
        ((OWN, SHARES), PARTLY_OWN_WORD),
        ((SHARES, DEVICE_S, None), PARTLY_OWN_WORD),
    ],
)
def test_the_statement_is_as_strong_as_the_weakest_evidence(
    evidence: tuple[Evidence | None, ...], statement: str
) -> None:
    assert statement_of(evidence) == statement


def test_a_verdict_shows_itself_in_a_line_and_one_for_each_check_that_fails() -> None:
    assert repr(Verdict.of([GOOD, GOOD])) == "Verdict: verified, 2 of 2 checks hold"
    whole = Check(code="schema", ok=False, sentence="no")
    assert repr(Verdict.of([GOOD, BAD, whole])).splitlines() == [
        "Verdict: refused, 1 of 3 checks hold",
        "  shares of cpu: bad",
        "  schema: no",
    ]
