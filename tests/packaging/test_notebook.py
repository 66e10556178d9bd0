"""What results say, asked from Python: of files, folders, results in memory, and all of these together."""

from __future__ import annotations

import csv
import importlib
import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import hashwatt
from hashwatt.bench.result.model import Result
from hashwatt.reports.formats.csv import text_cell
from hashwatt.reports.layout import plain_figures, sample_figures

from ..bench.fakes import FAST_HS, measured


@pytest.fixture(scope="module")
def result() -> Result:
    return measured("steady", "broken", seconds=1.0, rate_hs=FAST_HS)


@pytest.fixture(scope="module")
def other() -> Result:
    return measured("steady", seconds=0.5, note="later", challenge="another", rate_hs=FAST_HS)


@pytest.fixture
def folder(result: Result, tmp_path: Path) -> Path:
    inside = tmp_path / "results"
    inside.mkdir()
    hashwatt.save(result, inside / "one.json")
    return inside


def test_a_row_holds_the_figures_of_a_measurement(result: Result) -> None:
    measured_row, failed_row = hashwatt.rows(result)
    rate = result.results[0].rate
    assert rate is not None
    assert (measured_row["rate_per_s"], measured_row["rate_low_per_s"]) == (rate.value, rate.low)
    assert (measured_row["device_id"], measured_row["unit"], measured_row["verified"]) == ("fake:steady", "hash", "yes")
    assert measured_row["amount"] == result.results[0].amount
    assert failed_row["status"] == "failed"
    assert failed_row["rate_per_s"] is None


def test_rows_are_flat_and_have_the_columns_of_the_csv(result: Result, tmp_path: Path) -> None:
    rows = hashwatt.rows(result)
    assert all(tuple(row) == plain_figures.COLUMNS for row in rows)
    assert {type(cell) for row in rows for cell in row.values()} <= {str, int, float, type(None)}
    hashwatt.report(result, tmp_path / "table.csv")
    stored = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text(encoding="utf-8-sig"))))
    texts = [
        {name: text_cell(cell) if isinstance(cell, str) else str(cell) if cell is not None else ""}
        for row in rows
        for name, cell in row.items()
    ]
    assert texts == [{name: cell} for row in stored for name, cell in row.items()]


def test_a_sample_row_holds_what_one_sample_did(result: Result) -> None:
    rows = hashwatt.sample_rows(result)
    samples = [sample for one in result.results[0].rounds for sample in one.samples]
    assert all(tuple(row) == sample_figures.COLUMNS for row in rows)
    assert [row["amount"] for row in rows] == [sample.amount for sample in samples]
    assert [row["rate_per_s"] for row in rows] == [sample.amount / sample.seconds for sample in samples]
    numbers = [number for one in result.results[0].rounds for number in range(1, len(one.samples) + 1)]
    assert [row["sample"] for row in rows] == numbers
    rounds = range(1, len(result.results[0].rounds) + 1)
    assert {(row["run_id"], row["device_id"], row["round"]) for row in rows} == {
        (result.run_id, "fake:steady", number) for number in rounds
    }


def test_pandas_takes_the_rows_as_they_are(result: Result) -> None:
    pandas: Any = importlib.import_module("pandas")
    frame = pandas.DataFrame(hashwatt.rows(result))
    assert list(frame.columns) == list(plain_figures.COLUMNS)
    assert frame["rate_per_s"].dtype == float
    samples = pandas.DataFrame(hashwatt.sample_rows(result))
    assert samples.groupby("device_id")["amount"].sum()["fake:steady"] == result.results[0].amount


def test_files_folders_and_results_may_be_mixed_and_a_run_counts_once(
    result: Result, other: Result, folder: Path
) -> None:
    alone = hashwatt.rows(folder)
    assert alone == hashwatt.rows(folder / "one.json") == hashwatt.rows(str(folder)) == hashwatt.rows([result])
    assert hashwatt.rows([folder, result, result]) == alone
    both = hashwatt.rows([folder, other])
    assert {row["run_id"] for row in both} == {result.run_id, other.run_id}


