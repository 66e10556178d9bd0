"""The page in a real browser: silent, offline, within the window's width, and whole without scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for

from ..factory import result, verified
from .browser import NEEDS_BROWSER, Browser
from .scripts import AS_DRAWN, OPEN_ALL, TOO_WIDE

pytestmark = NEEDS_BROWSER

WIDTHS = (360, 1280)
# What reaches beyond the card that it lies in, or is cut off in its own box.
BEYOND_ITS_CARD = """[...document.querySelectorAll("section, .headline")].flatMap((card) => {
  const [outer, padding] = [card.getBoundingClientRect(), parseFloat(getComputedStyle(card).paddingRight)];
  return [...card.querySelectorAll("*")].filter((one) => one.getClientRects().length && !one.closest("svg.chart, thead")
    && (one.getBoundingClientRect().right > outer.right - padding + 1
        || one.getBoundingClientRect().left < outer.left - 1 / 64
        || (one.scrollWidth > one.clientWidth + 1 && one.clientWidth && getComputedStyle(one).display !== "inline"
            && getComputedStyle(one).overflow === "visible")))
    .map((one) => one.tagName + "." + one.className + ": " + one.textContent.slice(0, 60));
})"""
# Text drawn over the edge of its picture would be cut off there.
CUT_OFF = """[...document.querySelectorAll("svg.chart")].filter((chart) => chart.getClientRects().length)
  .flatMap((chart) => [...chart.querySelectorAll("text")].filter((text) => {
    const [inner, outer] = [text.getBoundingClientRect(), chart.getBoundingClientRect()];
    return inner.left < outer.left - 1 || inner.right > outer.right + 1;
  }).map((text) => text.textContent))"""


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


def test_forced_colours_are_the_pictures_ground_and_ink_too(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    features = [{"name": "forced-colors", "value": "active"}, {"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", features=features)
    variable = "(name) => {{ const one = document.createElement('i'); one.style.color = `var(--${{name}})`;" + (
        "document.body.append(one); const told = getComputedStyle(one).color; one.remove(); return told; }}"
    )
    told = browser.evaluate(f"['paper', 'back', 'ink', 'muted'].map({variable.format()})")
    assert told == ["rgb(0, 0, 0)"] * 2 + ["rgb(255, 255, 255)"] * 2


def test_it_needs_no_script(browser: Browser, page: Path) -> None:
    """Scripts add tools to the table, and nothing else; without them, links open what is folded all the same."""
    words = "document.body.innerText.replaceAll(/[ ↕↑↓\\s]/g, '')"
    browser.open(page, 1280)
    browser.evaluate("document.querySelectorAll('.tools').forEach((one) => one.remove())")
    with_scripts = browser.evaluate(words)
    browser.open(page, 1280, scripts=False)
    assert browser.complaints == []
    assert browser.evaluate("document.querySelectorAll('thead button').length") == 0
    assert browser.evaluate("[...document.querySelectorAll('.tools')].every((one) => !one.getClientRects().length)")
    assert browser.evaluate(words) == with_scripts


def test_a_name_from_right_to_left_turns_no_sentence(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(format_for("x.html").render(report_on(gather_results([result(verified(name="\u05d0\u05d1"))]))))
    browser.open(path, 1280)
    written = browser.evaluate("document.querySelector('.headline li').innerText")
    assert written.startswith("\u05d0\u05d1 reaches")
    assert browser.evaluate(f"{AS_DRAWN}(document.querySelector('.headline li'))") == " ".join(written.split())


# Slow: each folded chapter is unfolded and every element of it measured, at four widths.
@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_nothing_lies_outside_its_card(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    browser.evaluate(OPEN_ALL)
    assert browser.evaluate(BEYOND_ITS_CARD) == []
