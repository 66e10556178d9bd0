"""Several kinds of work: one table, one row each, and a place for each on its device's roofline."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest

from hashwatt.bench.result.measurement import Measurement
from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.compare.history.history import histories
from hashwatt.reports.compare.sides.sides import read_side
from hashwatt.reports.compare.verdicts.comparison import compare
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for
from hashwatt.reports.layout.headline import headline
from hashwatt.reports.layout.roofline import ceilings_text, rooflines_of
from hashwatt.reports.layout.suite_table import roofline_tables, suite_table

from ..factory import result, verified
from ..suite import CEILINGS, suite, working

WORKS = 9


def test_each_work_on_each_device_is_a_row_with_its_own_unit_roof_and_evidence() -> None:
    table = suite_table(gather_results([suite(joules=True)]))
    assert table is not None
    assert len(table.rows) == WORKS
    rows = {(row[0], row[1]): row for row in table.rows}
    assert len(rows) == WORKS
    multiplied = rows["gemm, float32", "Test CPU"]
    assert multiplied[2].startswith("29.00 GFLOP/s\n95 %")
    assert multiplied[3] == "29.00 GFLOP/s", "the best, as is the custom"
    assert multiplied[4] == "90.6 %\nbound by float32"
    assert multiplied[5].startswith("1.38 J/GFLOP")
    assert multiplied[6] == "can be recomputed"
    assert rows["sha256d", "Test CPU"][3] == "", "nobody states the best hashrate"
    assert rows["stream, triad", "Radeon RX 6800"][5] == "–\nnot known"
    assert rows["conv, int16", "Test CPU"][4] == "–", "nothing measures its ceiling"


def test_one_kind_of_work_has_no_such_table() -> None:
    assert suite_table(gather_results([result()])) is None


def test_a_work_s_place_is_operations_for_a_byte_and_operations_a_second() -> None:
    cpu, gpu = rooflines_of(gather_results([suite(joules=True)]))
    assert (cpu.device, gpu.device) == ("Test CPU", "Radeon RX 6800")
    assert cpu.memory == CEILINGS["memory"][1]
    assert cpu.arithmetic == {name: CEILINGS[name][1] for name in ("float32", "float64", "int8")}
    assert gpu.memory == 20 * CEILINGS["memory"][1]
    points = {point.work: point for point in cpu.points}
    multiplied = points["gemm, float32"]
    assert multiplied.intensity == pytest.approx(2 * 2048**3 / (3 * 4 * 2048**2))
    assert multiplied.operations_per_s == pytest.approx(29e9)
    assert multiplied.operations_per_j == pytest.approx(29e9 / 40), "40 W"
    # A multiply-accumulate is two operations.
    assert points["conv, int8"].operations_per_s == pytest.approx(60e9)
    assert points["stream, triad"].intensity == pytest.approx(1 / 12)
    assert points["stream, triad"].bytes_per_j == pytest.approx(19e9 / 40)
    assert points["sha256d"].operations_per_s is None
    assert points["sha256d"].percent == pytest.approx(92.5, abs=1)
    assert ceilings_text(cpu).startswith("memory 20.00 GB/s, ")


def test_no_energy_is_no_place_in_joules() -> None:
    cpu, _ = rooflines_of(gather_results([suite()]))
    assert {point.operations_per_j for point in cpu.points} == {None}


def unsure(entry: Measurement) -> Measurement:
    """With joules that may as well be none."""
    (record,) = entry.energy
    return msgspec.structs.replace(entry, energy=(msgspec.structs.replace(record, low_j=0.0),))


def test_joules_that_may_be_none_are_no_place_in_joules() -> None:
    made = suite(joules=True)
    results = tuple(
        unsure(entry) if entry.workload == "gemm" and entry.device.id == "cpu" else entry for entry in made.results
    )
    cpu, _ = rooflines_of(gather_results([msgspec.structs.replace(made, results=results)]))
    places = {point.work: point.operations_per_j for point in cpu.points}
    assert places["gemm, float32"] is None
    assert places["conv, int8"]


def test_a_device_whose_ceilings_nobody_knows_has_no_roofline() -> None:
    (line,) = rooflines_of(gather_results([result(verified(roof_hs=27e6))]))
    assert not line.can_be_drawn
    assert roofline_tables(gather_results([result()])) == []


def test_runs_of_a_suite_are_compared_work_by_work() -> None:
    base, new = suite(run=0), suite(run=1, faster=1.2)
    # One work alone became slower.
    slower = [
        working("conv", 5e9, dict(entry.parameters)) if entry.parameters.get("number") == "int16" else entry
        for entry in new.results
    ]
    compared = compare(read_side([base]), read_side([msgspec.structs.replace(new, results=tuple(slower))]))
    assert len(compared) == WORKS
    assert len({one.name for one in compared}) == WORKS
    told = {one.name: one.judgement for one in compared}
    assert told.pop("conv[cpu] int16") == "slower"
    assert set(told.values()) == {"faster"}


def test_each_work_has_a_history_of_its_own() -> None:
    runs = [suite(run=number, faster=1 + number / 1000) for number in range(5)]
    found = histories(gather_results(runs))
    assert len(found) == WORKS
    for one in found:
        assert len(one.entries) == 5
        assert len({(entry.device.workload, str(entry.device.parameters)) for entry in one.entries}) == 1


def test_the_headline_of_many_works_stays_short() -> None:
    told = headline(gather_results([suite()]))
    assert len(told) < WORKS
    assert any("7 kinds of work on 2 devices" in line and "78 % (gemm, float32 on Radeon" in line for line in told)


def test_the_headline_names_a_single_device_once() -> None:
    both = suite()
    one = msgspec.structs.replace(both, results=tuple(entry for entry in both.results if entry.device.kind == "cpu"))
    (line,) = (line for line in headline(gather_results([one])) if "kinds of work" in line)
    name = one.results[0].device.name
    assert line.startswith(f"7 kinds of work on {name}")
    assert line.count(name) == 1


def test_a_table_for_machines_has_the_places_too() -> None:
    text = format_for("x.csv").render(report_on(gather_results([suite(joules=True)]))).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == WORKS
    (row,) = (row for row in rows if row["workload"] == "gemm" and '"float64"' in row["parameters"])
    assert row["arithmetic"] == "float64"
    assert float(row["operations_per_s"]) == pytest.approx(14.8e9)
    assert float(row["operations_per_byte"]) == pytest.approx(2048 / 12)
    assert float(row["operations_per_j"]) == pytest.approx(14.8e9 / 40)
    (row,) = (row for row in rows if row["workload"] == "sha256d")
    assert (row["arithmetic"], row["operations_per_s"]) == ("", "")


def test_documents_have_the_table_and_the_roofline() -> None:
    made = report_on(gather_results([suite(joules=True)]))
    markdown = format_for("x.md").render(made).decode()
    assert "### All work on all devices" in markdown
    assert "### Roofline of Test CPU: memory 20.00 GB/s" in markdown
    page = format_for("x.html").render(made).decode()
    assert "All work on all devices" in page
    assert "Roofline of Radeon RX 6800" in page
