from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.bench.result.file import save
from tests.reports.factory import showcase


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of results that differ in all that reports show."""
    folder = tmp_path / "results"
    folder.mkdir()
    for number, one in enumerate(showcase()):
        save(one, folder / f"{number}.json")
    return folder
