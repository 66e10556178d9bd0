"""A site in a real browser: silent, within the window's width, accessible, filtered and sorted by its script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hashwatt.reports.site.build import build_site

from ..factory import machine, result, verified
from ..page.axe import axe_s_violations
from ..page.browser import NEEDS_BROWSER, Browser
from ..page.scripts import AS_DRAWN, TOO_WIDE, UNSEEN_FOCUS
from .sites import saved, site

pytestmark = NEEDS_BROWSER
PAGES = ("index", "device", "result")
SHOWN = "[...document.querySelectorAll('.results tbody tr')].filter((row) => !row.hidden)"


def page_of(kind: str, name: str) -> Path:
    """The index, or the page with most on it of its folder."""
    folder = site(kind)
    if name == "index":
        return folder / "index.html"
    return max((folder / name).iterdir(), key=lambda path: (path.stat().st_size, path.name))


@pytest.mark.parametrize("kind", ["ordinary", "hostile"])
@pytest.mark.parametrize("name", PAGES)
def test_it_is_silent_and_within_the_window(browser: Browser, kind: str, name: str) -> None:
    for width, dark in ((360, False), (768, True), (1280, False), (1920, True)):
        browser.open(page_of(kind, name), width, dark=dark)
        assert browser.complaints == []
        root = site(kind).as_uri()
        assert [address for address in browser.requests if not address.startswith(root)] == []
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("width", "dark"),
    [
        (360, True), (1280, False),
        # The same two layouts again, with more or less room.
        *(pytest.param(width, width > 1900, marks=pytest.mark.slow) for width in (360, 768, 1920)),
    ],
)  # fmt: skip
def test_axe_finds_nothing(browser: Browser, name: str, width: int, dark: bool) -> None:
    browser.open(page_of("ordinary", name), width, dark=dark)
    found = axe_s_violations(browser)
    assert found == [], json.dumps(found, indent=1)[:4000]


def test_without_a_script_the_rows_are_there_and_no_filter_is(browser: Browser) -> None:
    browser.open(page_of("ordinary", "index"), 1280, scripts=False)
    assert browser.evaluate("document.querySelector('.filters').hidden")
    assert browser.evaluate(f"{SHOWN}.length") == 21
    assert browser.evaluate("document.querySelectorAll('thead button').length") == 0


def test_filters_leave_the_rows_that_fit(browser: Browser) -> None:
    browser.open(page_of("ordinary", "index"), 1280)

    def filtered(**values: str) -> int:
        for name in ("work", "kind", "machine", "text"):
            browser.evaluate(
                f"document.querySelector('.filters').elements.{name}.value = {json.dumps(values.get(name, ''))}"
            )
        browser.evaluate("document.querySelector('.filters').dispatchEvent(new Event('input'))")
        count: int = browser.evaluate(f"{SHOWN}.length")
        return count

    offered = "[...document.querySelector('.filters').elements.work.options].map((one) => one.value)"
    assert browser.evaluate(offered) == ["", "sha256d", "stream"]
    assert filtered() == 21
    assert filtered(work="stream") == 8
    assert filtered(kind="gpu") == 1
    assert filtered(machine="Ryzen 7 5700X") == 2
    assert filtered(text="radeon RX") == 1
    assert filtered(work="stream", kind="gpu") == 0
    assert browser.evaluate("document.querySelector('.filters output').textContent") == "0 of 21 rows"


def test_a_phone_s_first_screen_has_rows_below_the_filters(browser: Browser) -> None:
    browser.open(page_of("ordinary", "index"), 360)
    box = "document.querySelector('.filters').getBoundingClientRect()"
    places = browser.evaluate(
        "[...document.querySelectorAll('.filters label')].map((label) => label.getBoundingClientRect().top)"
    )
    assert (len(places), len(set(places))) == (4, 2), "two lines of two"
    assert browser.evaluate(f"{box}.height") < 180
    assert browser.evaluate("document.querySelector('.results tbody tr').getBoundingClientRect().top") < 640


def test_how_to_read_a_site_is_a_link_away(browser: Browser) -> None:
    browser.open(page_of("ordinary", "index"), 360)
    browser.evaluate("document.querySelector('header a[href=\"#reading\"]').click()")
    top = browser.evaluate("document.querySelector('#reading').getBoundingClientRect().top")
    assert top < browser.evaluate("window.innerHeight")


def test_columns_are_sorted_by_their_figures(browser: Browser) -> None:
    browser.open(page_of("ordinary", "index"), 1280)
    rates = "[...document.querySelectorAll('.results tbody tr')].map((row) => Number(row.cells[2].dataset.v || -1))"
    browser.evaluate("document.querySelectorAll('thead button')[2].click()")
    ascending = browser.evaluate(rates)
    assert [rate for rate in ascending if rate >= 0] == sorted(rate for rate in ascending if rate >= 0)
    assert ascending[-1] == -1
    browser.evaluate("document.querySelectorAll('thead button')[2].click()")
    descending = browser.evaluate(rates)
    assert [rate for rate in descending if rate >= 0] == sorted((r for r in ascending if r >= 0), reverse=True)
    assert descending[-1] == -1
    assert browser.evaluate("document.querySelectorAll('thead th')[2].ariaSort") == "descending"


def test_sorting_hostile_rows_runs_nothing(browser: Browser) -> None:
    browser.open(page_of("hostile", "index"), 1280)
    browser.evaluate("document.querySelectorAll('thead button').forEach((button) => button.click())")
    browser.evaluate("document.querySelector('.filters').elements.text.value = '<script>'")
    browser.evaluate("document.querySelector('.filters').dispatchEvent(new Event('input'))")
    assert browser.evaluate(f"{SHOWN}.length") == 3
    assert browser.complaints == []


def test_a_machine_s_name_from_right_to_left_leaves_the_count_of_cpus_behind_it(
    browser: Browser, tmp_path: Path
) -> None:
    made = result(verified(), machines=(machine(cpu_model="\u05d0\u05d1 \u05d2"),))
    build_site([saved(tmp_path / "results", [made])], tmp_path / "site")
    browser.open(tmp_path / "site" / "index.html", 1280)
    place = "document.querySelector('.results tbody small')"
    written = browser.evaluate(f"{place}.innerText")
    assert "\u05d0\u05d1 \u05d2 · 2 CPUs" in written
    # The words of a name that runs from right to left stand in that order.
    assert browser.evaluate(f"{AS_DRAWN}({place})") == written.replace("\u05d0\u05d1 \u05d2", "\u05d2 \u05d0\u05d1")


@pytest.mark.parametrize("name", ["index", "device"])
@pytest.mark.parametrize("width", [360, 1280])
def test_whoever_sorts_by_keys_sees_where_they_are(browser: Browser, name: str, width: int) -> None:
    browser.open(page_of("ordinary", name), width)
    assert browser.evaluate(UNSEEN_FOCUS) == []


@pytest.mark.parametrize("kind", ["ordinary", "hostile"])
@pytest.mark.parametrize("name", PAGES)
def test_paper_has_tables_whose_rows_are_whole(browser: Browser, kind: str, name: str) -> None:
    # A4 within its margins.
    browser.open(page_of(kind, name), 688, dark=True)
    browser.call("Emulation.setEmulatedMedia", media="print")
    style = "[...document.querySelectorAll('.results tbody tr, .results td')].map((one) => getComputedStyle(one))"
    assert set(browser.evaluate(f"{style}.map((one) => one.display)")) == {"table-row", "table-cell"}
    assert "auto" not in browser.evaluate(
        f"{style}.filter((one) => one.display === 'table-row').map((one) => one.breakInside)"
    )
    assert browser.evaluate("document.documentElement.scrollWidth") <= 688
    assert browser.evaluate(TOO_WIDE) == []
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
