"""The pages that are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..shown import shown

PAGES = {
    "showcase": "showcase",
    "suite": "suite",
    "fleet": "fleet",
    "served": "served",
    "hostile": "hostile",
    "ladder": "nothing",
}
# Slow: the same chapters with other tables in them, each page in every browser test again.
MORE = {"suite", "fleet", "served"}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.slow] if name in MORE else []) for name in sorted(PAGES)],
)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / f"{request.param}.html"
    path.write_bytes(shown(PAGES[request.param], ".html"))
    return path
