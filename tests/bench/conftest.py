from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hashwatt.bench.api import save
from hashwatt.bench.machine import describe
from hashwatt.bench.result.model import Result

from .fakes import measured


@pytest.fixture(scope="session", autouse=True)
def a_short_look_at_the_load() -> Iterator[None]:
    """Each run looks how busy the machine is, and a hundred of them would wait for it a fifth of a second each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(describe, "LOAD_WINDOW_S", 0.02)
        yield


@pytest.fixture(scope="session")
def honest_result() -> Result:
    return measured("steady", seconds=2.0, challenge="prove it", note="an honest run")


@pytest.fixture(scope="session")
def honest_file(honest_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("results") / "honest.json"
    save(honest_result, path)
    return path
