"""Charts are the same bytes for the same results, tell origins by shape and fill, and trust no text."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.text import Text

import hashwatt.reports.charts as charts_package
from hashwatt.bench.result.model import Result
from hashwatt.reports.charts.canvas import NARROW, WIDE, Chart, Size, figure_of, png, svg
from hashwatt.reports.charts.devices import rate_chart
from hashwatt.reports.charts.inline import StyleSheet, inline
from hashwatt.reports.charts.ladder_marks import is_rate_measured, own_mark
from hashwatt.reports.charts.selection import MOST_COURSES_OF_MANY, MOST_SAMPLE_CHARTS, charts_of
from hashwatt.reports.charts.style import KIND_COLOURS, ORIGINS, mark
from hashwatt.reports.collect.gather import NOTHING, gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.fleet.outliers import outliers
from hashwatt.reports.layout.suite_table import suite_table
from hashwatt.reports.layout.tables import MOST_RANKED
from tests.simulations.fleet import simulated_fleet

from .. import hostile
from ..factory import result, showcase, verified, with_energy
from ..served import reported, served, served_result

SVG = "{http://www.w3.org/2000/svg}"


def charts(results: list[Result]) -> list[Chart]:
    found = charts_of(report_on(gather_results(results)))
    return [*(chart for pair in found.devices for chart in pair), *found.samples, *found.ladder]


@cache
def showcase_drawn() -> str:
    """The charts of the showcase: drawn once, since it takes a second."""
    return svg(charts(showcase()))


def texts(document: str) -> list[str]:
    return ["".join(element.itertext()) for element in ElementTree.fromstring(document).iter(f"{SVG}text")]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_what_was_counted_or_only_said_has_no_course_of_samples() -> None:
    report = report_on(gather_results([served_result(served(), reported())]))
    assert not charts_of(report).samples


def test_what_a_device_says_of_itself_is_drawn_hollow_and_named_so() -> None:
    report = report_on(gather_results([served_result(served(), reported())]))
    progression, _ = charts_of(report).ladder
    assert any("Rig 1" in text and "(reported)" in text for text in texts(svg([progression])))
    assert not any("Served 1" in text and "(reported)" in text for text in texts(svg([progression])))
    filled, hollow = own_mark("asic", True)["markerfacecolor"], own_mark("asic", False)["markerfacecolor"]
    assert filled != hollow
    assert [is_rate_measured(point) for point in report.ladder.own] == [True, False]


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_equal_results_give_equal_bytes(size: Size) -> None:
    first, second = charts(showcase())[:3], charts(showcase())[:3]
    assert svg(first, size) == svg(second, size)
    assert png(first, size) == png(second, size)


def test_another_process_with_other_settings_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nfont.size: 30\naxes.grid: False\n")
    program = (
        "import hashlib; from tests.reports.charts.test_charts import charts, showcase, svg; "
        "print(hashlib.sha256(svg(charts(showcase())).encode()).hexdigest())"
    )
    environment = os.environ | {"MATPLOTLIBRC": str(tmp_path), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    root = Path(__file__).parents[3]
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == hashlib.sha256(showcase_drawn().encode()).hexdigest()


def test_another_result_gives_another_chart() -> None:
    one, other = (charts([result(verified(rate=rate))])[0] for rate in (1e6, 2e6))
    assert svg([one]) != svg([other])


def test_no_chart_carries_a_date_or_a_program_s_version() -> None:
    document = showcase_drawn()
    assert "<dc:date>" not in document
    assert "Matplotlib v" not in document


def test_drawing_leaves_the_settings_of_a_notebook_alone() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    svg(charts([result()]))
    assert dict(mpl.rcParams) == before


def test_every_origin_has_a_mark_of_its_own_without_its_colour() -> None:
    marks = {(mark(origin, "red")["marker"], mark(origin, "red")["markerfacecolor"] == "red") for origin in ORIGINS}
    assert len(marks) == len(ORIGINS)


def test_the_colour_of_each_kind_stands_out_from_white_paper() -> None:
    for colour in KIND_COLOURS.values():
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_the_figures_stand_in_the_picture_as_words() -> None:
    shown = texts(svg(charts([result(with_energy(verified(roof_hs=27e6), 2.4e6))])[:2]))
    assert "Test CPU" in shown
    assert any("MH/s" in text for text in shown)
    assert "2,400,000 J/TH (package)" in shown
    assert "roof" in shown


def test_clock_and_temperature_are_drawn_where_they_are_known() -> None:
    readings = texts(svg(charts([result(verified(clock_hz=[2e9, 2.1e9], temperature_c=[60, 61]))])[1:2]))
    assert {"clock, GHz", "temperature, °C"} <= set(readings)
    without = texts(svg(charts([result(verified())])[1:2]))
    assert not {"clock, GHz", "temperature, °C"} & set(without)


def test_without_energy_there_is_no_chart_of_it() -> None:
    found = charts_of(report_on(gather_results([result()])))
    assert [len(pair) for pair in found.devices] == [1]


def test_many_devices_draw_the_first_and_say_so() -> None:
    many = [result(verified(run=run, rate=1e6 * (run + 1), name=f"Device {run}"), run=run) for run in range(45)]
    found = charts_of(report_on(gather_results(many)))
    assert "The first 40 of 45" in found.devices[0][0].caption
    assert len(found.samples) == MOST_SAMPLE_CHARTS


def test_of_very_many_devices_few_are_drawn_and_their_courses_are_of_the_odd_ones() -> None:
    made = simulated_fleet(120, 300, seed=3)
    report = report_on(gather_results([made.result]))
    found = charts_of(report)
    assert all("The first 12 of 120" in pair[0].caption for pair in found.devices)
    assert len(found.samples) == MOST_COURSES_OF_MANY
    assert found.samples_of.startswith("Shown for 2 of 240 devices, most unlike their twins; ")
    slowest = outliers(report.collection.groups)[0].group.newest
    assert f"Samples of {slowest.device.device.name}" in found.samples[0].title
    table = suite_table(report.collection)
    assert table is not None
    assert len(table.rows) == MOST_RANKED
    assert "the first 100 of each kind; 40 more are in the CSV" in table.caption


def test_the_ladder_needs_no_result() -> None:
    found = charts_of(report_on(NOTHING))
    assert found.devices == ()
    assert "<svg" in svg(found.picture)


@pytest.mark.parametrize("scale", [1e-3, 1e9, 5e11])
def test_rates_of_any_size_are_drawn(scale: float) -> None:
    rates = [result(verified(run=run, rate=scale * (1 + run / 100), samples=4), run=run) for run in range(2)]
    assert "<svg" in svg(charts(rates))


def test_hostile_text_stays_text() -> None:
    drawn = charts(hostile.results())
    for size in (WIDE, NARROW):
        tree = ElementTree.fromstring(svg(drawn, size))
        tags = {element.tag.removeprefix(SVG) for element in tree.iter()}
        assert tags <= {"svg", "metadata", "defs", "style", "g", "path", "use", "text", "clipPath", "rect", "tspan"} | {
            tag for tag in tags if tag.startswith("{http")
        }
        assert not any(name.startswith("on") for element in tree.iter() for name in element.attrib)
    assert png(drawn[:3]).startswith(b"\x89PNG")


class TestInline:
    """A chart fitted into a page."""

    @staticmethod
    @cache
    def drawn(name: str | None = None) -> tuple[str, StyleSheet]:
        """The showcase, or a device of that name, drawn once for all tests."""
        sheet = StyleSheet()
        results = showcase() if name is None else [result(verified(name=name))]
        return "".join(inline(chart, WIDE, sheet) for chart in charts(results)), sheet

    def test_no_style_attribute_is_left(self) -> None:
        drawn, _ = self.drawn()
        assert not re.search(r"<[^<>]* style=", drawn)

    def test_colours_are_the_page_s_own(self) -> None:
        drawn, sheet = self.drawn()
        assert not re.search(r"#[0-9a-f]{6}", drawn)
        assert not re.search(r"#[0-9a-f]{6}", sheet.css)
        assert "var(--ink)" in sheet.css

    def test_ids_are_unique_and_references_reach_them(self) -> None:
        drawn, _ = self.drawn()
        identities = re.findall(r' id="([^"]*)"', drawn)
        assert len(identities) == len(set(identities))
        assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', drawn)) <= set(identities)

    def test_each_chart_is_an_image_with_a_name(self) -> None:
        drawn, _ = self.drawn()
        pictures = re.findall(r"<svg [^>]*>", drawn)
        assert len(pictures) == len(charts(showcase()))
        for picture in pictures:
            assert 'role="img"' in picture
            assert re.search(r'aria-label="[^"]{20,}"', picture)

    def test_a_name_that_looks_like_markup_is_not_rewritten(self) -> None:
        name = 'a style="fill: red" id="x" href="#x" #1b1f24'
        drawn, _ = self.drawn(name)
        tree = ElementTree.fromstring(f"<page>{drawn}</page>")
        assert any(name in "".join(element.itertext()) for element in tree.iter("text"))


class TestDarkPage:
    """The page's own colours, by which charts are shown in the dark."""

    def colours(self, scheme: str) -> dict[str, str]:
        css = (Path(charts_package.__file__).parents[1] / "page" / "page.css").read_text(encoding="utf-8")
        light, _, rest = css.partition("@media (prefers-color-scheme: dark)")
        text = light if scheme == "light" else rest.partition("\n}")[0]
        return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", text))

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("name", ["ink", "muted", "link", "alarm", *KIND_COLOURS])
    def test_words_and_marks_stand_out_from_the_paper(self, scheme: str, name: str) -> None:
        found = self.colours(scheme)
        first, second = sorted((luminance(found[name]), luminance(found["paper"])))
        assert (second + 0.05) / (first + 0.05) >= 4.5


