"""What the table of over-claims says is what comes of claims that were really hashed."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.checks import check_result
from tests.bench.fakes import measured

from .__main__ import BEGIN, END, forgery_lines, main
from .forger import LEAVES, forged
from .overclaim import (
    EFFORTS,
    chance_of_at_least,
    chance_to_pass,
    fewest_shares,
    gain_of_choosing,
    highest_claim,
    proven_share,
    share_that_passed,
)

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"


@pytest.fixture(scope="module")
def honest() -> Result:
    return measured("steady", seconds=1.0, challenge="prove it")


# Slow: that honest claims pass is tried by all that measures and verifies.
@pytest.mark.parametrize(("share", "tries"), [pytest.param(1.0, 40, marks=pytest.mark.slow), (0.85, 60), (0.6, 40)])
def test_claims_that_were_hashed_pass_as_often_as_computed(share: float, tries: int, honest: Result) -> None:
    wanted, passed, exceeded = 1000, 0, 0
    for run in range(tries):
        own = replace(honest, run_id=f"{run:032x}")
        verdict, _ = check_result(forged(own, 10_240, lambda leaf: leaf < share * LEAVES, wanted=wanted))
        passed += verdict.ok
        exceeded += bool(verdict.proven and (verdict.proven[0].at_least or 0) > share * 10_240)
        if not verdict.ok:
            assert {check.code for check in verdict.checks if not check.ok} == {"share_count"}
    chance = chance_to_pass(1 / share, 0.0, wanted)
    # Four standard deviations either way: a right table fails this once in 16,000 runs.
    assert abs(passed - tries * chance) <= 4 * (tries * chance * (1 - chance)) ** 0.5 + 1
    # What is proven exceeds the work once in a thousand.
    assert exceeded <= 2


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("claim", [1.01, 1.05, 1.07])
def test_what_is_computed_is_what_is_simulated(claim: float, effort: float) -> None:
    computed = chance_to_pass(claim, effort)
    simulated = share_that_passed(claim, effort, tries=50_000)
    assert abs(simulated - computed) <= 5 * (computed * (1 - computed) / 50_000) ** 0.5 + 2e-5


def test_the_shares_that_bear_out_a_claim_are_those_that_verify_asks_for() -> None:
    # Two-sided one in a million: 4.9 standard deviations below.
    assert fewest_shares(10_000.0) == pytest.approx(10_000 - 4.89 * 100, abs=5)
    assert 130 <= fewest_shares(200.0) <= 140
    assert chance_of_at_least(0, 5.0) == pytest.approx(1.0)
    assert chance_of_at_least(1, 1.0) == pytest.approx(1 - 0.36787944)


def test_more_shares_leave_less_room() -> None:
    room = [highest_claim(wanted, 0.5) for wanted in (200, 1000, 10_000, 40_000)]
    assert room == sorted(room, reverse=True)
    assert room[2] == pytest.approx(1.051, abs=0.002)
    assert proven_share(10_000) == pytest.approx(0.969, abs=0.001)


def test_choosing_afterwards_gains_what_the_page_says() -> None:
    none, best = gain_of_choosing("none", tries=500), gain_of_choosing("challenges", tries=500)
    assert none.middle == pytest.approx(1.05, abs=0.003)
    assert best.middle == pytest.approx(1.075, abs=0.004)
    # An attacker who stops at will finds the luckiest moment early, when few shares are there.
    assert 1.2 < gain_of_choosing("stop", tries=200).middle < 1.6


def test_the_page_has_the_table_of_forgeries_as_it_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "\n".join(forgery_lines()) in text[text.index(BEGIN) : text.index(END)]


def test_a_page_without_marks_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["attack", "-o", str(page)])
    with pytest.raises(SystemExit):
        main()
    assert page.read_text(encoding="utf-8") == "no marks"
