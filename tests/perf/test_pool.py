"""What a share and a stranger cost a measuring pool. Run with `tox -e perf -- tests/perf/test_pool.py -s`.

By the server's own CPU time, so that it says something beside other load, too.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from . import pool_load

# 10,000 shares a second on one core.
MOST_US_A_SHARE = 100.0
MOST_GROWTH_MIB = 64.0


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.chdir(tmp_path)


def tell(benchmark: Any, figures: dict[str, Any]) -> None:
    benchmark.extra_info.update(figures)
    print("".join(f"\n  {name}: {figure}" for name, figure in figures.items()))


def test_a_share_takes_a_ten_thousandth_of_a_second_at_most(benchmark: Any) -> None:
    figures = asyncio.run(pool_load.shares(rate=2000, workers=4))
    tell(benchmark, figures)
    assert figures["verifies"]
    assert figures["server_cpu_us_a_share"] < MOST_US_A_SHARE
    benchmark.pedantic(lambda: None)


@pytest.mark.parametrize("says", [pool_load.HELLO % b"crowd", b"", b'{"id": 1, "method": "mining.sub'])
def test_ten_thousand_strangers_take_no_memory_and_nothing_from_a_worker(benchmark: Any, says: bytes) -> None:
    figures = asyncio.run(pool_load.crowd(says=says))
    tell(benchmark, figures)
    assert figures["verifies"]
    assert figures["memory_most_mib"] < figures["memory_before_mib"] + MOST_GROWTH_MIB
    assert figures["worker_refused"] <= figures["worker_accepted"] / 20
    assert figures["worker_shares_in_window"] > 0.8 * figures["worker_shares_sent_in_a_window"]
    benchmark.pedantic(lambda: None)