def boxes_of(name: str, size: Size = WIDE) -> tuple[list[str], bool]:
    """The texts of a chart of one device of that name, and whether any of its name and its figure meet."""
    about = gather_results([result(verified(name=name))])
    (ranking,) = about.rankings
    with figure_of([rate_chart(ranking, "rate")], size) as figure:
        texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text()]
        shown, told = (next(text for text in texts if word in text.get_text()) for word in (name[:3], "MH/s"))
        room = told.get_window_extent(dpi=figure.dpi).x0 - shown.get_window_extent(dpi=figure.dpi).x1
        return [text.get_text() for text in texts], room < 0


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("name", ["W" * 200, "界" * 60, "Accelerator of a usual name"], ids=["latin", "wide", "usual"])
def test_a_name_of_wide_letters_does_not_run_over_its_figure(name: str, size: Size) -> None:
    texts, meet = boxes_of(name, size)
    assert not meet
    assert size is NARROW or (name in texts) == name.startswith("Acc")


def test_a_title_is_cut_where_the_picture_ends() -> None:
    charts = [replace(rate_chart(gather_results([result(verified())]).rankings[0], "rate"), title="W" * 90)] * 2
    with figure_of(charts, NARROW) as figure:
        for part in figure.subfigs:
            title = next(text for text in part.findobj(Text) if isinstance(text, Text) and "WW" in text.get_text())
            assert title.get_window_extent(dpi=figure.dpi).x1 <= NARROW.width_px


def test_words_from_right_to_left_turn_no_figure_beside_them() -> None:
    texts, _ = boxes_of("מעבד אבג 9000 (12 GB)")
    assert "\u200eמעבד אבג\u200e 9000 (12 GB)" in texts
    assert all(text.startswith("\u200e") for text in texts if not text.isascii())
