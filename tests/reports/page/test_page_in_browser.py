"""The page in a real browser: silent, offline, within the window's width, and accessible."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.measurement import CandidateRecord
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for

from ..factory import result, verified
from ..shown import shown
from .browser import ANSWER_S, Browser, find_browser

PROGRAM = find_browser()
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium here (Debian and Ubuntu: apt-get install chromium)"),
    pytest.mark.timeout(300),
]

PAGES = {
    "showcase": lambda: shown("showcase", ".html"),
    "suite": lambda: shown("suite", ".html"),
    "fleet": lambda: shown("fleet", ".html"),
    "served": lambda: shown("served", ".html"),
    "hostile": lambda: shown("hostile", ".html"),
    "ladder": lambda: shown("nothing", ".html"),
}
# Slow: the same chapters with other tables in them, each page in every browser test again.
MORE = {"suite", "fleet", "served"}
WIDTHS = (360, 1280)
# Chromium lays out in 64ths of a pixel: what is 9 high on one machine is told as 8.9999 on another.
ROUNDING_PX = 1 / 64
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => (one.open = true))"
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
# How many sheets of paper a page takes at most, where so few devices are on it that they are printed whole.
MOST_PAPER = 6
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


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.slow] if name in MORE else []) for name in sorted(PAGES)],
)
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


@pytest.mark.parametrize("page", ["showcase"], indirect=True)
def test_no_head_reaches_into_the_next_one_on_paper(browser: Browser, page: Path) -> None:
    browser.open(page, 700)
    browser.call("Emulation.setEmulatedMedia", media="print")
    wide = "[...document.querySelectorAll('thead th')].filter((one) => one.scrollWidth > one.clientWidth + 1)"
    assert browser.evaluate(f"{wide}.map((one) => one.textContent)") == []


# What lies within the closed parts of a page is there, and takes no room.
ON_PAPER = """[...document.querySelectorAll({!r})].filter((one) => one.checkVisibility({{contentVisibilityAuto: true}})
  && one.getBoundingClientRect().height).length"""

# Chapters that leave a gap on paper, and no word in it.
GAPS = """[...document.querySelectorAll("section")]
  .filter((one) => !one.innerText.trim() && getComputedStyle(one).display !== "none").length"""


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
    path.write_bytes(PAGES["suite"]())
    # A4 within its margins.
    browser.open(path, 688)
    browser.call("Emulation.setEmulatedMedia", media="print")
    heights = "[...document.querySelectorAll({!r})].map((one) => one.getBoundingClientRect().height)"
    assert min(browser.evaluate(heights.format("#devices ~ figure .chart.wide text"))) >= 9 - ROUNDING_PX
    # What is higher than a sheet of Letter is cut at its end.
    assert max(browser.evaluate(heights.format("figure"))) < 251 / 25.4 * 96


def test_forced_colours_are_the_pictures_ground_and_ink_too(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    features = [{"name": "forced-colors", "value": "active"}, {"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", features=features)
    variable = "(name) => {{ const one = document.createElement('i'); one.style.color = `var(--${{name}})`;" + (
        "document.body.append(one); const told = getComputedStyle(one).color; one.remove(); return told; }}"
    )
    told = browser.evaluate(f"['paper', 'back', 'ink', 'muted'].map({variable.format()})")
    assert told == ["rgb(0, 0, 0)"] * 2 + ["rgb(255, 255, 255)"] * 2


# The focus on each head in turn that can sort, and whether it is seen there.
UNSEEN_FOCUS = """[...document.querySelectorAll("thead button")].filter((one) => {
  one.focus();
  one.scrollIntoView({ block: "center" });
  const place = one.getBoundingClientRect();
  return document.elementFromPoint(place.left + place.width / 2, place.top + place.height / 2) !== one;
}).map((one) => one.textContent)"""


@pytest.mark.parametrize("width", WIDTHS)
def test_whoever_sorts_by_keys_sees_where_they_are(browser: Browser, page: Path, width: int) -> None:
    """Also on a phone, which is what a window is that shows all four times as large."""
    browser.open(page, width)
    browser.evaluate(OPEN_ALL)
    assert browser.evaluate(UNSEEN_FOCUS) == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


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


# The words of an element, from left to right as they are drawn.
AS_DRAWN = """((one) => {
  const walker = document.createTreeWalker(one, NodeFilter.SHOW_TEXT), range = document.createRange(), words = [];
  while (walker.nextNode()) for (const found of walker.currentNode.data.matchAll(/\\S+/g)) {
    range.setStart(walker.currentNode, found.index);
    range.setEnd(walker.currentNode, found.index + found[0].length);
    words.push([range.getBoundingClientRect().left, found[0]]);
  }
  return words.sort((a, b) => a[0] - b[0]).map((each) => each[1]).join(" ");
})"""


def test_a_name_from_right_to_left_turns_no_sentence(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(format_for("x.html").render(report_on(gather_results([result(verified(name="\u05d0\u05d1"))]))))
    browser.open(path, 1280)
    written = browser.evaluate("document.querySelector('.headline li').innerText")
    assert written.startswith("\u05d0\u05d1 reaches")
    assert browser.evaluate(f"{AS_DRAWN}(document.querySelector('.headline li'))") == " ".join(written.split())


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("page", ["showcase"], indirect=True)
def test_a_device_s_link_opens_its_sheet(browser: Browser, page: Path, scripts: bool) -> None:
    browser.open(page, 1280, scripts=scripts)
    is_open = "[...document.querySelectorAll('.sheet')].map((one) => one.open)"
    assert browser.evaluate(is_open) == [False, False]
    browser.evaluate("document.querySelectorAll('.devices a.first')[1].click()")
    # The browser follows a link when it comes to it; where scripts are off, the page's own timers stand still.
    deadline = time.monotonic() + ANSWER_S
    while not any(browser.evaluate(is_open)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert browser.evaluate(is_open) == [False, True]


@pytest.mark.parametrize("page", ["showcase"], indirect=True)
def test_another_device_can_be_compared_with(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    told = "[...document.querySelectorAll('td.relative')].map((one) => one.innerText)"
    choose = "(() => {{ const one = document.querySelector('.tools select');" + (
        "one.value = [...one.options].find((each) => each.text.startsWith({!r})).value;"
        "one.dispatchEvent(new Event('change')); }})()"
    )
    before = browser.evaluate(told)
    browser.evaluate(choose.format("Test CPU"))
    first, second = browser.evaluate(told)
    assert (first.split()[0], second) == ("239", "1 ×")
    assert browser.evaluate("document.querySelector('.devices th.first').innerText").startswith("to the chosen")
    browser.evaluate(choose.format(""))
    assert [one.split() for one in browser.evaluate(told)] == [one.split() for one in before]


@pytest.mark.parametrize("page", ["suite"], indirect=True)
def test_rows_can_be_picked_out_by_work_and_device(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    pick = "(() => {{ const one = document.querySelector('.tools input'); one.value = {!r};" + (
        "one.dispatchEvent(new Event('input')); }})()"
    )
    rows = "[...document.querySelectorAll('.devices tr')].filter((one) => one.getClientRects().length).length"
    everything = browser.evaluate(rows)
    browser.evaluate(pick.format("radeon gemm"))
    assert browser.evaluate(rows) == 3  # the heads, the work, the device
    assert browser.evaluate("document.querySelector('.tools output').innerText") == "1 of 9"
    browser.evaluate(pick.format(""))
    assert browser.evaluate(rows) == everything


# Slow: each folded chapter is unfolded and every element of it measured, at four widths.
@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_nothing_lies_outside_its_card(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    browser.evaluate(OPEN_ALL)
    assert browser.evaluate(BEYOND_ITS_CARD) == []


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
    browser.evaluate(ONE_OF_EACH_SHAPE)
    assert browser.evaluate("document.querySelectorAll('*').length") < MOST_ELEMENTS
    browser.evaluate((Path(axe.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    found: list[Any] = browser.evaluate(
        "axe.run().then((found) => found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))"
    )
    return found


# Both layouts and both schemes, but not each with each.
@pytest.mark.parametrize(
    ("width", "dark", "folded"),
    [(360, True, False), (1280, False, False), (1280, True, True)],
    ids=["360-dark", "1280-light", "1280-dark-folded"],
)
def test_axe_finds_nothing(browser: Browser, page: Path, width: int, dark: bool, folded: bool) -> None:
    browser.open(page, width, dark=dark)
    if not folded:
        browser.evaluate(OPEN_ALL)
    found = axe_s_violations(browser)
    assert found == [], json.dumps(found, indent=1)[:4000]


@pytest.mark.parametrize("page", ["ladder"], indirect=True)
def test_axe_still_finds_one_faint_word_in_the_last_row(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    browser.evaluate(OPEN_ALL)
    browser.evaluate("[...document.querySelectorAll('tbody td')].at(-1).style.color = '#eee'")
    assert [rule for rule, _ in axe_s_violations(browser)] == ["color-contrast"]
