"""The interval of a rate from rounds: exact in simple cases, wide where little is known."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.measurement import Sample
from hashwatt.bench.rounds.interval import (
    BETWEEN_RUNS,
    BETWEEN_RUNS_VIRTUAL,
    CONTENTION_SPREAD,
    PRIOR_FREEDOM,
    PRIOR_SPREAD,
    RoundTotal,
    interval_of_rounds,
    interval_of_samples,
    round_total,
    student_t,
)
from hashwatt.bench.rounds.lost import NOISE_CPUS, lost_share

SAMPLE = Sample(
    amount=100,
    seconds=0.5,
    device_s=None,
    cpu_s=None,
    clock_hz=None,
    temperature_c=None,
    other_load=0.0,
    stolen_load=0.0,
)


@pytest.mark.parametrize(
    ("freedom", "factor"),
    # NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2 (two-sided 95 %).
    [
        (1, 12.706),
        (2, 4.303),
        (3, 3.182),
        (5, 2.571),
        (8, 2.306),
        (10, 2.228),
        (30, 2.042),
        (100, 1.984),
        (1000, 1.962),
    ],
)
def test_student_s_factors_are_those_of_the_tables(freedom: int, factor: float) -> None:
    assert student_t(freedom) == pytest.approx(factor, abs=0.0006)


def equal(*rates: float) -> list[RoundTotal]:
    return [RoundTotal(rate * 2.0, 2.0) for rate in rates]


def test_rounds_far_apart_have_student_s_interval_of_the_rounds_alone() -> None:
    rates = [90.0, 100.0, 110.0, 100.0, 95.0, 105.0]
    interval = interval_of_rounds(equal(*rates))
    error = math.sqrt(sum((rate / 100 - 1) ** 2 for rate in rates) / 5 / 6)
    assert interval.value == 100.0
    assert math.log(interval.high / 100) == pytest.approx(math.hypot(2.5706 * error, 1.96 * BETWEEN_RUNS), rel=1e-4)
    assert interval.low * interval.high == pytest.approx(100.0**2)


def test_rounds_that_agree_have_the_prior_s_interval_and_more_of_them_a_narrower_one() -> None:
    widths = [interval_of_rounds(equal(*[100.0] * count)).half_width for count in (1, 2, 3, 6, 12, 60)]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == pytest.approx(
        math.hypot(student_t(PRIOR_FREEDOM) * PRIOR_SPREAD, 1.96 * BETWEEN_RUNS), rel=0.01
    )
    assert widths[3] == pytest.approx(0.0087, abs=2e-4)
    # Whatever the number of rounds, of one run.
    assert 0.0058 < widths[-1] < 0.007


@pytest.mark.parametrize(
    ("virtual", "cpu_s", "between"),
    [
        (False, 0.5, BETWEEN_RUNS),
        (True, 0.5, BETWEEN_RUNS_VIRTUAL),
        # A card's work shares no cores with the neighbours of the machine that it is in.
        (True, None, BETWEEN_RUNS),
    ],
)
def test_a_virtual_machine_s_own_cores_are_less_sure_from_run_to_run(
    virtual: bool, cpu_s: float | None, between: float
) -> None:
    rounds = [[replace(SAMPLE, cpu_s=cpu_s) for _ in range(4)] for _ in range(60)]
    interval = interval_of_samples(rounds, 2, virtual=virtual)
    agreeing = interval_of_samples(rounds, 2).half_width
    assert math.log(interval.high / 200) == pytest.approx(
        math.hypot(math.log1p(agreeing), 1.96 * math.sqrt(between**2 - BETWEEN_RUNS**2)), rel=0.01
    )


def test_one_round_whose_samples_differ_is_less_sure_than_one_whose_samples_agree() -> None:
    steady = round_total([100.0] * 4, [1.0] * 4)
    uneven = round_total([100.0, 20.0, 100.0, 20.0], [1.0] * 4)
    assert steady.variance == 0.0
    assert interval_of_rounds([uneven]).half_width > 5 * interval_of_rounds([steady]).half_width


def test_a_round_cut_short_weighs_as_much_as_it_lasted() -> None:
    whole = equal(100.0, 101.0, 99.0, 100.0)
    cut_short = interval_of_rounds([*whole, RoundTotal(100.0 * 0.02 * 0.5, 0.02)])
    assert cut_short.value == pytest.approx(100.0, rel=0.002)
    assert cut_short.half_width < 2 * interval_of_rounds(whole).half_width


def test_two_rounds_without_anything_in_common_have_a_finite_interval() -> None:
    interval = interval_of_rounds([RoundTotal(1.0, 1e-6), RoundTotal(1.0, 1e6)])
    assert 0 < interval.low < interval.value < interval.high < math.inf


def test_the_interval_is_what_its_description_says_of_unequal_rounds() -> None:
    """Reckoned once more from the description: two of Student's intervals, the wider one, and what no round shows."""
    rounds = [RoundTotal(100.0, 1.0, 0.0004), RoundTotal(330.0, 3.0, 0.0001), RoundTotal(180.0, 2.0)]
    rate = 610 / 6
    weights = [1 / 6, 3 / 6, 2 / 6]
    effective = 1 / sum(weight**2 for weight in weights)
    gaps = [one.amount / one.seconds / rate - 1 for one in rounds]
    squares = 3 * effective * sum((weight * gap) ** 2 for weight, gap in zip(weights, gaps, strict=True))
    within = 1 / 6 * 0.0004 + 3 / 6 * 0.0001
    alone = student_t(2) * math.sqrt(squares / 2 / effective)
    freedom = PRIOR_FREEDOM + 2
    prior = PRIOR_FREEDOM * (PRIOR_SPREAD**2 + within)
    together = student_t(freedom) * math.sqrt((prior + squares) / freedom / effective)
    for share, between in ((0.0, BETWEEN_RUNS), (0.3, 0.02)):
        half = math.hypot(max(alone, together), 1.96 * between, 1.96 * CONTENTION_SPREAD * share)
        found = interval_of_rounds(rounds, share, between)
        assert (found.value, found.low, found.high) == pytest.approx(
            (rate, rate * math.exp(-half), rate * math.exp(half)), rel=1e-12
        )
    assert interval_of_rounds(rounds) == interval_of_rounds(rounds, 0.0, BETWEEN_RUNS)


