"""Every format holds what the report says, harmlessly; Markdown and CSV to the letter."""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import pytest

from hashwatt.bench.result.measurement import Measurement
from hashwatt.kernels.errors import InputError
from hashwatt.reports.collect.gather import NOTHING, gather, gather_results
from hashwatt.reports.document.report import Report, report_on
from hashwatt.reports.formats import format_for, suffixes
from hashwatt.reports.formats.csv import FORMULA_STARTS, text_cell
from hashwatt.reports.layout.ladder_figures import ladder_summary
from hashwatt.reports.layout.summary import summary

from .. import hostile
from ..factory import machine, result, showcase, streaming, verified
from ..served import reported, served, served_result
from ..shown import Example, leave_out_the_ladder, shown

GOLDEN = Path(__file__).parents[2] / "golden"


def report() -> Report:
    return report_on(gather_results(showcase()))


def rendered(suffix: str, about: Report) -> bytes:
    return format_for(f"x{suffix}").render(about)


def test_a_format_is_found_by_its_file_s_name() -> None:
    assert suffixes() == [".csv", ".html", ".json", ".md", ".png", ".svg"]
    assert format_for("Page.HTML") is format_for("other.html")


@pytest.mark.parametrize("name", ["report", "report.pdf", "report.", "a.html/b", ".html"])
def test_an_unknown_format_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(InputError, match=r"end it with one of \.csv, \.html, \.json, \.md, \.png, \.svg"):
        format_for(name)


# Drawing again takes seconds, and test_charts.py compares the bytes of pictures; a page holds them, too.
PICTURES = (".png", ".svg")


@pytest.mark.parametrize(
    "suffix", [pytest.param(one, marks=[pytest.mark.slow] if one in PICTURES else []) for one in suffixes()]
)
def test_equal_results_give_equal_files(suffix: str) -> None:
    assert rendered(suffix, report()) == shown("showcase", suffix)


@pytest.mark.parametrize("suffix", [".md", ".csv", ".json"])
@pytest.mark.parametrize("devices", [(served, reported), (reported,)])
def test_miners_that_were_served_or_only_asked_are_in_every_format(
    suffix: str, devices: tuple[Callable[[], Measurement], ...]
) -> None:
    written = rendered(suffix, report_on(gather_results([served_result(*(make() for make in devices))]))).decode()
    assert ("Served 1" in written) == (served in devices)
    # A storage of benchmarks has times, and what a device says of itself has none.
    assert ("Rig 1" in written) == (reported in devices and suffix != ".json")


def ladder(results: bool = True) -> Report:
    return report_on(gather_results(showcase()) if results else NOTHING, subject="ladder")


@pytest.mark.parametrize("suffix", [".md", ".csv", ".json", ".html", ".svg"])
@pytest.mark.parametrize("results", [False, True])
def test_the_ladder_itself_is_in_every_format(suffix: str, results: bool) -> None:
    written = shown("showcase" if results else "nothing", suffix, "ladder").decode()
    # In a picture a name may be broken into lines.
    assert all(name in written for name in ("X6500", "Avalon 1", "Radeon"))
    assert ("Test CPU" in written) == results


def test_the_ladder_s_picture_is_the_ladder_alone() -> None:
    assert shown("nothing", ".svg", "ladder") != shown("showcase", ".svg", "ladder")
    assert "Hashrate by device" not in shown("showcase", ".svg", "ladder").decode()
    assert "Hashrate by device" in shown("showcase", ".svg").decode()


def test_the_ladder_s_csv_has_a_row_a_figure_and_lets_the_medians_be_redone() -> None:
    about = ladder()
    rows = list(csv.DictReader(io.StringIO(rendered(".csv", about).decode("utf-8-sig"), newline="")))
    assert len(rows) == len(about.ladder.points)
    assert [row["device"] for row in rows if row["origin"] == "measured"] == ["Radeon RX 6800", "Test CPU"]
    for rung in about.ladder.rungs:
        devices: dict[str, list[float]] = {}
        for row in rows:
            if row["rung"] == rung.rung and row["in_own_time"] == "yes":
                devices.setdefault(row["device"], []).append(float(row["efficiency_j_per_th"]))
        assert rung.efficiency_j_per_th is not None
        assert median(map(median, devices.values())) == pytest.approx(rung.efficiency_j_per_th.median)
    assert {row["device"] for row in rows if row["best_so_far"] == "yes"} == {
        one.device for one in about.ladder.frontier
    }


