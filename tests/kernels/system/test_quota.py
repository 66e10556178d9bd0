"""What control groups grant: version 1 and 2, nested, in containers; and how often they throttled."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.kernels.system.control_groups import CPU_GROUPS, group_folders
from hashwatt.kernels.system.quota import ThrottleCounter, Throttling, cpu_quota, cpu_throttling

SERVICE = "system.slice/hashwatt.service"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")


def version_1(root: Path, quota_us: int, group: str = "docker/abc", mount: str = "cpu,cpuacct") -> Path:
    write(root / "proc/self/cgroup", f"5:memory:/{group}\n4:cpu,cpuacct:/{group}\n0::/")
    folder = root / "sys/fs/cgroup" / mount / group
    write(folder / "cpu.cfs_quota_us", str(quota_us))
    write(folder / "cpu.cfs_period_us", "100000")
    return folder


@pytest.mark.parametrize("mount", ["cpu,cpuacct", "cpu", "cpuacct,cpu"])
def test_version_1_grants_by_two_files(tmp_path: Path, mount: str) -> None:
    version_1(tmp_path, 12_000, mount=mount)
    assert cpu_quota(tmp_path) == pytest.approx(0.12)


def test_version_1_without_a_limit_says_minus_1(tmp_path: Path) -> None:
    version_1(tmp_path, -1)
    assert cpu_quota(tmp_path) is None


def test_in_a_container_the_mount_s_top_is_the_group_itself(tmp_path: Path) -> None:
    version_1(tmp_path, 50_000, group="")
    write(tmp_path / "proc/self/cgroup", "4:cpu,cpuacct:/docker/0123")
    assert cpu_quota(tmp_path) == 0.5


def test_the_least_of_nested_groups_counts(tmp_path: Path) -> None:
    write(tmp_path / "proc/self/cgroup", f"0::/{SERVICE}/worker")
    groups = tmp_path / "sys/fs/cgroup"
    write(groups / SERVICE / "worker/cpu.max", "max 100000")
    write(groups / SERVICE / "cpu.max", "150000 100000")
    write(groups / "system.slice/cpu.max", "400000 100000")
    assert cpu_quota(tmp_path) == 1.5


@pytest.mark.parametrize("path", ["a\0b", "a/" * 30_000])
def test_a_group_that_no_system_has_is_none(tmp_path: Path, path: str) -> None:
    """Its folders would be a thousand million letters."""
    write(tmp_path / "proc/self/cgroup", f"2:cpu:/ours\n1:cpu:/{path}\n0::/{path}")
    write(tmp_path / "sys/fs/cgroup/cpu/ours/cpu.max", "150000 100000")
    assert len(group_folders(CPU_GROUPS, tmp_path)) < 10
    assert cpu_quota(tmp_path) == 1.5


def test_another_group_s_quota_is_not_ours(tmp_path: Path) -> None:
    write(tmp_path / "proc/self/cgroup", "0::/user.slice")
    write(tmp_path / "sys/fs/cgroup" / SERVICE / "cpu.max", "10000 100000")
    assert cpu_quota(tmp_path) is None


@pytest.mark.parametrize("text", ["max 100000", "", "1 0", "0 100000", "x y", "1e5 100000", "100000", "-1 100000"])
def test_what_is_no_quota_is_none(tmp_path: Path, text: str) -> None:
    write(tmp_path / "sys/fs/cgroup/cpu.max", text)
    assert cpu_quota(tmp_path) is None


@pytest.mark.parametrize("text", ["0::/../../etc", "nonsense", "0::", "\x00", "4:cpu:relative"])
def test_a_path_that_leads_elsewhere_is_not_followed(tmp_path: Path, text: str) -> None:
    write(tmp_path / "proc/self/cgroup", text)
    write(tmp_path / "etc/cpu.max", "10000 100000")
    assert cpu_quota(tmp_path) is None


def test_throttled_periods_are_those_of_the_group_that_grants_least(tmp_path: Path) -> None:
    folder = version_1(tmp_path, 12_000)
    assert cpu_throttling(tmp_path) is None
    write(folder / "cpu.stat", "nr_periods 100\nnr_throttled 7\nthrottled_time 12345")
    before = cpu_throttling(tmp_path)
    write(folder / "cpu.stat", "nr_periods 160\nnr_throttled 60\nthrottled_time 99999")
    now = cpu_throttling(tmp_path)
    assert before is not None
    assert now is not None
    assert now.since(before) == Throttling(periods=60, throttled=53)
    assert before.since(now) == Throttling(periods=0, throttled=0)


def test_without_a_quota_nothing_is_throttled(tmp_path: Path) -> None:
    folder = version_1(tmp_path, -1)
    write(folder / "cpu.stat", "nr_periods 100\nnr_throttled 7")
    assert cpu_throttling(tmp_path) is None


def test_what_was_held_back_adds_up_over_nested_groups_of_version_2(tmp_path: Path) -> None:
    write(tmp_path / "proc/self/cgroup", f"0::/{SERVICE}/worker")
    groups = tmp_path / "sys/fs/cgroup"
    for folder, granted, throttled_us in (
        (SERVICE + "/worker", "max 100000", 9_000_000),
        (SERVICE, "150000 100000", 2_500_000),
        ("system.slice", "400000 100000", 500_000),
    ):
        write(groups / folder / "cpu.max", granted)
        write(groups / folder / "cpu.stat", f"nr_periods 9\nnr_throttled 3\nthrottled_usec {throttled_us}")
    counter = ThrottleCounter(tmp_path)
    assert counter.read() == pytest.approx(3.0), "of the groups with a quota"
    write(groups / SERVICE / "cpu.stat", "throttled_usec 3500000")
    assert counter.read() == pytest.approx(4.0)


def test_version_1_counts_what_was_held_back_in_nanoseconds(tmp_path: Path) -> None:
    folder = version_1(tmp_path, 12_000)
    write(folder / "cpu.stat", "nr_periods 10\nnr_throttled 9\nthrottled_time 1250000000")
    assert ThrottleCounter(tmp_path).read() == pytest.approx(1.25)


@pytest.mark.parametrize("text", ["", "nr_periods 3", "throttled_usec -1", "throttled_usec x", "throttled_usec 1e9"])
def test_what_was_held_back_is_unknown_where_nothing_sensible_counts_it(tmp_path: Path, text: str) -> None:
    folder = version_1(tmp_path, 12_000)
    write(folder / "cpu.stat", text)
    assert ThrottleCounter(tmp_path).read() is None


@pytest.mark.parametrize("odd", [" \n", "nr_bursts \n", "a line of words\n", "nr_bursts 9 9\n"])
def test_lines_that_are_no_name_and_count_are_passed_over(tmp_path: Path, odd: str) -> None:
    folder = version_1(tmp_path, 12_000)
    write(folder / "cpu.stat", f"nr_periods 10\n{odd}nr_throttled 9\nthrottled_time 1250000000")
    assert ThrottleCounter(tmp_path).read() == pytest.approx(1.25)
    assert cpu_throttling(tmp_path) == Throttling(periods=10, throttled=9)


def test_without_a_quota_nothing_is_held_back(tmp_path: Path) -> None:
    folder = version_1(tmp_path, -1)
    write(folder / "cpu.stat", "throttled_time 1250000000")
    assert ThrottleCounter(tmp_path).read() is None
    assert ThrottleCounter(tmp_path / "nowhere").read() is None
