"""Each derived figure of a record is held against what it follows from, with room for rounding and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench.energy.joules.efficiency import efficiency
from hashwatt.bench.energy.joules.idle import above_idle
from hashwatt.bench.energy.joules.integral import Integral
from hashwatt.bench.pool.rate import rate_of_shares
from hashwatt.bench.result.energy import CrossCheck, Energy, IdlePower
from hashwatt.bench.result.measurement import CeilingRecord, Measurement
from hashwatt.bench.verification.figures import Figures, close
from hashwatt.bench.verification.verdict import Check
from hashwatt.kernels.workloads.evidence import ServedShares
from tests.reports.factory import joules, verified

HERE = "/results/3"
ROUNDING, OTHERWISE = 1 + 2e-10, 1 + 2e-9
RECORD = verified("cpu", roof_hs=1e9)


def rate_fault(entry: Measurement) -> str:
    check = Figures(entry, 2, HERE).rate()
    assert check.code == "rate"
    assert bool(check.covers) == check.ok
    return "" if check.ok else check.sentence


def with_rate(**changes: Any) -> Measurement:
    assert RECORD.rate is not None
    return replace(RECORD, rate=replace(RECORD.rate, **changes))


def test_two_figures_are_the_same_but_for_rounding_and_none_is_only_none() -> None:
    assert close(1.0, ROUNDING)
    assert not close(1.0, OTHERWISE)
    assert close(None, None)
    assert not close(None, 0.0)
    assert not close(0.0, None)


def test_the_amount_is_the_samples_sum() -> None:
    check = Figures(RECORD, 2, HERE).amount()
    assert (check.ok, check.code, check.covers) == (True, "amount", (f"{HERE}/amount",))
    assert (check.device, check.sentence) == ("cpu", "cpu: the samples add up to the stated amount of work")
    check = Figures(replace(RECORD, amount=RECORD.amount - 1), 2, HERE).amount()
    assert (check.ok, check.covers) == (False, ())
    assert check.sentence == "cpu: 4095 are stated in all, the samples add up to 4096"


def test_a_right_rate_covers_all_that_follows() -> None:
    check = Figures(RECORD, 2, HERE).rate()
    names = ("value", "low", "high", "confidence", "median", "best", "unit", "origin")
    assert check.covers == tuple(
        f"{HERE}/{name}" for name in ("seconds", "rate_per_cpu_s", *(f"rate/{name}" for name in names))
    )


@pytest.mark.parametrize("name", ["value", "low", "high", "median", "best"])
def test_each_figure_of_a_rate_must_follow_to_within_rounding(name: str) -> None:
    right = getattr(RECORD.rate, name)
    assert rate_fault(with_rate(**{name: right * ROUNDING})) == ""
    words = {"value": "gives .* a second", "low": "an interval of", "high": "an interval of"}
    fault = rate_fault(with_rate(**{name: right * OTHERWISE}))
    assert fault
    assert words.get(name, "median and best rates").split(" ")[0] in fault


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"confidence": 0.99}, "the samples give an interval of"),
        ({"low": None}, "not the stated 0…"),
        ({"high": None}, "…0"),
        ({"unit": "byte/s"}, "a rate of hash is not counted in byte/s"),
        ({"origin": "reported"}, "a rate from samples is measured, not reported"),
    ],
)
def test_a_rate_that_is_of_another_kind_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words in rate_fault(with_rate(**changes))


def test_seconds_and_work_a_cpu_second_follow_from_the_samples() -> None:
    assert rate_fault(RECORD) == ""
    assert rate_fault(replace(RECORD, seconds=RECORD.seconds * ROUNDING)) == ""
    assert "s are stated in all" in rate_fault(replace(RECORD, seconds=RECORD.seconds * OTHERWISE))
    assert "work a CPU second" in rate_fault(replace(RECORD, rate_per_cpu_s=1.0))


def roof_check(**changes: Any) -> Check | None:
    assert RECORD.roof is not None
    return next(Figures(replace(RECORD, roof=replace(RECORD.roof, **changes)), 2, HERE).roof(), None)


def ceiling(rate: float, count: float) -> CeilingRecord:
    return CeilingRecord(name="memory", unit="byte", rate=rate, count=count)


def test_a_share_of_the_roof_follows_from_the_two_rates() -> None:
    assert RECORD.roof is not None
    assert RECORD.roof.percent is not None
    right = roof_check()
    assert right is not None
    assert (right.ok, right.covers) == (True, (f"{HERE}/roof/percent", f"{HERE}/roof/unit"))
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"unit": "byte/s"}, "is not counted in byte/s"),
        ({"percent": RECORD.roof.percent * OTHERWISE}, "% of the stated roof, not the stated"),
        ({"ceilings": (ceiling(4e9, 2.0),)}, "not that of its smallest ceiling"),
        ({"ceilings": (ceiling(4e9, 4.0), ceiling(1e9, 2.0))}, "not that of its smallest ceiling"),
    )
    for changes, words in wrong:
        check = roof_check(**changes)
        assert check is not None
        assert not check.ok
        assert words in check.sentence
    same: tuple[dict[str, Any], ...] = (
        {"percent": None},
        {"percent": RECORD.roof.percent * ROUNDING},
        {"ceilings": (ceiling(4e9, 2.0), ceiling(4e9, 4.0))},
    )
    for changes in same:
        check = roof_check(**changes)
        assert check is not None
        assert check.ok


def test_without_a_roof_or_without_a_rate_nothing_is_checked() -> None:
    assert list(Figures(replace(RECORD, roof=None), 2, HERE).roof()) == []
    assert list(Figures(replace(RECORD, rate=None), 2, HERE).roof()) == []


def energetic(**changes: Any) -> Energy:
    """All that follows from joules, as it follows; then the changes."""
    idle = tuple(IdlePower(when=when, seconds=3.0, power_w=9.0, low_w=8.0, high_w=10.0) for when in ("before", "after"))
    record = joules(100.0 * 1e12 / RECORD.amount, RECORD, covers="the device", idle=idle)
    above = above_idle(Integral(record.gross_j, record.low_j, record.high_j), RECORD.seconds, idle)
    assert above is not None
    record = replace(record, above_idle_j=above.joules, above_idle_low_j=above.low_j, above_idle_high_j=above.high_j)
    record = replace(record, efficiency=efficiency(record, RECORD.rate, RECORD.amount, RECORD.seconds))
    assert record.efficiency is not None
    return replace(record, **changes)


def energy_checks(*records: Energy, written_as: int = 2) -> list[Check]:
    return list(Figures(replace(RECORD, energy=records), written_as, HERE).energy())


def energy_fault(**changes: Any) -> str:
    (check,) = energy_checks(energetic(**changes))
    assert check.code == "energy"
    return "" if check.ok else check.sentence


def test_what_follows_from_joules_is_covered_record_by_record() -> None:
    unknown = Energy(
        meter=None, method=None, scope=None, gross_j=None, above_idle_j=None, window_s=None, samples=None, gaps=None,
        low_j=None, high_j=None, bound_source=None, reason="no meter",
    )  # fmt: skip
    (check,) = energy_checks(unknown, energetic())
    assert check.ok
    names = ("above_idle_j", "above_idle_low_j", "above_idle_high_j", "efficiency/**")
    assert check.covers == tuple(f"{HERE}/energy/1/{name}" for name in names)
    # Version 1 had rules of its own, and its joules are believed.
    assert energy_checks(energetic(above_idle_j=1.0), written_as=1) == []


@pytest.mark.parametrize("name", ["efficiency", "above_idle_j"])
def test_a_record_without_joules_that_states_what_follows_from_them_is_refused(name: str) -> None:
    (check,) = energy_checks(energetic(gross_j=None, **({} if name == "efficiency" else {"efficiency": None})))
    assert not check.ok
    nothing_else = {"above_idle_j": None, "above_idle_low_j": None, "above_idle_high_j": None, "efficiency": None}
    (check,) = energy_checks(energetic(**nothing_else | {name: getattr(energetic(), name)}, gross_j=None))
    assert not check.ok
    assert energy_checks(energetic(**nothing_else, gross_j=None)) == []


@pytest.mark.parametrize("name", ["above_idle_j", "above_idle_low_j", "above_idle_high_j"])
def test_joules_above_idle_follow_to_within_the_rounding_of_the_joules(name: str) -> None:
    record = energetic(efficiency=None)
    assert record.gross_j is not None
    right = getattr(record, name)
    assert energy_fault(efficiency=None, **{name: right + record.gross_j * 2e-10}) == ""
    assert "J above idle" in energy_fault(efficiency=None, **{name: right + record.gross_j * 4e-9})
    assert "J above idle" in energy_fault(efficiency=None, **{name: None})


def test_the_room_for_rounding_is_that_of_the_largest_joules_that_went_in() -> None:
    record = energetic(efficiency=None)
    assert record.high_j == pytest.approx(102.0)
    assert record.above_idle_low_j is not None
    assert energy_fault(efficiency=None, above_idle_low_j=record.above_idle_low_j + 1.01e-7) == ""
    assert energy_fault(efficiency=None, above_idle_low_j=record.above_idle_low_j + 1.03e-7) != ""


def test_where_there_are_no_joules_there_is_no_room_either() -> None:
    silent = tuple(
        IdlePower(when=when, seconds=3.0, power_w=0.0, low_w=0.0, high_w=0.0) for when in ("before", "after")
    )
    names = ("gross_j", "low_j", "high_j", "above_idle_j", "above_idle_low_j", "above_idle_high_j")
    nothing = dict.fromkeys(names, 0.0)
    assert energy_fault(efficiency=None, idle=silent, **nothing) == ""
    assert "J above idle" in energy_fault(efficiency=None, idle=silent, **nothing | {"above_idle_j": 5e-10})


def test_joules_above_idle_need_an_idle_power_and_a_window() -> None:
    told = "above idle are stated without an idle power and a window"
    assert told in energy_fault(efficiency=None, idle=())
    assert told in energy_fault(efficiency=None, window_s=None)
    # Not even where nothing is taken off: how long the machine would have idled is not known.
    right = energetic(efficiency=None)
    nothing_off = {
        "above_idle_j": right.gross_j, "above_idle_low_j": right.low_j, "above_idle_high_j": right.high_j
    }  # fmt: skip
    assert told in energy_fault(efficiency=None, window_s=None, **nothing_off)
    # Above no idle power at all the joules are what they are.
    assert energy_fault(efficiency=None, above_idle_j=None, above_idle_low_j=None, above_idle_high_j=None) == ""


def test_joules_lie_between_their_own_bounds() -> None:
    nothing = {"above_idle_j": None, "above_idle_low_j": None, "above_idle_high_j": None, "efficiency": None}
    right = energetic()
    assert right.gross_j is not None
    for low, high, ok in (
        (right.gross_j, right.gross_j, True),
        (right.gross_j * 1.01, right.gross_j * 2, False),
        (right.gross_j / 2, right.gross_j * 0.99, False),
        (None, right.gross_j * 0.99, True),
        (right.gross_j * 1.01, None, True),
    ):
        fault = energy_fault(**nothing, low_j=low, high_j=high)
        assert ("do not lie between their own bounds" in fault) is not ok


@pytest.mark.parametrize(
    ("low", "high", "agrees", "refused"),
    [
        (90.0, 100.0, True, False),
        (100.0, 110.0, True, False),
        (80.0, 90.0, True, False),
        (110.0, 120.0, True, False),
        (80.0, 89.0, True, True),
        (111.0, 120.0, True, True),
        # That the two disagree is believed: their bounds then span both.
        (111.0, 120.0, False, False),
        (95.0, 99.0, False, False),
    ],
)
def test_a_second_opinion_agrees_where_the_bounds_meet(low: float, high: float, agrees: bool, refused: bool) -> None:
    nothing = {"above_idle_j": None, "above_idle_low_j": None, "above_idle_high_j": None, "efficiency": None}
    other = CrossCheck(method="sampled power", joules=low, low_j=low, high_j=high, agrees=agrees)
    fault = energy_fault(**nothing, gross_j=100.0, low_j=90.0, high_j=110.0, cross_check=other)
    assert ("second opinion" in fault) is refused
    # Where one of our own bounds is unknown nothing can be said.
    for unknown in ("low_j", "high_j"):
        bounds = {"low_j": 90.0, "high_j": 110.0, unknown: None}
        assert energy_fault(**nothing, gross_j=100.0, **bounds, cross_check=other) == ""


@pytest.mark.parametrize("part", ["low", "value", "high"])
@pytest.mark.parametrize("name", ["j_per_unit", "units_per_j", "above_idle_j_per_unit"])
def test_each_part_of_joules_a_unit_must_follow(name: str, part: str) -> None:
    right = energetic().efficiency
    assert right is not None
    interval = getattr(right, name)
    for factor, ok in ((ROUNDING, True), (OTHERWISE, False)):
        other = replace(right, **{name: replace(interval, **{part: getattr(interval, part) * factor})})
        assert (energy_fault(efficiency=other) == "") is ok
    without = replace(right, above_idle_j_per_unit=None)
    assert "do not give the stated" in energy_fault(efficiency=without)


def test_joules_a_unit_of_what_is_not_the_device_follow_from_nothing() -> None:
    assert "do not give the stated" in energy_fault(covers="not the device")
    assert energy_fault(efficiency=None) == ""


def served(window_s: float, **changes: Any) -> str:
    """What is said of a record of shares that a miner handed in, in one sample of so many seconds."""
    evidence = ServedShares(
        fresh_hex="0" * 32, extranonce1_hex="0" * 8, extranonce2_bytes=4, difficulty=1e-3, seconds=8.0, first_job=0,
        job_times=(0,), version_rolling=False, count=100, packed="",
    )  # fmt: skip
    one = replace(RECORD.rounds[0].samples[0], amount=429496, seconds=window_s)
    entry = replace(RECORD, evidence=evidence, rate=rate_of_shares(evidence), amount=429496, seconds=window_s)
    rounds: dict[str, Any] = {"rounds": (replace(RECORD.rounds[0], samples=(one,)),)}
    return rate_fault(replace(entry, **rounds | changes))


def test_served_shares_have_one_sample_as_long_as_their_window() -> None:
    told = "the window of the shares was 8 s, not the stated"
    assert served(8.0) == ""
    assert f"{told} 4 s" in served(4.0)
    half = replace(RECORD.rounds[0].samples[0], seconds=4.0)
    two = replace(RECORD.rounds[0], samples=(half, half))
    assert f"{told} 8 s" in served(8.0, rounds=(two,))
