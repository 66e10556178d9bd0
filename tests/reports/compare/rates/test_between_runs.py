"""The interval of a ratio from how far runs lie apart: wide where little is known, and true as often as it says."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from hashwatt.bench.rounds.interval import student_t
from hashwatt.reports.compare.rates.between_runs import PRIOR, RunRate, ratio_between, runs_needed


def runs(logs: Sequence[float], error: float = 0.0) -> list[RunRate]:
    return [RunRate(log=log, error=error) for log in logs]


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (10, 2.228), (30, 2.042), (1000, 1.962)]
)
def test_students_t_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_t(freedom, 0.95) == pytest.approx(quantile, abs=5e-4)


def test_one_run_a_side_is_judged_by_the_prior_alone() -> None:
    ratio, scatter = ratio_between(runs([0.0]), runs([0.0]))
    assert scatter.source == "prior"
    # A t of four degrees of freedom whose own standard deviation is the prior's.
    assert math.log(ratio.high) == pytest.approx(student_t(4, 0.95) * PRIOR / math.sqrt(2))
    assert math.log(ratio.high) == pytest.approx(-math.log(ratio.low))


def test_what_a_run_leaves_open_itself_widens_the_interval() -> None:
    sure, _ = ratio_between(runs([0.0]), runs([0.0]))
    unsure, _ = ratio_between(runs([0.0], 0.05), runs([0.0], 0.05))
    assert unsure.high > sure.high + 0.1


def test_runs_that_agree_narrow_it_and_the_more_the_better() -> None:
    widths = [ratio_between(runs([0.0] * count), runs([0.0] * count))[0].high - 1 for count in (1, 2, 3, 5, 12)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 6


def test_runs_that_refute_the_prior_speak_for_themselves() -> None:
    base, new = [-0.1, 0.1, 0.0], [-0.1, 0.1, 0.05]
    ratio, scatter = ratio_between(runs(base), runs(new))
    assert scatter.source == "runs"
    pooled = math.sqrt((np.var(base, ddof=1) + np.var(new, ddof=1)) / 2)
    assert scatter.deviation == pytest.approx(pooled)
    assert math.log(ratio.high) - np.mean(new) == pytest.approx(student_t(4, 0.95) * pooled * math.sqrt(2 / 3))


@pytest.mark.parametrize("deviation", [0.003, 0.01, 0.03, 0.08])
@pytest.mark.parametrize("count", [3, 5])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(count: int, deviation: float) -> None:
    random = np.random.default_rng(count)
    held = 0
    for _ in range(400):
        base, new = random.normal(0, deviation, (2, count)).tolist()
        ratio, _ = ratio_between(runs(base), runs(new))
        held += ratio.low <= 1 <= ratio.high
    assert held >= 0.91 * 400


@pytest.mark.parametrize("change", [0.01, 0.03])
def test_so_many_runs_as_are_said_to_be_needed_would_tell(change: float) -> None:
    _, scatter = ratio_between(runs([0.0]), runs([change]))
    count = runs_needed(change, scatter)
    assert count is not None
    logs = [scatter.deviation * (1 if index % 2 else -1) for index in range(count)]
    ratio, _ = ratio_between(runs(logs), runs([log + change for log in logs]))
    assert ratio.low > 0.99


def test_no_number_of_runs_is_promised_for_next_to_nothing() -> None:
    _, scatter = ratio_between(runs([0.0]), runs([0.0]))
    assert runs_needed(1e-6, scatter) is None
