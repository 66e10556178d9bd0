"""The one picture says what the data say, names who is who, and tells the rungs apart for every eye."""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import hashwatt.reports.charts as charts_package
from hashwatt.bench.result.model import Result
from hashwatt.reports.charts.canvas import NARROW, WIDE, Chart, Size, png, svg
from hashwatt.reports.charts.ladder_marks import RUNG_SHAPES, spread
from hashwatt.reports.charts.selection import charts_of
from hashwatt.reports.charts.style import KIND_COLOURS
from hashwatt.reports.collect.gather import NOTHING, gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.ladder.frontier import handovers
from hashwatt.reports.ladder.progression import progression
from hashwatt.reports.ladder.reference import RUNGS
from hashwatt.reports.ladder.story import division_text, short_energy
from hashwatt.reports.layout.ladder_figures import ladder_summary

from . import hostile
from .factory import result, verified, with_energy

SVG = "{http://www.w3.org/2000/svg}"
# Machado, Oliveira and Fernandes 2009, severity 1: what protanopes and deuteranopes see of linear RGB.
EYES = {
    "usual": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def ladder_charts(*results: Result) -> tuple[Chart, ...]:
    return charts_of(report_on(gather_results(list(results)) if results else NOTHING, subject="ladder")).ladder


@cache
def of_nobody() -> tuple[Chart, ...]:
    """The pictures of published figures alone."""
    return ladder_charts()


@cache
def words(chart: Chart, size: Size = WIDE) -> str:
    tree = ElementTree.fromstring(svg([chart], size))
    return " ".join(" ".join(element.itertext()) for element in tree.iter(f"{SVG}text"))


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_picture_shows_the_medians_and_ratios_of_the_json(size: Size) -> None:
    shown = words(of_nobody()[0], size)
    document = ladder_summary(report_on(NOTHING, subject="ladder"))
    for rung in [*document["rungs"], document["today"]]:
        assert short_energy(rung["median_j_per_th"]) in shown
        if rung["ratio_to_previous"]:
            assert f"↓ {division_text(rung['ratio_to_previous'])}" in shown


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_each_handover_and_the_newest_have_their_names_and_years(size: Size) -> None:
    shown = words(of_nobody()[0], size).split()
    line = progression().frontier
    for best in [*handovers(line), line[-1]]:
        assert best.date[:4] in shown
        assert all(word in shown or f"{word}," in shown for word in best.device.split())


def test_the_words_beside_the_picture_tell_the_story_to_those_who_do_not_see_it() -> None:
    chart = of_nobody()[0]
    document = ladder_summary(report_on(NOTHING, subject="ladder"))
    assert document["story"] in chart.alt
    assert all(
        best["device"] in chart.alt for best in document["frontier"] if best["date"] in ("2004", "2008-06", "2011")
    )


def test_the_progression_is_the_page_s_first_picture() -> None:
    charts = charts_of(report_on(gather_results([result()])))
    assert charts.ladder[0].name == "progression"
    assert charts.ladder[1].name == "rungs"


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_user_s_device_is_named_where_it_has_a_figure(size: Size) -> None:
    chart, _ = ladder_charts(result(verified(rate=30e6)))
    assert words(chart, size).count("Test CPU") == 1
    assert "1 of your devices has no energy figure" in chart.caption
    both, _ = ladder_charts(result(with_energy(verified(rate=30e6), 2.3e6)))
    shown = words(both, size)
    assert shown.count("Test CPU") == 2
    if not size.narrow:
        assert re.search(r"Test CPU  2\.30 M", shown)
        assert re.search(r"Test CPU  (29\.\d|30\.\d) MH/s", shown)
    assert "no energy figure" not in both.caption


def test_without_a_device_there_is_no_word_of_yours() -> None:
    chart, by_rung = of_nobody()
    assert "your device" not in words(chart) + words(by_rung)


def test_many_devices_are_drawn_and_the_first_are_named() -> None:
    many = [result(verified(run=run, rate=1e6 * (run + 1), name=f"Device {run}"), run=run) for run in range(20)]
    chart, _ = ladder_charts(*many)
    assert len(re.findall(r"Device \d+", words(chart))) == 6
    assert "14 of your devices are drawn without their names" in chart.caption


@pytest.mark.parametrize("created", ["9999-12-31T00:00:00Z", "1970-01-01T00:00:00Z", "2025-99-99T00:00:00Z"])
def test_an_impossible_date_does_not_stretch_the_axis(created: str) -> None:
    import msgspec

    odd = msgspec.structs.replace(result(), created=created)
    chart, _ = ladder_charts(odd)
    shown = words(chart)
    assert "Test CPU" not in shown
    assert "2026" in shown
    assert "cannot be placed in time" in chart.caption


# Slow: charts/test_charts.py draws these pictures of these results in both widths, too, and allows fewer tags.
@pytest.mark.slow
def test_hostile_names_stay_names_in_both_widths() -> None:
    for chart in ladder_charts(*hostile.results()):
        for size in (WIDE, NARROW):
            tree = ElementTree.fromstring(svg([chart], size))
            assert not {element.tag.removeprefix(SVG) for element in tree.iter()} & {
                "script",
                "image",
                "a",
                "foreignObject",
            }
        assert png([chart]).startswith(b"\x89PNG")


@pytest.mark.parametrize(("rate", "j_per_th"), [(1e-3, 1e12), (1e11, 1e-3)])
def test_figures_far_off_the_ladder_are_drawn(rate: float, j_per_th: float) -> None:
    chart, _ = ladder_charts(result(with_energy(verified(rate=rate), j_per_th)))
    assert words(chart).count("Test CPU") == 2


def test_every_rung_has_a_shape_of_its_own() -> None:
    assert len(set(RUNG_SHAPES.values())) == len(RUNGS)


def test_names_that_would_touch_are_moved_apart_and_keep_their_order() -> None:
    moved = spread([3.0, 1.0, 2.0, 40.0], 10)
    assert moved[1] < moved[2] < moved[0] < moved[3]
    assert moved[2] - moved[1] == moved[0] - moved[2] == pytest.approx(10)
    assert spread([], 10) == []


def lab(linear: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(linear, 0, 1) / np.array([0.9505, 1, 1.089])
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def page_colours(scheme: str) -> dict[str, str]:
    css = (Path(charts_package.__file__).parents[1] / "page" / "page.css").read_text(encoding="utf-8")
    light, _, rest = css.partition("@media (prefers-color-scheme: dark)")
    text = light if scheme == "light" else rest.partition("\n}")[0]
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", text))


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("scheme", ["picture", "light", "dark"])
def test_the_rungs_colours_differ_for_every_eye(eye: str, scheme: str) -> None:
    colours = KIND_COLOURS if scheme == "picture" else page_colours(scheme)
    for first, second in combinations(RUNGS, 2):
        seen = [lab(EYES[eye] @ linear(colours[rung])) for rung in (first, second)]
        # About ten times what is just noticed.
        assert float(np.linalg.norm(seen[0] - seen[1])) > 23, (first, second)
