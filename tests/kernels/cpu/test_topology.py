"""Cores, SMT, hybrid processors and container quotas, as the system's files tell them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hashwatt.kernels.cpu.cores import affinity, topology
from hashwatt.kernels.cpu.cores.affinity import pin_to
from hashwatt.kernels.cpu.cores.topology import Topology, kinds_of, linux_topology, read_topology, windows_topology
from hashwatt.kernels.system.windows.processors import parse

from ..system.windows.buffers import core, groups


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
@pytest.mark.parametrize(
    "text", [",".join(["0-999999"] * 400), "0-4096", "3-1", "-2", "1-", "0-٣", "0-2-4", "99999999999999999999999", "x"]
)
def test_a_list_of_cpus_that_cannot_be_leaves_each_cpu_a_core(tmp_path: Path, text: str) -> None:
    found = read_topology(sysfs(tmp_path, dict.fromkeys(range(4), text)), tmp_path / "none")
    assert found.cores == ((0,), (1,), (2,), (3,))


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


@pytest.mark.elsewhere
def test_big_little_is_told_by_the_capacities(tmp_path: Path) -> None:
    for cpu, capacity in enumerate((250, 250, 1024, 1024)):
        folder = tmp_path / f"system/cpu/cpu{cpu}"
        folder.mkdir(parents=True)
        (folder / "cpu_capacity").write_text(f"{capacity}\n")
    found = linux_topology([0, 1, 2, 3], tmp_path, None)
    assert [(kind.name, kind.cpus) for kind in found.kinds] == [
        ("performance", frozenset({2, 3})),
        ("efficient", frozenset({0, 1})),
    ]
    assert found.cpus == [2, 3, 0, 1], "the fast ones first"
    assert linux_topology([2, 3], tmp_path, None).kinds == ()


@pytest.mark.elsewhere
def test_three_kinds_have_names_and_cores_that_differ_little_are_one() -> None:
    phone = dict(enumerate((160.0, 160.0, 160.0, 160.0, 498.0, 498.0, 498.0, 1024.0)))
    assert [kind.name for kind in kinds_of(phone)] == ["prime", "performance", "efficient"]
    assert kinds_of({0: 1024.0, 1: 1010.0, 2: 980.0}) == ()
    assert kinds_of({cpu: 2.0**cpu for cpu in range(20)}) == (), "no processor has twenty kinds"


@pytest.mark.elsewhere
def test_eight_cores_with_smt_are_eight_cores_on_windows() -> None:
    told = parse(b"".join([*(core((2 * each, 2 * each + 1)) for each in range(8)), groups(16)]))
    found = windows_topology(told, told.usable((0,), 0xFFFF))
    assert found.default_threads == 8
    assert found.cpus == [*range(0, 16, 2), *range(1, 16, 2)]
    restricted = windows_topology(told, told.usable((0,), 0b1101))
    assert restricted.cores == ((0,), (2, 3))


@pytest.mark.elsewhere
def test_windows_efficiency_classes_are_kinds_and_a_second_group_counts() -> None:
    hybrid = parse(b"".join([core((0, 1), 1), core((2, 3), 1), core((4,)), core((5,)), groups(6)]))
    found = windows_topology(hybrid, range(6))
    assert [(kind.name, kind.cpus) for kind in found.kinds] == [
        ("performance", frozenset({0, 1, 2, 3})),
        ("efficient", frozenset({4, 5})),
    ]
    large = parse(b"".join([*(core((cpu,)) for cpu in range(128)), groups(64, 64)]))
    assert windows_topology(large, large.usable((0,), (1 << 64) - 1)).default_threads == 128


@pytest.mark.elsewhere
@pytest.mark.parametrize(
    ("told", "cores", "cpus", "kinds"),
    [
        (
            {
                "hw.nperflevels": "2", "hw.perflevel0.physicalcpu": "4", "hw.perflevel0.logicalcpu": "4",
                "hw.perflevel1.physicalcpu": "6", "hw.perflevel1.logicalcpu": "6",
            },
            10, 10, {"performance": 4, "efficient": 6},
        ),
        ({"hw.physicalcpu": "8", "hw.logicalcpu": "16"}, 8, 16, {}),
        ({"hw.logicalcpu": "x", "hw.nperflevels": "99999999"}, 3, 3, {}),
    ],
    ids=["Apple silicon", "Intel", "nothing usable told"],
)  # fmt: skip
def test_macos_tells_cores_by_performance_level(
    told: dict[str, str], cores: int, cpus: int, kinds: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr(topology, "run_sysctl", told.get)
    monkeypatch.setattr(topology, "usable_cpus", lambda: [0, 1, 2])
    found = read_topology()
    assert (len(found.cores), len(found.cpus)) == (cores, cpus)
    assert {kind.name: len(kind.cpus) for kind in found.kinds} == kinds


@pytest.mark.elsewhere
def test_a_system_that_denies_affinity_shows_all_its_cpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_getaffinity", denied, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", denied, raising=False)
    assert read_topology(tmp_path, tmp_path).cpus == list(range(os.cpu_count() or 1))
    assert not affinity.pin_to(0)


@pytest.mark.elsewhere
def test_where_windows_tells_nothing_every_cpu_is_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    assert len(read_topology().cores) == (os.cpu_count() or 1)
    assert not affinity.pin_to(0)
