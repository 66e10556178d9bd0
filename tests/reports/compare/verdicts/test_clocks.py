"""A verdict holds at equal clocks, or there is none."""

from __future__ import annotations

import msgspec
import pytest

from hashwatt.bench.result.model import Result
from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.compare.verdicts.comparison import Comparison, compare
from hashwatt.reports.page.sheets import sheet_of
from hashwatt.reports.run.table import clock_cell

from ...factory import result, verified, with_energy
from ..sides.test_pairs import side_of


def at_clock(run: int, rate: float, clock_hz: float | None) -> Result:
    device = verified(run=run, rate=rate, scatter=0.001)
    rounds = tuple(msgspec.structs.replace(one, clock_hz=clock_hz) for one in device.rounds)
    return result(msgspec.structs.replace(device, rounds=rounds), run=run)


def compared(base: tuple[float, float | None], new: tuple[float, float | None], runs: int = 3) -> Comparison:
    sides = [[at_clock(first + run, *side) for run in range(runs)] for first, side in ((0, base), (runs, new))]
    (found,) = compare(side_of(*sides[0]), side_of(*sides[1]))
    return found


def test_what_the_clock_did_is_no_change_of_the_code() -> None:
    found = compared((20e6, 3.0e9), (23e6, 3.45e9))
    assert (found.judgement, found.ratio) == ("cannot tell", None)
    assert found.because.startswith("the clock differs, 3.00 GHz → 3.45 GHz: work a cycle changed by ±0.0 %")
    assert found.forbidden == (found.because.partition(";")[0],)
    assert "--ab" in found.because
    assert "clock: 3.00 GHz → 3.45 GHz" in found.conditions


@pytest.mark.parametrize("impossible", [0.0, 5e-324, 1e-300, 1e5, 1e12, 1e30])
def test_a_clock_that_no_core_has_is_none(impossible: float) -> None:
    told = [
        result(verified(run=run, rate=rate, scatter=0.001, clock_hz=[clock_hz]), run=run)
        for run, rate, clock_hz in ((0, 20e6, impossible), (1, 23e6, 3e9))
    ]
    (found,) = compare(side_of(told[0]), side_of(told[1]))
    assert not any(condition.startswith("clock") for condition in found.conditions)
    sheet, other = (sheet_of(group, "x") for one in told for group in gather_results([one]).groups)
    assert [[strip.name for strip in one.strips] for one in (sheet, other)] == [["rate"], ["rate", "clock"]]
    assert clock_cell(told[0].results[0]).startswith("–")


@pytest.mark.parametrize(
    ("base", "new", "judgement"),
    [
        # A kernel that gains more than the clock takes; one that loses at a higher clock, too.
        ((20e6, 3.0e9), (26e6, 2.8e9), "faster"),
        ((20e6, 3.0e9), (18e6, 3.3e9), "slower"),
        # The code lost what the clock gave: by the rate nothing changed.
        ((20e6, 3.0e9), (20e6, 3.45e9), "cannot tell"),
        # Work that the clock does not touch, or code that lowers it.
        ((20e6, 3.0e9), (21.5e6, 3.4e9), "cannot tell"),
        # So near, or not told by both: the rates decide.
        ((20e6, 3.0e9), (23e6, 3.02e9), "faster"),
        ((20e6, None), (23e6, 3.45e9), "faster"),
        ((20e6, 5e-324), (23e6, 1e30), "faster"),
        ((20e6, None), (23e6, None), "faster"),
    ],
)
def test_a_verdict_holds_for_work_a_cycle_too(
    base: tuple[float, float | None], new: tuple[float, float | None], judgement: str
) -> None:
    assert compared(base, new).judgement == judgement


def test_the_joules_of_another_clock_are_not_judged_either() -> None:
    sides = [
        [
            result(with_energy(at_clock(run, 20e6 * clock / 3e9, clock).results[0], 2.4e6 * clock / 3e9), run=run)
            for run in numbers
        ]
        for clock, numbers in ((3e9, range(3)), (3.45e9, range(3, 6)))
    ]
    (found,) = compare(side_of(*sides[0]), side_of(*sides[1]))
    assert (found.energy, found.energy_ratio) == ("cannot tell", None)
    assert found.energy_because == found.because


def test_a_side_of_one_run_is_no_exception() -> None:
    assert compared((20e6, 3.0e9), (23e6, 3.45e9), runs=1).forbidden
