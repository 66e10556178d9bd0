"""Each forgery is refused by the check that is meant to, or what it changes is listed as the machine's own word."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.file import save
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.checks import check_result
from hashwatt.bench.verification.verdict import REFUSED
from tests.bench.fakes import measured

from .forger import forged
from .forgeries import FORGERIES, Forgery, first


@pytest.fixture(scope="module")
def honest() -> Result:
    return measured("steady", "roofless", seconds=2.0, challenge="prove it")


def test_the_run_that_is_forged_is_honest(honest: Result) -> None:
    verdict, _ = check_result(honest)
    assert verdict.ok, [check for check in verdict.checks if not check.ok]
    assert len(honest.results) == 2


def test_the_forger_can_do_an_honest_day_s_work(honest: Result) -> None:
    verdict, _ = check_result(forged(honest, 100_000))
    assert verdict.ok, [check for check in verdict.checks if not check.ok]


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_it_is_refused_or_listed(forgery: Forgery, honest: Result, tmp_path: Path) -> None:
    attempt = forgery.make(honest)
    assert attempt != honest
    save(attempt, tmp_path / "forged.json")
    verdict, _ = check_result(tmp_path / "forged.json", list_trusted=True)
    failed = {check.code for check in verdict.checks if not check.ok}
    if forgery.refused_by:
        assert failed, "nothing refuses it"
        assert failed <= set(forgery.refused_by)
        assert verdict.statement == REFUSED
        assert verdict.rate_at_least == ()
    else:
        assert not failed
        assert forgery.trusted or forgery.bounded
        assert set(forgery.trusted) <= set(verdict.trusted)


def test_a_challenge_of_one_s_own_tells_a_proof_that_answers_another(honest: Result) -> None:
    assert check_result(honest, challenge="prove it")[0].ok
    verdict, _ = check_result(honest, challenge="prove that")
    assert [check.code for check in verdict.checks if not check.ok] == ["challenge"]


def test_what_is_proven_is_what_was_hashed_however_much_is_claimed(honest: Result) -> None:
    """At 98 % hashed nothing is refused; what is proven stays below what was really done."""
    for share in (1.0, 0.98):
        leaves = int(512 * share)
        verdict, _ = check_result(forged(honest, 100_000, lambda leaf, most=leaves: leaf < most))
        assert verdict.ok
        assert verdict.proven[0].claimed == 100_000
        assert 0.94 * 100_000 * share < (verdict.proven[0].at_least or 0) <= 100_000 * share


def test_a_refused_device_proves_nothing_and_the_other_still_does(honest: Result) -> None:
    verdict, _ = check_result(first(honest, lambda entry: replace(entry, amount=entry.amount + 1)))
    assert [one.device for one in verdict.proven] == [honest.results[1].device.id]
