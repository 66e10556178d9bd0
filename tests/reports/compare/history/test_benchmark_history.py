"""The figures of pytest-benchmark's files over time: read within bounds, and never mixed between machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hashwatt.cli.app import execute
from hashwatt.kernels.errors import InputError
from hashwatt.reports.compare.history.benchmark_history import MOST_FIGURES, SECONDS, benchmark_runs, figure_histories


def stored(path: Path, cycles: object, day: int = 1, brand: str = "Test CPU", **more: object) -> Path:
    document = {
        "machine_info": {"node": "private-name", "machine": "x86_64", "system": "Linux", "cpu": {"brand_raw": brand}},
        "commit_info": {"id": f"{day:08x}cafe", "dirty": day == 2},
        "benchmarks": [
            {
                "fullname": "tests/perf/test_x.py::test_x[one]",
                "stats": {"median": 0.25},
                "extra_info": {"cycles_per_hash": cycles, "bits": 512, "kernel": "one", "share": None},
            }
        ],
        "datetime": f"2026-11-{day:02}T12:00:00+01:00",
        "version": "5.3.1",
    }
    path.write_text(json.dumps(document | more))
    return path


def test_runs_come_in_the_order_of_time_and_whole_numbers_are_no_figures(tmp_path: Path) -> None:
    late, early = stored(tmp_path / "a.json", 66.5, day=2), stored(tmp_path / "b.json", 70.5, day=1)
    runs, others = benchmark_runs([late, early, late])
    (history,) = figure_histories(runs)
    assert not others
    assert (history.figure, history.values, history.steps) == ("cycles_per_hash", (70.5, 66.5), None)
    assert [run.created for run in history.runs] == ["2026-11-01T11:00:00Z", "2026-11-02T11:00:00Z"]
    assert [run.commit for run in history.runs] == ["00000001", "00000002+"]
    assert "private-name" not in repr(history)


def test_a_lasting_change_is_a_step_and_scatter_is_none(tmp_path: Path) -> None:
    values = [70.6, 70.5, 70.7, 70.6, 66.5, 66.6, 66.4, 66.5]
    paths = [stored(tmp_path / f"{day}.json", value, day=day) for day, value in enumerate(values, 1)]
    (history,) = figure_histories(benchmark_runs(paths)[0])
    assert history.steps is not None
    assert [step.index for step in history.steps] == [4]
    assert history.steps[0].ratio == pytest.approx(66.5 / 70.6, rel=0.003)
    (before,) = figure_histories(benchmark_runs(paths[:4])[0])
    assert before.steps == ()


def test_machines_are_kept_apart(tmp_path: Path) -> None:
    paths = [stored(tmp_path / f"{brand}.json", 66.5, brand=brand) for brand in ("A", "B")]
    assert [history.machine for history in figure_histories(benchmark_runs(paths)[0])] == ["A, Linux", "B, Linux"]


def test_without_figures_the_rounds_median_stands(tmp_path: Path) -> None:
    (history,) = figure_histories(benchmark_runs([stored(tmp_path / "a.json", None)])[0])
    assert (history.figure, history.values) == (SECONDS, (0.25,))


@pytest.mark.parametrize("value", [0.0, -1.5, float("nan"), float("inf"), True, "66.5", [1.5], {"deep": 1.5}])
def test_what_is_no_positive_number_is_no_figure(tmp_path: Path, value: object) -> None:
    runs, _ = benchmark_runs([stored(tmp_path / "a.json", value)])
    assert "cycles_per_hash" not in {figure for figures in runs.values() for _, figure in figures}


def test_files_without_any_figure_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hold no figure"):
        figure_histories(benchmark_runs([stored(tmp_path / "a.json", None, benchmarks=[])])[0])


def test_names_are_bounded_and_escaped(tmp_path: Path) -> None:
    figures = {f"\x1b[31m{number}" + "x" * 5000: 1.5 for number in range(3000)}
    benchmark = {"fullname": "\x1b]0;title\x07" + "n" * 9000, "stats": {}, "extra_info": figures}
    histories = figure_histories(benchmark_runs([stored(tmp_path / "a.json", 1.5, benchmarks=[benchmark])])[0])
    assert 0 < len(histories) <= MOST_FIGURES
    assert all("\x1b" not in each.figure + each.benchmark and len(each.figure) < 200 for each in histories)


@pytest.mark.parametrize("date", ["yesterday", "", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_date_that_cannot_be_is_one_sentence(tmp_path: Path, date: str) -> None:
    with pytest.raises(InputError, match="no date that can be read"):
        benchmark_runs([stored(tmp_path / "a.json", 1.5, datetime=date)])


NO_STORAGE = ["", "[]", "{}", '{"benchmarks": 3}', "[" * 100_000, '{"benchmarks": [], "datetime": 3}']


@pytest.mark.parametrize("text", NO_STORAGE, ids=range(len(NO_STORAGE)))
def test_what_is_no_such_file_is_left_to_the_reader_of_results(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert benchmark_runs([path]) == ({}, [path])
    assert execute(["history", str(path)]) != 0
    assert "Traceback" not in capsys.readouterr().err


def test_the_command_shows_them_and_their_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(stored(tmp_path / f"{day}.json", value, day=day)) for day, value in ((1, 70.5), (2, 66.5))]
    assert execute(["history", *paths]) == 0
    shown = capsys.readouterr().out
    assert "70.5" in shown
    assert "5.7 %" in shown
    assert "too few to tell steps" in shown
    assert execute(["history", "--json", str(tmp_path)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["histories"] == []
    assert document["benchmarks"][0]["values"] == [70.5, 66.5]
