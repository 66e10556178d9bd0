"""The ledger's verdicts are computed: redone here from the data files by other means, and turning with the data."""

from __future__ import annotations

import csv
from collections.abc import Callable
from importlib.resources import files
from statistics import median

import msgspec
import pytest

import hashwatt.reports.claims.checks as claim_checks
import hashwatt.reports.claims.paper_arithmetic as paper_arithmetic
from hashwatt.bench.result.model import Result
from hashwatt.reports.claims.finding import Finding
from hashwatt.reports.claims.ledger import Claim, ledger
from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.ladder.network import Epoch, epochs
from hashwatt.reports.ladder.points import Point
from hashwatt.reports.ladder.progression import Progression, known_points, progression, progression_from
from hashwatt.reports.ladder.reference import reference_devices

from ..factory import tampered
from ..suite import suite, working


def verdicts(*own: Point) -> dict[str, Claim]:
    return {claim.id: claim for claim in ledger(progression(own))}


def judgement(claim: str, *own: Point) -> str:
    return verdicts(*own)[claim].finding.judgement


def rows(name: str) -> list[dict[str, str]]:
    text = (files("hashwatt.reports") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


CPU = Point(
    device="my cpu", label="my cpu", rung="cpu", origin="measured", energy_origin="measured", year=2025.0,
    hashrate_hs=30e6, efficiency_j_per_th=2.3e6, source="run 1",
)  # fmt: skip


def test_each_claim_has_its_place_a_verdict_a_reason_and_words_of_our_own() -> None:
    for claim in verdicts().values():
        assert claim.place
        assert claim.finding.because
        assert claim.finding.judgement in ("reproduced", "partly", "not reproduced", "cannot be tested here")


def test_what_can_be_computed_has_evidence_with_an_origin() -> None:
    for claim in verdicts().values():
        if claim.finding.judgement != "cannot be tested here":
            assert claim.finding.evidence
            assert claim.finding.origins


def test_2000_ph_is_a_sixth_of_what_the_network_gained_in_2017() -> None:
    rates = {row["date"]: float(row["network_hashrate_ehs"] or "nan") for row in rows("network_difficulty.csv")}
    start = rates[max(day for day in rates if day <= "2017-01-01")]
    end = rates[max(day for day in rates if day <= "2017-12-31")]
    share = 2.0 / (end - start)
    assert share == pytest.approx(0.175, abs=0.001)
    finding = verdicts()["canaan-share"].finding
    assert finding.judgement == "not reproduced"
    assert f"{100 * share:.1f} %" in finding.evidence[0]


def test_difficulty_grew_each_year_but_not_at_one_rate() -> None:
    known = [(row["date"], float(row["difficulty"])) for row in rows("network_difficulty.csv")]
    first = {year: min(day for day, _ in known if day.startswith(str(year))) for year in range(2009, 2019)}
    value = dict(known)
    factors = [value[first[year + 1]] / value[first[year]] for year in range(2009, 2018)]
    assert min(factors) > 1
    assert max(factors) > 10 * min(factors)
    assert judgement("difficulty") == "partly"


def test_each_rung_needs_less_energy_than_the_one_before() -> None:
    middles = {}
    for kind in ("cpu", "gpu", "fpga", "asic"):
        known = [
            float(row["efficiency_j_per_th"])
            for row in rows("reference_devices.csv")
            if row["kind"] == kind and row["origin"] == "cited" and row["efficiency_j_per_th"] and not row["outlier"]
        ]
        middles[kind] = median(known)
    assert middles["cpu"] > middles["gpu"] > middles["fpga"] > middles["asic"]
    assert judgement("ladder") == "reproduced"


def without_cpu_energy(*own: Point) -> Progression:
    published = (
        msgspec.structs.replace(one, efficiency_j_per_th=None) if one.rung == "cpu" else one for one in known_points()
    )
    return progression_from(published, own)


def ladder_claim(ladder: Progression) -> str:
    return next(claim for claim in ledger(ladder) if claim.id == "ladder").finding.judgement


def test_where_no_source_states_a_cpu_s_energy_a_measured_one_closes_the_gap() -> None:
    assert ladder_claim(without_cpu_energy()) == "partly"
    assert ladder_claim(without_cpu_energy(CPU)) == "reproduced"
    thrifty = msgspec.structs.replace(CPU, efficiency_j_per_th=100.0)
    assert ladder_claim(without_cpu_energy(thrifty)) == "not reproduced"
    assert ladder_claim(without_cpu_energy(msgspec.structs.replace(CPU, energy_origin="estimated"))) == "partly"


def test_energy_decided_where_fpgas_followed_gpus_that_were_about_as_fast() -> None:
    step = progression().steps[1]
    assert step.hashrate is not None
    assert step.efficiency is not None
    assert step.hashrate[1] < 2 < step.efficiency[0]
    assert judgement("energy") == "reproduced"


def test_where_every_rung_is_faster_too_energy_alone_decided_nothing() -> None:
    faster = (
        msgspec.structs.replace(one, hashrate_hs=one.hashrate_hs * 10)
        if one.rung == "fpga" and one.hashrate_hs
        else one
        for one in known_points()
    )
    found = next(claim for claim in ledger(progression_from(faster)) if claim.id == "energy")
    assert found.finding.judgement == "partly"


def test_xunlei_s_arithmetic_is_shown_and_its_carbon_set_beside_the_grid_s() -> None:
    told = " ".join(verdicts()["xunlei"].finding.evidence)
    assert f"{1500e15 / 1.5e6 / 1e12:.2f} TB" in told
    assert f"{30e12 / 1.5e6 / 1e6:.1f} Mb/s" in told
    assert f"{60e6 / 1.5e6:.1f} kWh" in told
    assert f"{50_250e3 / 60e6:.4f} kg a kWh" in told
    assert f"{60e6 / 1.5e6 / 8766 * 1000:.1f} W" in told
    assert f"{60e6 * 0.5366 / 1e3:,.0f} t" in told
    assert "1.56 ×" in verdicts()["xunlei"].finding.because


def test_a_fitting_carbon_factor_would_be_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper_arithmetic, "SAVED_CO2_KG", 60e6 * 0.55)
    assert "fits the grid" in verdicts()["xunlei"].finding.because


