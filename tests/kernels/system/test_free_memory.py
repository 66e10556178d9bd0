"""Memory that may be used: the least of what the system and the container leave."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from hashwatt.kernels.system import free_memory
from hashwatt.kernels.system.free_memory import free_bytes


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a container's limits, empty; the system has 8 GB free."""
    monkeypatch.setattr(free_memory, "LIMITS", ((str(tmp_path / "memory.max"), str(tmp_path / "memory.current")),))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=8_000_000_000))
    return tmp_path


def test_without_a_container_it_is_what_the_system_has_free(group: Path) -> None:
    assert free_bytes() == 8_000_000_000


@pytest.mark.parametrize(
    ("limit", "used", "free"),
    [
        ("1000000", "400000", 600_000),
        ("1000000", "2000000", 0),
        ("1000000", "nonsense", 1_000_000),
        ("max", "400000", 8_000_000_000),
        ("9223372036854771712", "0", 8_000_000_000),
    ],
)
def test_a_containers_limit_counts_where_it_is_less(group: Path, limit: str, used: str, free: int) -> None:
    (group / "memory.max").write_text(limit)
    (group / "memory.current").write_text(used)
    assert free_bytes() == free


def test_where_nobody_tells_it_is_unknown(group: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ValueError("/proc/meminfo holds nonsense")

    monkeypatch.setattr(psutil, "virtual_memory", broken)
    assert free_bytes() is None
