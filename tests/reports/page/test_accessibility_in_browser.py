"""The page in a real browser, as the accessibility checker axe judges it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .axe import axe_s_violations
from .browser import NEEDS_BROWSER, Browser
from .scripts import OPEN_ALL

pytestmark = NEEDS_BROWSER


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