def test_the_ladder_s_json_is_that_of_the_command_line() -> None:
    document = json.loads(rendered(".json", ladder()))
    assert document == json.loads(json.dumps(ladder_summary(ladder())))
    assert list(document["rungs"][1])[:6] == [
        "kind", "from", "to", "devices", "median_j_per_th", "ratio_to_previous",
    ]  # fmt: skip
    assert [rung["kind"] for rung in document["rungs"]] == ["cpu", "gpu", "fpga", "asic"]
    assert document["rungs"][0]["ratio_to_previous"] is None
    before, after = (rung["median_j_per_th"] for rung in document["rungs"][:2])
    assert document["rungs"][1]["ratio_to_previous"] == pytest.approx(before / after)
    assert all(list(one) == ["date", "kind", "device", "j_per_th"] for one in document["frontier"])
    assert {"steps", "points", "places", "own", "today", "story"} <= set(document)


def test_own_devices_have_their_figures_or_none() -> None:
    own = ladder_summary(ladder())["own"]
    assert [(one["device"], one["kind"], one["j_per_th"] and round(one["j_per_th"])) for one in own] == [
        ("Radeon RX 6800", "gpu", 32_000), ("Test CPU", "cpu", 2_300_000),
    ]  # fmt: skip
    silent = ladder_summary(report_on(gather_results([result()]), subject="ladder"))["own"]
    assert silent[0]["j_per_th"] is silent[0]["energy_origin"] is None
    assert ladder_summary(ladder(False))["own"] == []


@pytest.mark.parametrize("suffix", [".md", ".csv"])
def test_the_file_is_as_agreed(suffix: str) -> None:
    golden = GOLDEN / f"report{suffix}"
    made = rendered(suffix, report())
    # To agree on a change: HASHWATT_WRITE_GOLDEN=1 pytest tests/reports, and look at the difference.
    if os.environ.get("HASHWATT_WRITE_GOLDEN") == "1":
        golden.write_bytes(made)
    assert made.decode() == golden.read_text(encoding="utf-8")


def test_files_of_version_1_give_the_figures_that_version_1_gave() -> None:
    folder = GOLDEN / "version1"
    with (folder / "figures.csv").open(encoding="utf-8", newline="") as file:
        before = list(csv.DictReader(file))
    after = table_of(report_on(gather([folder])))
    assert len(after) == len(before) > 5
    for old, new in zip(before, after, strict=True):
        # What cannot be is not shown: more than 105 % of a roof says that the roof is wrong.
        if old["percent_of_roof"] and float(old["percent_of_roof"]) > 105:
            old["percent_of_roof"] = ""
        assert {name: new[name] for name in old if not is_close(old[name], new[name])} == {
            name: value for name, value in old.items() if not is_close(value, new[name])
        }


def is_close(before: str, after: str) -> bool:
    """Whether both are the same figure but for the rounding of its last digit."""
    try:
        return math.isclose(float(before), float(after), rel_tol=1e-13)
    except ValueError:
        return False


def table_of(about: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rendered(".csv", about).decode("utf-8-sig"), newline="")))


def test_no_two_benchmarks_of_a_report_have_one_name() -> None:
    held = machine(usable_cpus=1.0)
    runs = [
        result(verified(run=0), streaming(), verified(run=0, prefixes=4), run=0, day=1),
        result(verified(run=1), run=1, day=2, machines=(held,)),
        result(verified(run=2, name="Other CPU"), run=2, day=3, machines=(machine(cpu_model="Other CPU"),)),
        result(verified(run=3), run=3, day=4, machines=(machine(cpu_signature="Arm part 0xd40 r1p1"),)),
    ]
    made = json.loads(rendered(".json", report_on(gather_results(runs))))
    names = [one["fullname"] for one in made["benchmarks"]]
    assert len(set(names)) == len(names) == 6
    assert any(name.endswith("held to 1 CPU") for name in names)


def test_a_csv_begins_with_the_mark_that_excel_needs_and_python_skips() -> None:
    name = "Grafikkarte „Größe“ 显卡"
    about = report_on(gather_results([result(verified(name=name))]))
    data = rendered(".csv", about)
    assert data.startswith(codecs.BOM_UTF8)
    assert data.count(codecs.BOM_UTF8) == 1
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert (row["device"], row["rank"]) == (name, "1")


def test_csv_ranks_only_the_newest_verified_run_of_each_device() -> None:
    ranks = [(row["device"], row["rank"], row["verified"], row["status"]) for row in table_of(report())]
    assert ranks == [
        ("Radeon RX 6800", "1", "yes", "measured"),
        ("Test CPU", "2", "yes", "measured"),
        ("Test CPU", "", "yes", "measured"),
        ("Wonder chip", "", "no", "measured"),
        ("Test GPU", "", "", "failed"),
    ]