@pytest.mark.parametrize(
    ("gain", "expected"), [((30.0, 80.0), "partly"), ((1.0, 3.0), "not reproduced"), ((900.0, 950.0), "not reproduced")]
)
def test_the_tpu_s_gain_is_held_against_the_rungs(
    monkeypatch: pytest.MonkeyPatch, gain: tuple[float, float], expected: str
) -> None:
    monkeypatch.setattr(paper_arithmetic, "TPU_GAIN", gain)
    assert judgement("tpu") == expected


def test_asics_of_the_paper_s_time_stand_for_it() -> None:
    told = " ".join(verdicts()["pools"].finding.evidence)
    assert "the median cited ASIC of 2017–2018" in told
    assert "CPU of 2004–2011" in told


@pytest.mark.parametrize("claim", ["heat", "convolution", "pools", "xunlei"])
def test_what_no_data_of_ours_reaches_is_said_to_be_untestable_with_the_reason(claim: str) -> None:
    finding = verdicts()[claim].finding
    assert finding.judgement == "cannot be tested here"
    assert finding.because


def test_the_heat_of_a_chip_is_in_square_millimetres() -> None:
    told = verdicts()["heat"].finding.evidence
    assert "0.77 W" in told[0]
    assert any("BMZ1" in line and f"{7.5 / 14.16:.2f} W/mm²" in line for line in told)


def test_own_verified_cpus_are_evidence_for_shared_computing() -> None:
    assert "measured" in verdicts(CPU)["shared-computing"].finding.origins
    assert "measured" not in verdicts()["shared-computing"].finding.origins