def test_what_does_not_verify_is_said_to_be_so(result: Result) -> None:
    entry = result.results[0]
    forged = replace(result, results=(replace(entry, amount=entry.amount * 2),))
    (row,) = hashwatt.rows(forged)
    assert (row["verified"], row["rank"]) == ("no", None)
    assert row["refused_because"]
    assert hashwatt.history(forged) == ()
    (comparison,) = hashwatt.compare(replace(result, results=(entry,)), forged)
    assert comparison.judgement == "cannot tell"
    assert "does not verify" in comparison.because


def test_comparing_works_on_results_as_on_their_files(result: Result, other: Result, folder: Path) -> None:
    from_memory = hashwatt.compare(result, other)
    assert [entry.name for entry in from_memory] == ["sha256d[fake:steady]", "sha256d[fake:broken]"]
    assert from_memory[0].judgement == "cannot tell"
    assert re.match(
        r"Comparison\(sha256d\[fake:steady\]: cannot tell, (1|0\.9\d+|1\.0\d+) \(0\.9\d+ to 1\.0\d*\) times",
        repr(from_memory[0]),
    )
    assert "it is not in the new run" in repr(from_memory[1])
    assert hashwatt.compare(folder / "one.json", other) == from_memory
    assert hashwatt.compare(folder, [other]) == from_memory
    assert hashwatt.compare(result, other, threshold=10)[0].judgement == "same"


def test_history_puts_runs_of_a_device_together(result: Result, other: Result) -> None:
    (history,) = hashwatt.history([other, result])
    assert len(history.entries) == 2
    assert len(repr(history).splitlines()) == 3
    assert len(repr(history)) < 500


def test_a_report_is_written_in_the_formats_that_are_asked_for_and_shows_itself_in_short(
    result: Result, tmp_path: Path
) -> None:
    report = hashwatt.report(result, [tmp_path / "report.md", str(tmp_path / "report.csv")], day=date(2012, 1, 1))
    assert report.day <= date(2012, 1, 1)
    assert "Fake device" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert (tmp_path / "report.csv").exists()
    first, best = repr(report).splitlines()
    assert "1 results (1 ranked, 0 not verified, 1 not measured, 0 unreadable)" in first
    assert "1. Fake device" in best


def test_no_report_is_written_over_a_measurement(result: Result, folder: Path) -> None:
    kept = (folder / "one.json").read_bytes()
    with pytest.raises(hashwatt.HashwattError, match="one of the inputs"):
        hashwatt.report(folder, folder / "one.json")
    with pytest.raises(hashwatt.HashwattError, match="holds a measurement"):
        hashwatt.report(result, folder / "one.json")
    assert (folder / "one.json").read_bytes() == kept


@pytest.mark.parametrize("function", [hashwatt.rows, hashwatt.sample_rows, hashwatt.report, hashwatt.history])
@pytest.mark.parametrize("sources", [[], "nowhere.json", ["nowhere.json"], "."], ids=repr)
def test_nothing_to_read_is_one_sentence(
    function: Any, sources: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(hashwatt.InputError) as raised:
        function(sources)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) <= 120


def test_an_unreadable_file_among_others_is_named(result: Result, folder: Path) -> None:
    (folder / "two.json").write_text("{", encoding="utf-8")
    report = hashwatt.report([folder, result])
    assert len(report.collection.unreadable) == 1
    assert "two.json" in report.collection.unreadable[0]


def test_predicting_what_is_unknown_says_where_to_look() -> None:
    assert repr(hashwatt.predict("RTX 4090")).startswith("Prediction(GeForce RTX 4090: ")
    with pytest.raises(hashwatt.InputError, match="`hashwatt predict` lists those"):
        hashwatt.predict("abacus")