def test_csv_leaves_blank_what_is_unknown() -> None:
    (row,) = table_of(report_on(gather_results([result()])))
    assert row["efficiency_j_per_th"] == row["percent_of_roof"] == row["note"] == ""


def test_no_csv_cell_is_a_formula() -> None:
    about = report_on(gather_results(hostile.results()))
    for row in csv.reader(io.StringIO(rendered(".csv", about).decode("utf-8-sig"), newline="")):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"))
            assert "\n" not in cell


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(1)", "＝1", ' "=1'])
def test_no_csv_cell_is_a_formula_where_semicolons_part_the_cells(start: str) -> None:
    """As in spreadsheets of a country that writes 1,5 for a half and one."""
    for text in (f"a;{start}", f"a; {start};{start}"):
        for part in text_cell(text).split(";"):
            assert part.strip(' "')[:1] not in tuple(FORMULA_STARTS)


@pytest.mark.parametrize("name", ["1. CPU", "- CPU", "+ CPU", "12) CPU"])
def test_a_name_opens_no_list_in_markdown(name: str) -> None:
    text = rendered(".md", report_on(gather_results([result(verified(name=name))]))).decode()
    (first, *_) = (line for line in text.splitlines() if line.startswith("- "))
    assert first.startswith(f"- {name.split()[0][:-1]}\\{name.split()[0][-1]} CPU reaches")


def test_a_hostile_markdown_cell_breaks_neither_table_nor_page() -> None:
    text = rendered(".md", report_on(gather_results(hostile.results()))).decode()
    assert "<script" not in text
    assert not re.search(r"<(?!br>)", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "http://" not in text
    columns = {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("| ")}
    # Tables of 2 to 8 columns; a broken one would have another number of bars.
    assert columns <= {3, 4, 5, 6, 7, 8, 9}


@pytest.mark.parametrize("suffix", [".md", ".csv", ".json", ".html", ".svg"])
@pytest.mark.parametrize("example", ["hostile", "unprintable"])
def test_no_format_lets_control_or_hidden_characters_through(suffix: str, example: Example) -> None:
    written = shown(example, suffix).decode("utf-8-sig")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]", written)


@pytest.mark.parametrize("suffix", suffixes())
def test_ten_megabytes_of_name_do_not_reach_any_file(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_out_the_ladder(monkeypatch)
    huge = result(verified(name="x" * 10_000_000), note="y" * 10_000_000)
    assert len(rendered(suffix, report_on(gather_results([huge])))) < 1_500_000


def test_the_json_of_the_command_line_holds_every_device() -> None:
    document = msgspec.json.decode(msgspec.json.encode(summary(report())))
    assert [entry["device"] for entry in document["devices"]][:2] == ["Radeon RX 6800", "Test CPU"]
    assert document["verdict"][0].startswith("Fastest of 2 devices")
    assert len(msgspec.json.decode(msgspec.json.encode(ladder_summary(report())))["rungs"]) == 4


class TestPytestBenchmark:
    """Results in the form in which pytest-benchmark stores its own."""

    def document(self) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(rendered(".json", report()))
        return made

    def test_a_round_is_a_sample_and_its_operations_a_second_the_rate(self) -> None:
        cpu = next(entry for entry in self.document()["benchmarks"] if entry["fullname"] == "hashwatt::sha256d[cpu]")
        assert cpu["stats"]["rounds"] == len(cpu["stats"]["data"]) == 16
        assert cpu["stats"]["ops"] == pytest.approx(26e6, rel=0.01)

    def test_only_verified_results_are_written(self) -> None:
        names = [entry["extra_info"]["device"] for entry in self.document()["benchmarks"]]
        assert names == ["Radeon RX 6800", "Test CPU"]

    def test_statistics_agree_with_the_data(self) -> None:
        for entry in self.document()["benchmarks"]:
            stats = entry["stats"]
            assert min(stats["data"]) == stats["min"] <= stats["q1"] <= stats["median"] <= stats["q3"] <= stats["max"]
            assert stats["total"] == pytest.approx(sum(stats["data"]))

    def test_pytest_benchmark_reads_and_compares_it(self, tmp_path: Path) -> None:
        program = shutil.which("pytest-benchmark", path=str(Path(sys.executable).parent)) or shutil.which(
            "pytest-benchmark"
        )
        if program is None:
            pytest.skip("pytest-benchmark is not installed")
        for name in ("a", "b"):
            (tmp_path / f"{name}.json").write_bytes(rendered(".json", report()))
        told = subprocess.run(
            [program, "compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.count("sha256d[cpu]") == 2
