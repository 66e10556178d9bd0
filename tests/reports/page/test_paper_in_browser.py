"""The page as a real browser prints it: on white, within the sheet, without what is folded."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.measurement import CandidateRecord
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for

from ..factory import result, verified
from ..shown import shown
from .browser import NEEDS_BROWSER, Browser

pytestmark = NEEDS_BROWSER

# Chromium lays out in 64ths of a pixel: what is 9 high on one machine is told as 8.9999 on another.
ROUNDING_PX = 1 / 64
# How many sheets of paper a page takes at most, where so few devices are on it that they are printed whole.
MOST_PAPER = 6
# What lies within the closed parts of a page is there, and takes no room.
ON_PAPER = """[...document.querySelectorAll({!r})].filter((one) => one.checkVisibility({{contentVisibilityAuto: true}})
  && one.getBoundingClientRect().height).length"""
# Chapters that leave a gap on paper, and no word in it.
GAPS = """[...document.querySelectorAll("section")]
  .filter((one) => !one.innerText.trim() && getComputedStyle(one).display !== "none").length"""


def test_paper_is_white_and_wide_enough(browser: Browser, page: Path) -> None:
    browser.open(page, 700, dark=True)
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.evaluate("document.documentElement.scrollWidth") <= 700


@pytest.mark.parametrize("page", ["showcase"], indirect=True)
def test_no_head_reaches_into_the_next_one_on_paper(browser: Browser, page: Path) -> None:
    browser.open(page, 700)
    browser.call("Emulation.setEmulatedMedia", media="print")
    wide = "[...document.querySelectorAll('thead th')].filter((one) => one.scrollWidth > one.clientWidth + 1)"
    assert browser.evaluate(f"{wide}.map((one) => one.textContent)") == []


@pytest.mark.parametrize("page", ["ladder"], indirect=True)
def test_paper_has_no_line_of_what_is_folded(browser: Browser, page: Path) -> None:
    browser.open(page, 700)
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate(ON_PAPER.format("summary")) == 0
    assert browser.evaluate(ON_PAPER.format("li.paper")) == 1
    browser.evaluate("document.querySelector('details').open = true")
    assert browser.evaluate(ON_PAPER.format("summary")) == 1
    assert browser.evaluate(ON_PAPER.format("details[open] td")) > 10


def test_paper_has_no_chapter_without_what_is_open_in_it(browser: Browser, tmp_path: Path) -> None:
    """Of more devices than a few, each sheet is printed that is open; of a few, all are."""
    path = tmp_path / "page.html"
    for devices, printed in ((4, 0), (3, 3)):
        run = result(*(verified(f"opencl:{number}", name=f"Card {number}") for number in range(devices)))
        path.write_bytes(format_for("x.html").render(report_on(gather_results([run]))))
        browser.open(path, 700)
        browser.call("Emulation.setEmulatedMedia", media="print")
        chapters = {ident: ON_PAPER.format(f"#{ident}") for ident in ("devices", "details", "ladder", "claims")}
        told = {ident: browser.evaluate(script) for ident, script in chapters.items()}
        assert told == {"devices": 1, "details": int(printed > 0), "ladder": 0, "claims": 0}
        assert browser.evaluate(ON_PAPER.format(".sheet .inside")) == printed
        assert browser.evaluate(GAPS) == 0
        browser.evaluate("document.querySelector('.sheet').open = true")
        browser.evaluate("document.querySelector('.chapter').open = true")
        assert {ident for ident, script in chapters.items() if browser.evaluate(script)} == {
            "devices",
            "details",
            "ladder",
        }
        assert browser.evaluate(ON_PAPER.format(".sheet .inside")) == max(printed, 1)


def test_the_words_of_a_roofline_can_be_read_on_paper(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(shown("suite", ".html"))
    # A4 within its margins.
    browser.open(path, 688)
    browser.call("Emulation.setEmulatedMedia", media="print")
    heights = "[...document.querySelectorAll({!r})].map((one) => one.getBoundingClientRect().height)"
    assert min(browser.evaluate(heights.format("#devices ~ figure .chart.wide text"))) >= 9 - ROUNDING_PX
    # What is higher than a sheet of Letter is cut at its end.
    assert max(browser.evaluate(heights.format("figure"))) < 251 / 25.4 * 96


# Slow: a browser lays the page out for paper and writes it as PDF.
@pytest.mark.slow
@pytest.mark.parametrize("paper", [(8.27, 11.69), (8.5, 11.0)], ids=["A4", "Letter"])
def test_three_devices_take_six_sheets_of_paper_and_no_phone_s_layout(
    browser: Browser, tmp_path: Path, paper: tuple[float, float]
) -> None:
    race = tuple(CandidateRecord(name=f"x{one}", rate_per_s=1e7, compile_s=0.25, reason=None) for one in range(30))
    warnings = (WarningRecord(code="contention", text="other programs kept 1.7 CPUs busy; " * 5),) * 6
    devices = []
    for number in range(3):
        entry = verified(f"opencl:{number}", samples=512, name=f"Device {number}", clock_hz=[2e9, 2.1e9], roof_hs=3e7)
        assert entry.kernel is not None
        devices.append(replace(entry, kernel=replace(entry.kernel, candidates=race), warnings=warnings))
    path = tmp_path / "page.html"
    path.write_bytes(format_for("x.html").render(report_on(gather_results([result(*devices)]))))
    browser.open(path, 1280, dark=True)
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.call("Emulation.setDeviceMetricsOverride", width=700, height=900, deviceScaleFactor=1, mobile=False)
    assert browser.evaluate("getComputedStyle(document.querySelector('.devices td')).display") == "table-cell"
    assert browser.evaluate("document.querySelector('.sheet .inside').getClientRects().length") == 1
    answer = browser.call("Page.printToPDF", paperWidth=paper[0], paperHeight=paper[1], preferCSSPageSize=False)
    pages = len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(answer["data"])))
    assert 3 <= pages <= MOST_PAPER
