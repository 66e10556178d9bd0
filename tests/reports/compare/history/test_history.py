"""A device's history shows lasting steps and what changed with them, not the usual scatter."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import msgspec
import pytest

from hashwatt.bench.result.model import Result
from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.compare.history.history import History, histories, scatter_of, step_places
from hashwatt.reports.compare.shown.sentences import history_table, step_lines

from ...factory import result, verified


def history(rates: Sequence[float], drivers: Sequence[str] | None = None) -> History:
    runs = [
        result(
            verified(run=run, rate=rate, scatter=0.002, samples=8, driver=drivers[run] if drivers else "test 1"),
            run=run,
            day=1 + run,
        )
        for run, rate in enumerate(rates)
    ]
    (found,) = histories(gather_results(runs))
    return found


def steps(rates: Sequence[float]) -> list[int] | None:
    found = history(rates).steps
    return None if found is None else [step.index for step in found]


def scattered(rate: float, runs: int, scatter: float, seed: int = 0) -> list[float]:
    chance = random.Random(seed)
    return [rate * (1 + scatter * chance.uniform(-1, 1)) for _ in range(runs)]


def test_runs_stand_in_order_of_time() -> None:
    assert [entry.result.created[:10] for entry in history([1e6, 2e6]).entries] == ["2025-05-01", "2025-05-02"]


def undated(run: int, rate: float) -> Result:
    """A run of a machine whose clock was not set yet."""
    made = result(verified(run=run, rate=rate, scatter=0.002, samples=8), run=run)
    return msgspec.structs.replace(made, created="1970-01-01T00:03:00Z")


def test_a_run_of_1970_is_no_step_and_neither_the_newest_nor_a_fall() -> None:
    dated = [result(verified(run=run, rate=25e6, scatter=0.002, samples=8), run=run, day=1 + run) for run in range(4)]
    (found,) = histories(gather_results([*dated, undated(9, 12.5e6)]))
    assert found.group.newest.result.created.startswith("2025-05-04")
    assert found.undated == 1
    assert found.steps == ()
    assert [row[3] for row in history_table(found).rows][:2] == ["–", "–"], "no change is told against it"
    assert any("1 run has no place in time" in line for line in step_lines(found))


def test_runs_without_a_date_do_not_make_a_history() -> None:
    (found,) = histories(gather_results([undated(run, 25e6) for run in range(5)]))
    assert found.steps is None
    assert any("5 runs have no place in time" in line for line in step_lines(found))


def test_scatter_is_no_step() -> None:
    assert steps(scattered(25e6, 20, 0.03)) == []


@pytest.mark.parametrize("runs", [4, 8, 20])
def test_fewer_than_4_in_100_series_without_a_step_show_one(runs: int) -> None:
    shown = 0
    for seed in range(300):
        logs = [math.log(rate) for rate in scattered(1.0, runs, 0.03, seed)]
        shown += bool(step_places(logs, 0, runs, max(scatter_of(logs), 0.001)))
    assert shown <= 12


@pytest.mark.parametrize("seed", range(5))
def test_a_lasting_change_is_a_step_where_it_begins(seed: int) -> None:
    rates = scattered(25e6, 8, 0.005, seed) + scattered(22e6, 8, 0.005, seed + 100)
    assert steps(rates) == [8]


def test_two_steps_are_two() -> None:
    assert steps([25e6] * 5 + [20e6] * 5 + [30e6] * 5) == [5, 10]


def test_a_spike_in_one_run_is_no_step_wherever_it_stands() -> None:
    for place in range(10):
        for spike in (20e6, 50e6):
            rates = scattered(25e6, 10, 0.002)
            rates[place] = spike
            assert steps(rates) == [], (place, spike)


def test_a_step_shows_with_its_second_run_and_begins_with_the_first() -> None:
    assert steps([*scattered(25e6, 9, 0.002), 20e6]) == []
    assert steps([*scattered(25e6, 9, 0.002), 20e6, 20.02e6]) == [9]
    assert steps([20e6, 20.02e6, *scattered(25e6, 9, 0.002)]) == [2]


def test_driver_updates_of_one_card_are_one_history_in_which_the_slower_driver_is_found() -> None:
    """Older files have the driver's version in the name, too; the loss of 8 % was in none of five devices."""
    versions = ["470.82", "495.29", "510.47", "515.65", "515.65", "515.65", "525.60", "535.54", "535.54", "535.54"]
    rates = [5.00e9, 5.01e9, 4.99e9, 5.00e9, 5.01e9, 5.00e9, 4.60e9, 4.61e9, 4.60e9, 4.59e9]
    runs = [
        result(
            verified(
                "opencl:0", run=run, rate=rate, scatter=0.002, kind="gpu", backend="opencl", compute_units=13,
                runs_on_host_cpu=False, name=f"NVIDIA GeForce GTX 970 (NVIDIA CUDA{f' {version}' if run < 3 else ''})",
                driver=f"NVIDIA CUDA {version}, OpenCL 3.0 CUDA",
                limits={"memory_bytes": (4037 + 3 * run) << 20},
            ),
            run=run,
            day=1 + run,
        )
        for run, (rate, version) in enumerate(zip(rates, versions, strict=True))
    ]  # fmt: skip
    (found,) = histories(gather_results(runs))
    assert len(found.entries) == 10
    (step,) = found.steps or ()
    assert step.index == 6
    assert any(condition.startswith("driver: NVIDIA CUDA 515.65") for condition in step.conditions)
    assert not any(condition.startswith("device:") for condition in step.conditions)


def test_too_few_runs_tell_nothing() -> None:
    found = history([25e6, 20e6, 25e6])
    assert found.steps is None
    assert list(step_lines(found)) == ["3 runs are too few to tell steps from scatter (4 do)"]


def test_a_step_names_what_changed_with_it() -> None:
    found = history([25e6] * 4 + [20e6] * 4, ["test 1"] * 4 + ["test 2"] * 4)
    lines = list(step_lines(found))
    assert lines[0].startswith("stepped −20.")
    assert "2025-05-05" in lines[0]
    assert lines[1] == "  differs: driver: test 1 → test 2"


def test_a_step_without_a_cause_says_so() -> None:
    lines = list(step_lines(history([25e6] * 4 + [20e6] * 4)))
    assert lines[1] == "  no recorded condition differs from the run before"


def test_the_table_has_a_row_a_run_and_marks_the_step() -> None:
    table = history_table(history([25e6] * 4 + [20e6] * 4))
    assert len(table.rows) == 8
    assert [row[4][:4] for row in table.rows] == [""] * 4 + ["step"] + [""] * 3
