from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.bench.api import save
from hashwatt.bench.result.model import Result

from .fakes import measured


@pytest.fixture(scope="session")
def honest_result() -> Result:
    return measured("steady", seconds=2.0, challenge="prove it", note="an honest run")


@pytest.fixture(scope="session")
def honest_file(honest_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "honest.json"
    save(honest_result, path)
    return path
