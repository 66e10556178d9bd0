"""The picture of a roofline: every work has its number on it, and a bar."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from hashwatt.cli.files import write_reports
from hashwatt.kernels.errors import InputError
from hashwatt.reports.charts.canvas import NARROW, WIDE, Size, svg
from hashwatt.reports.charts.roofline import places_of_numbers, roofline_chart
from hashwatt.reports.charts.selection import charts_of
from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.layout.roofline import Roofline, rooflines_of

from ..factory import result
from ..suite import suite

SVG = "{http://www.w3.org/2000/svg}"


def line(joules: bool = True) -> Roofline:
    return rooflines_of(gather_results([suite(joules=joules)]))[0]


def texts(document: str) -> list[str]:
    return ["".join(element.itertext()) for element in ElementTree.fromstring(document).iter(f"{SVG}text")]


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_every_work_has_a_row_and_where_it_is_counted_a_number_in_each_panel(size: Size) -> None:
    drawn = line()
    told = texts(svg([roofline_chart(drawn, "roofline-0")], size))
    for number, point in enumerate(drawn.points, 1):
        assert f"{number}  {point.work}" in told
        # A tick of the axis is called 1, too.
        if number == 1:
            continue
        assert told.count(str(number)) == 2 * (point.operations_per_s is not None)
    assert "float32 32 GFLOP/s" in told
    assert "memory 20 GB/s" in told
    assert any(text.startswith("memory 475 MB/J") for text in told), "the slope in joules"


def test_a_long_name_of_a_level_is_cut_to_fit_a_phone() -> None:
    drawn = msgspec.structs.replace(line(), arithmetic={"float32 of all the units at once": 32e9})
    chart = roofline_chart(drawn, "roofline-0")
    (told,) = (text for text in texts(svg([chart], NARROW)) if text.startswith("float32"))
    assert told == "float32 o…t once 32 GFLOP/s"
    assert "float32 of all the units at once" in chart.alt


def test_without_energy_there_is_no_panel_of_joules() -> None:
    with_joules, without = (texts(svg([roofline_chart(line(known), "roofline-0")])) for known in (True, False))
    assert any("FLOP/J" in text for text in with_joules)
    assert not any("/J" in text for text in without)


def test_a_busy_machine_is_said_to_have_been_one() -> None:
    drawn = line()
    assert not any("kept" in text for text in texts(svg([roofline_chart(drawn, "roofline-0")])))
    busy = msgspec.structs.replace(drawn, other_load=1.84)
    chart = roofline_chart(busy, "roofline-0")
    told = "measured while other programs kept 1.8 CPUs busy"
    assert f"Test CPU, {told}" in texts(svg([chart]))
    assert "others: 1.8 CPUs busy" in texts(svg([chart], NARROW))
    assert told in chart.alt


def test_words_say_what_the_picture_shows() -> None:
    chart = roofline_chart(line(), "roofline-0")
    assert "gemm, float32: 29.00 GFLOP/s, 90.6 % of float32" in chart.alt
    assert "memory 20.00 GB/s" in chart.alt


def test_numbers_stand_apart_from_marks_and_from_each_other() -> None:
    marks = [(100.0, 100.0), (106.0, 102.0), (112.0, 100.0), (100.0, 90.0)]
    numbers = places_of_numbers(marks)
    taken = [*marks, *numbers]
    for at, one in enumerate(numbers):
        others = [other for place, other in enumerate(taken) if place not in (at, len(marks) + at)]
        assert all(abs(one[0] - x) >= 16 or abs(one[1] - y) >= 13 for x, y in others)


def test_a_picture_named_roofline_has_nothing_else(tmp_path: Path) -> None:
    made = report_on(gather_results([suite()]))
    paths = [str(tmp_path / name) for name in ("roofline.svg", "all.svg", "Roofline-cpu.PNG")]
    write_reports(made, paths)
    alone, every = (Path(path).read_text(encoding="utf-8") for path in paths[:2])
    assert "Roofline of Test CPU" in alone
    assert "Roofline of Radeon RX 6800" in alone
    assert "CPU" in every
    assert len(alone) < len(every) / 2
    assert Path(paths[2]).read_bytes().startswith(b"\x89PNG")


def test_where_there_is_none_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no roofline for .*; no result has ceilings|measure with `run --suite`"):
        write_reports(report_on(gather_results([result()])), [str(tmp_path / "roofline.svg")])
    assert not list(tmp_path.iterdir())


def test_a_stranger_s_words_are_shown_not_obeyed() -> None:
    run = suite()
    hostile = "<b>&'" + "x" * 30
    changed = tuple(
        entry
        if entry.roof is None
        else msgspec.structs.replace(
            entry,
            roof=msgspec.structs.replace(
                entry.roof,
                ceilings=tuple(
                    msgspec.structs.replace(ceiling, name=hostile) if ceiling.name == "float64" else ceiling
                    for ceiling in entry.roof.ceilings
                ),
            ),
        )
        for entry in run.results
    )
    drawn = rooflines_of(gather_results([msgspec.structs.replace(run, results=changed)]))[0]
    document = svg([roofline_chart(drawn, "roofline-0")])
    assert "<b>" not in document
    assert any(text.startswith("<b>&") for text in texts(document))


def test_many_works_have_no_chart_each() -> None:
    charts = charts_of(report_on(gather_results([suite()])))
    assert len(charts.rooflines) == 2
    # Those that two devices did.
    titles = [pair[0].title for pair in charts.devices]
    assert titles == ["Rate by device: gemm, float32", "Bandwidth by device: stream, triad"]
