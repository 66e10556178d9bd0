"""The browser that pages are looked at in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .page.browser import Browser, find_browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One for all tests of a process: what a test opens in it is a page of its own."""
    program = find_browser()
    assert program is not None, "a test that asks for it is marked NEEDS_BROWSER"
    opened = Browser(program, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()
