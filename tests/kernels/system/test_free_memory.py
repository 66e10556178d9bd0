"""Memory that may be used: the least of what the system and the control groups leave."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from hashwatt.kernels.system.free_memory import STAT_BYTES, free_bytes

SYSTEM_FREE = 8_000_000_000
JOB = "system.slice/slurmstepd.scope/job_7/step_0"


@pytest.fixture(autouse=True)
def system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=SYSTEM_FREE))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")


@pytest.fixture
def group(tmp_path: Path) -> Path:
    """The folder of a container's limits, empty; nothing tells which group it is."""
    folder = tmp_path / "sys/fs/cgroup"
    folder.mkdir(parents=True)
    return folder


def test_without_a_group_it_is_what_the_system_has_free(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) == SYSTEM_FREE


@pytest.mark.parametrize(
    ("limit", "used", "free"),
    [
        ("1000000", "400000", 600_000),
        ("1000000", "2000000", 0),
        ("1000000", "nonsense", 1_000_000),
        ("max", "400000", SYSTEM_FREE),
        ("9223372036854771712", "0", SYSTEM_FREE),
    ],
)
def test_a_containers_limit_counts_where_it_is_less(
    tmp_path: Path, group: Path, limit: str, used: str, free: int
) -> None:
    write(group / "memory.max", limit)
    write(group / "memory.current", used)
    assert free_bytes(tmp_path) == free


def test_a_version_1_container_tells_in_a_folder_of_its_own(tmp_path: Path, group: Path) -> None:
    write(group / "memory/memory.limit_in_bytes", "1000000")
    write(group / "memory/memory.usage_in_bytes", "400000")
    assert free_bytes(tmp_path) == 600_000


@pytest.mark.parametrize("version", [1, 2])
def test_the_least_of_nested_groups_counts(tmp_path: Path, group: Path, version: int) -> None:
    """As Slurm and systemd-run limit a job: by a group far below the mount."""
    write(tmp_path / "proc/self/cgroup", f"4:memory:/{JOB}\n0::/" if version == 1 else f"0::/{JOB}")
    top = group / "memory" if version == 1 else group
    limit, used = (
        ("memory.limit_in_bytes", "memory.usage_in_bytes") if version == 1 else ("memory.max", "memory.current")
    )
    for folder, most, now in ((top / JOB, 900_000, 100_000), (top, 10**12, 10**6)):
        write(folder / limit, str(most))
        write(folder / used, str(now))
    assert free_bytes(tmp_path) == 800_000
    write((top / JOB).parent / limit, "700000")
    write((top / JOB).parent / used, "300000")
    assert free_bytes(tmp_path) == 400_000


def test_another_group_s_limit_is_not_ours(tmp_path: Path, group: Path) -> None:
    write(tmp_path / "proc/self/cgroup", "0::/user.slice")
    write(group / JOB / "memory.max", "1000")
    assert free_bytes(tmp_path) == SYSTEM_FREE


def test_what_slows_a_group_down_is_a_limit_too(tmp_path: Path, group: Path) -> None:
    write(group / "memory.max", "1000000")
    write(group / "memory.high", "500000")
    write(group / "memory.current", "100000")
    assert free_bytes(tmp_path) == 400_000


@pytest.mark.parametrize(
    ("stat", "free"),
    [
        ("anon 100\ninactive_file 350000\nactive_file 40", 950_000),
        ("inactive_file 5\ntotal_inactive_file 350000", 950_000),
        ("inactive_file 999999999", 1_000_000),
        ("inactive_file -5", 600_000),
        ("inactive_file ４", 600_000),
        ("inactive_file " + "9" * 5000, 600_000),
        ("inactive_file", 600_000),
        ("x" * 2 * STAT_BYTES, 600_000),
    ],
)
def test_pages_of_files_that_nobody_looks_at_are_free(tmp_path: Path, group: Path, stat: str, free: int) -> None:
    """A container that has copied a file is not full."""
    write(group / "memory.max", "1000000")
    write(group / "memory.current", "400000")
    write(group / "memory.stat", stat)
    assert free_bytes(tmp_path) == free


def test_where_nobody_tells_it_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ValueError("/proc/meminfo holds nonsense")

    monkeypatch.setattr(psutil, "virtual_memory", broken)
    assert free_bytes(tmp_path) is None