def change_epochs(monkeypatch: pytest.MonkeyPatch, change: Callable[[Epoch], Epoch]) -> None:
    changed = tuple(map(change, epochs()))
    monkeypatch.setattr(claim_checks, "epochs", lambda: changed)
    monkeypatch.setattr(
        claim_checks, "epoch_at", lambda day: max((one for one in changed if one.date <= day), key=lambda one: one.date)
    )


def test_other_data_give_another_verdict_on_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    smaller = lambda epoch: msgspec.structs.replace(  # noqa: E731
        epoch, network_hashrate_ehs=(epoch.network_hashrate_ehs or 1) / 2
    )
    change_epochs(monkeypatch, smaller)
    assert judgement("canaan-share") == "reproduced"


def test_other_data_give_another_verdict_on_growth(monkeypatch: pytest.MonkeyPatch) -> None:
    def steady(epoch: Epoch) -> Epoch:
        return msgspec.structs.replace(epoch, difficulty=2.0 ** (epoch.block_time_unix / 1e7 - 123))

    change_epochs(monkeypatch, steady)
    assert judgement("difficulty") == "reproduced"

    def falling(epoch: Epoch) -> Epoch:
        return msgspec.structs.replace(epoch, difficulty=1e6 + (epoch.block_height % 7))

    change_epochs(monkeypatch, falling)
    assert judgement("difficulty") == "not reproduced"


def test_a_chip_with_area_and_power_makes_the_heat_testable(monkeypatch: pytest.MonkeyPatch) -> None:
    chip = next(row for row in reference_devices() if row.vendor == "Canaan" and row.power_w)
    for area, expected in ((1.0, "reproduced"), (1000.0, "not reproduced")):
        small = msgspec.structs.replace(
            chip, die_area_mm2=area, power_w=3.0, hashrate_mhs=1500.0, efficiency_j_per_th=2000.0
        )
        monkeypatch.setattr(claim_checks, "reference_devices", lambda row=small: (*reference_devices(), row))
        assert judgement("heat") == expected


def on_convolution(*results: Result) -> Finding:
    claims = ledger(progression([]), gather_results(list(results)))
    return next(claim for claim in claims if claim.id == "convolution").finding


def test_the_chip_s_convolution_stands_beside_what_was_measured_by_format() -> None:
    finding = on_convolution(suite())
    assert finding.judgement == "cannot be tested here"
    # 167.3 GMAC/s over 1,000 is 0.1673; 30 GMAC/s is 179 times that.
    assert finding.because.startswith("no ARM CPU was measured; one that the chip beats 1,000 times would do 1/179 of")
    told = "\n".join(finding.evidence)
    assert "167.3 GMAC/s with 16-bit weights" in told
    for number, rate, ratio in (("float32", "14.00", "11.9"), ("int16", "12.00", "13.9"), ("int8", "30.00", "5.58")):
        assert f"{number} on 64 × 64: {rate} GMAC/s measured (can be recomputed); the chip's is {ratio} times" in told
    assert finding.origins == ("cited", "measured")


def test_an_arm_cpu_settles_it_either_way() -> None:
    assert on_convolution(suite(architecture="aarch64")).judgement == "not reproduced"
    slow = suite(architecture="aarch64")
    slower = tuple(
        working("conv", 0.05e9, dict(entry.parameters)) if entry.workload == "conv" else entry for entry in slow.results
    )
    found = on_convolution(msgspec.structs.replace(slow, results=slower))
    assert found.judgement == "reproduced"
    assert "3,350 times" in found.because or "3,346 times" in found.because or "3350 times" in found.because


def test_a_convolution_that_does_not_verify_is_no_evidence() -> None:
    run = suite()
    false = tuple(tampered(entry) if entry.workload == "conv" else entry for entry in run.results)
    assert "no convolution was measured" in on_convolution(msgspec.structs.replace(run, results=false)).because