def test_two_rounds_have_student_s_interval_of_one_degree_where_they_differ_much() -> None:
    interval = interval_of_rounds(equal(90.0, 110.0))
    half = student_t(1) * math.sqrt(2 * 0.1**2 / 1 / 2)
    assert math.log(interval.high / 100) == pytest.approx(math.hypot(half, 1.96 * BETWEEN_RUNS), rel=1e-12)


def test_what_samples_leave_open_of_a_round_is_their_ratio_s_variance() -> None:
    total = round_total([10.0, 30.0, 20.0], [1.0, 2.0, 3.0])
    # 10 a second in all: 1, 3 and 2 seconds' worth of work in 1, 2 and 3 seconds.
    assert (total.amount, total.seconds) == (60.0, 6.0)
    assert total.variance == pytest.approx((0 + 1 + 1) / 36 * 3 / 2)
    assert round_total([10.0], [1.0]) == RoundTotal(10.0, 1.0, 0.0)
    two = round_total([10.0, 30.0], [1.0, 1.0])
    assert two.variance == pytest.approx((0.25 + 0.25) / 4 * 2 / 1)


def test_samples_of_rounds_are_taken_round_by_round_with_the_share_of_others() -> None:
    busy = [replace(SAMPLE, cpu_s=0.5, other_load=1.0)] * 3
    rounds = [busy, [replace(one, amount=110) for one in busy]]
    totals = [round_total([one.amount for one in each], [one.seconds for one in each]) for each in rounds]
    share = (1.0 - NOISE_CPUS) / (2.0 - NOISE_CPUS)
    assert lost_share([one for each in rounds for one in each], 2) == pytest.approx(share)
    assert interval_of_samples(rounds, 2, virtual=True) == interval_of_rounds(totals, share, BETWEEN_RUNS_VIRTUAL)
    # Neither CPUs nor a virtual machine are assumed.
    assert interval_of_samples(rounds) == interval_of_rounds(totals, 0.0, BETWEEN_RUNS)


def test_student_s_factors_are_exact_in_their_closed_forms() -> None:
    assert student_t(1) == pytest.approx(math.tan(math.pi / 2 * 0.95), rel=1e-12)
    assert student_t(2) == pytest.approx(0.95 * math.sqrt(2 / (1 - 0.95**2)), rel=1e-12)
    assert student_t(4, 0.9) == pytest.approx(2.131846786, rel=1e-8)
    assert student_t(3, 0.5) == pytest.approx(0.764892328, rel=1e-8)


def test_the_figures_are_those_that_the_simulations_chose() -> None:
    one = [RoundTotal(100.0, 1.0)]
    prior, between = 2.570582 * 0.01, 1.96 * 0.003

    def half(*more: float) -> object:
        return pytest.approx(math.hypot(prior, *more), rel=1e-6)

    assert math.log(interval_of_rounds(one).high / 100) == half(between)
    assert math.log(interval_of_rounds(one, 0.5).high / 100) == half(between, 1.96 * 0.2 * 0.5)
    working = [[replace(SAMPLE, cpu_s=0.5)]]
    assert math.log(interval_of_samples(working, 2, virtual=True).high / 200) == half(1.96 * 0.0135)
    # All the work in next to no time, and all the time without work.
    unbounded = interval_of_rounds([RoundTotal(1.0, 1e-6), RoundTotal(1e-9, 1e6)])
    assert math.log(unbounded.high / unbounded.value) == pytest.approx(20.0, rel=1e-6)
