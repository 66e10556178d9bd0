"""Cores, SMT, hybrid processors and container quotas, as the system's files tell them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hashwatt.kernels.cpu.cores import topology
from hashwatt.kernels.cpu.cores.affinity import pin_to
from hashwatt.kernels.cpu.cores.topology import Topology, read_topology


def sysfs(tmp_path: Path, siblings: dict[int, str], efficient: str = "") -> Path:
    for cpu, text in siblings.items():
        folder = tmp_path / f"system/cpu/cpu{cpu}/topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(text + "\n")
    if efficient:
        (tmp_path / "cpu_atom").mkdir()
        (tmp_path / "cpu_atom/cpus").write_text(efficient + "\n")
    return tmp_path


def granting(root: Path, text: str) -> Path:
    """A tree whose control group has that quota."""
    folder = root / "sys/fs/cgroup"
    folder.mkdir(parents=True)
    (folder / "cpu.max").write_text(text)
    return root


@pytest.fixture
def usable(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    cpus = list(range(4))
    monkeypatch.setattr(topology, "usable_cpus", lambda: cpus)
    return cpus


@pytest.mark.usefixtures("usable")
def test_logical_cpus_of_one_core_are_told_apart_from_cores(tmp_path: Path) -> None:
    found = read_topology(sysfs(tmp_path, {0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}), tmp_path / "none")
    assert found.cores == ((0, 2), (1, 3))
    assert found.has_smt
    assert found.default_threads == 2
    assert found.cpus == [0, 1, 2, 3]
    assert "SMT" in found.describe()


@pytest.mark.usefixtures("usable")
def test_efficient_cores_are_named(tmp_path: Path) -> None:
    found = read_topology(sysfs(tmp_path, {0: "0-1", 1: "0-1", 2: "2", 3: "3"}, efficient="2-3"), tmp_path / "none")
    assert found.kinds[1].cpus == {2, 3}
    assert found.default_threads == 3
    assert "hybrid" in found.describe()


@pytest.mark.usefixtures("usable")
def test_a_containers_quota_limits_the_threads(tmp_path: Path) -> None:
    found = read_topology(tmp_path, granting(tmp_path, "150000 100000\n"))
    assert found.quota == 1.5
    assert found.default_threads == 2


@pytest.mark.usefixtures("usable")
@pytest.mark.parametrize("text", ["max 100000", "", "nonsense", "1 0"])
def test_no_quota_or_an_unreadable_one_is_no_limit(tmp_path: Path, text: str) -> None:
    assert read_topology(tmp_path, granting(tmp_path, text)).quota is None


@pytest.mark.usefixtures("usable")
def test_where_the_system_tells_nothing_every_cpu_is_a_core(tmp_path: Path) -> None:
    assert read_topology(tmp_path, tmp_path / "none").cores == ((0,), (1,), (2,), (3,))


def test_only_cpus_this_process_may_use_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topology, "usable_cpus", lambda: [2])
    found = read_topology(sysfs(tmp_path, {2: "0,2"}), tmp_path / "none")
    assert found.cores == ((2,),)
    assert not found.has_smt


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system sets no affinity")
def test_a_cpu_that_is_not_there_cannot_be_pinned_to() -> None:
    assert not pin_to(100_000)


def test_one_of_each_core_comes_first() -> None:
    assert Topology(((0, 4), (1, 5), (2,)), (), None).cpus == [0, 1, 2, 4, 5]
