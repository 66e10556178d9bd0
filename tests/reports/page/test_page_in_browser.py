"""The page in a real browser: silent, offline, within the window's width, and accessible."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from hashwatt.reports.collect.gather import NOTHING, gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for

from .. import hostile
from ..factory import showcase
from .browser import Browser, find_browser

PROGRAM = find_browser()
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium here (Debian and Ubuntu: apt-get install chromium)"),
    pytest.mark.timeout(300),
]

PAGES = {
    "showcase": lambda: report_on(gather_results(showcase())),
    "hostile": lambda: report_on(gather_results(hostile.results())),
    "ladder": lambda: report_on(NOTHING),
}
WIDTHS = (360, 1280)
TOO_WIDE = """[...document.querySelectorAll("body *")]
  .filter((element) => element.getClientRects().length && !element.closest("svg") && !element.closest("thead")
                       && element.getBoundingClientRect().right > innerWidth + 0.5)
  .map((element) => element.tagName + ": " + element.textContent.slice(0, 40))"""
# Text drawn over the edge of its picture would be cut off there.
CUT_OFF = """[...document.querySelectorAll("svg.chart")].filter((chart) => chart.getClientRects().length)
  .flatMap((chart) => [...chart.querySelectorAll("text")].filter((text) => {
    const [inner, outer] = [text.getBoundingClientRect(), chart.getBoundingClientRect()];
    return inner.left < outer.left - 1 || inner.right > outer.right + 1;
  }).map((text) => text.textContent))"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert PROGRAM is not None
    opened = Browser(PROGRAM, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=sorted(PAGES))
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / f"{request.param}.html"
    path.write_bytes(format_for(path).render(PAGES[request.param]()))
    return path


@pytest.mark.parametrize("width", [320, 360, 768, 900, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_is_silent_offline_and_within_the_window(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    assert browser.complaints == []
    assert browser.requests == [page.as_uri()]
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_in_a_chart_is_cut_off(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    assert browser.evaluate(CUT_OFF) == []


def test_each_width_shows_one_of_the_two_drawings(browser: Browser, page: Path) -> None:
    shown = "[...document.querySelectorAll('svg.chart')].map((one) => getComputedStyle(one).display)"
    for width in WIDTHS:
        browser.open(page, width)
        found = browser.evaluate(shown)
        assert found.count("none") * 2 == len(found)


def test_dark_pages_are_dark(browser: Browser, page: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    browser.open(page, 1280)
    light = browser.evaluate(ground)
    browser.open(page, 1280, dark=True)
    assert light != browser.evaluate(ground)


def test_paper_is_white_and_wide_enough(browser: Browser, page: Path) -> None:
    browser.open(page, 700, dark=True)
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.evaluate("document.documentElement.scrollWidth") <= 700


def test_it_needs_no_script(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    words = browser.evaluate("document.body.innerText.replaceAll(/[ ↕↑↓\\s]/g, '')")
    browser.open(page, 1280, scripts=False)
    assert browser.complaints == []
    assert browser.evaluate("document.querySelectorAll('thead button').length") == 0
    assert browser.evaluate("document.body.innerText.replaceAll(/[ ↕↑↓\\s]/g, '')") == words


def test_a_table_can_be_sorted(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(format_for(path).render(PAGES["showcase"]()))
    browser.open(path, 1280)
    names = "[...document.querySelectorAll('table.devices tbody th .first')].map((one) => one.textContent)"
    assert browser.evaluate(names) == ["Radeon RX 6800", "Test CPU"]
    browser.evaluate("document.querySelectorAll('table.devices thead button')[1].click()")
    assert browser.evaluate(names) == ["Test CPU", "Radeon RX 6800"]
    assert browser.evaluate("document.querySelectorAll('table.devices thead th')[1].ariaSort") == "ascending"
    browser.evaluate("document.querySelectorAll('table.devices thead button')[1].click()")
    assert browser.evaluate(names) == ["Radeon RX 6800", "Test CPU"]


def assert_axe_finds_nothing(browser: Browser, page: Path, width: int, dark: bool) -> None:
    axe = find_spec("axe_core_python")
    if axe is None or axe.origin is None:
        pytest.skip("axe-core is not installed (pip install axe-core-python)")
    browser.open(page, width, dark=dark)
    if page.stem == "ladder":
        # Opened on one page only: axe takes its time over long tables.
        browser.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    browser.evaluate((Path(axe.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = browser.evaluate(
        "axe.run().then((found) => found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))"
    )
    assert found == [], json.dumps(found, indent=1)[:4000]


# Both layouts and both schemes, but not each with each: it takes its time.
both_layouts = pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)], ids=["360-dark", "1280-light"])


@both_layouts
@pytest.mark.parametrize("page", ["ladder", "showcase"], indirect=True)
def test_axe_finds_nothing(browser: Browser, page: Path, width: int, dark: bool) -> None:
    assert_axe_finds_nothing(browser, page, width, dark)


# Slow: as long as both others together, over the same elements with longer words in them.
@pytest.mark.slow
@both_layouts
@pytest.mark.parametrize("page", ["hostile"], indirect=True)
def test_axe_finds_nothing_in_a_page_of_strangers_words(browser: Browser, page: Path, width: int, dark: bool) -> None:
    assert_axe_finds_nothing(browser, page, width, dark)
