"""What a reader does to the page in a real browser: sorts, picks out, compares, follows its links."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ..shown import shown
from .browser import ANSWER_S, NEEDS_BROWSER, Browser
from .scripts import OPEN_ALL, UNSEEN_FOCUS

pytestmark = NEEDS_BROWSER


@pytest.mark.parametrize("width", [360, 1280])
def test_whoever_sorts_by_keys_sees_where_they_are(browser: Browser, page: Path, width: int) -> None:
    """Also on a phone, which is what a window is that shows all four times as large."""
    browser.open(page, width)
    browser.evaluate(OPEN_ALL)
    assert browser.evaluate(UNSEEN_FOCUS) == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


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


def test_a_table_can_be_sorted(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(shown("showcase", ".html"))
    browser.open(path, 1280)
    names = "[...document.querySelectorAll('table.devices tbody th .first')].map((one) => one.textContent)"
    assert browser.evaluate(names) == ["Radeon RX 6800", "Test CPU"]
    browser.evaluate("document.querySelectorAll('table.devices thead button')[1].click()")
    assert browser.evaluate(names) == ["Test CPU", "Radeon RX 6800"]
    assert browser.evaluate("document.querySelectorAll('table.devices thead th')[1].ariaSort") == "ascending"
    browser.evaluate("document.querySelectorAll('table.devices thead button')[1].click()")
    assert browser.evaluate(names) == ["Radeon RX 6800", "Test CPU"]
