"""The page in a real browser: silent, offline, within the window's width, and accessible."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ..shown import shown
from .browser import Browser, find_browser

PROGRAM = find_browser()
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium here (Debian and Ubuntu: apt-get install chromium)"),
    pytest.mark.timeout(300),
]

PAGES = {
    "showcase": lambda: shown("showcase", ".html"),
    "hostile": lambda: shown("hostile", ".html"),
    "ladder": lambda: shown("nothing", ".html"),
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
    path.write_bytes(PAGES[request.param]())
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
    path.write_bytes(PAGES["showcase"]())
    browser.open(path, 1280)
    names = "[...document.querySelectorAll('table.devices tbody th .first')].map((one) => one.textContent)"
    assert browser.evaluate(names) == ["Radeon RX 6800", "Test CPU"]
    browser.evaluate("document.querySelectorAll('table.devices thead button')[1].click()")
    assert browser.evaluate(names) == ["Test CPU", "Radeon RX 6800"]
    assert browser.evaluate("document.querySelectorAll('table.devices thead th')[1].ariaSort") == "ascending"
    browser.evaluate("document.querySelectorAll('table.devices thead button')[1].click()")
    assert browser.evaluate(names) == ["Radeon RX 6800", "Test CPU"]


# axe takes minutes over hundreds of rows that differ in their words alone. Of siblings that are drawn alike (the same
# elements with the same attributes, which have text or have none) one is as good as all.
ONE_OF_EACH_SHAPE = r"""(() => {
  const drawn = ["class", "style", "role", "scope", "type", "fill", "open", "hidden", "aria-hidden"];
  const shape = (one) => one.tagName + "[" + [...one.attributes].map((attribute) => attribute.name
    + (drawn.includes(attribute.name) ? "=" + attribute.value : "")).sort() + "]" + /\S/.test(one.textContent)
    + "(" + [...new Set([...one.children].map(shape))] + ")";
  const thin = (parent) => {
    const seen = new Set();
    for (const child of [...parent.children]) {
      const its = shape(child);
      if (seen.has(its)) child.remove(); else { seen.add(its); if (child.tagName !== "TR") thin(child); }
    }
  };
  document.querySelectorAll("tbody, svg, ul, ol, dl").forEach(thin);
})()"""
TWICE = """(() => {
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
})()"""
MOST_ELEMENTS = 1500


def axe_s_violations(browser: Browser) -> list[Any]:
    axe = find_spec("axe_core_python")
    if axe is None or axe.origin is None:
        pytest.skip("axe-core is not installed (pip install axe-core-python)")
    assert browser.evaluate(TWICE) == []  # what axe would not see in rows that are left out
    browser.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    browser.evaluate(ONE_OF_EACH_SHAPE)
    assert browser.evaluate("document.querySelectorAll('*').length") < MOST_ELEMENTS
    browser.evaluate((Path(axe.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    found: list[Any] = browser.evaluate(
        "axe.run().then((found) => found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))"
    )
    return found


# Both layouts and both schemes, but not each with each.
@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)], ids=["360-dark", "1280-light"])
def test_axe_finds_nothing(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    found = axe_s_violations(browser)
    assert found == [], json.dumps(found, indent=1)[:4000]


@pytest.mark.parametrize("page", ["ladder"], indirect=True)
def test_axe_still_finds_one_faint_word_in_the_last_row(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    browser.evaluate("[...document.querySelectorAll('tbody td')].at(-1).style.color = '#eee'")
    assert [rule for rule, _ in axe_s_violations(browser)] == ["color-contrast"]
