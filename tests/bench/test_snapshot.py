"""Another machine's files in place of this one's, and a tree of them for bug reports."""

from __future__ import annotations

import io
import os
import platform
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hashwatt.bench import snapshot
from hashwatt.bench.energy.meter import MeterEntry, MeterError, MeterFound
from hashwatt.bench.energy.meters import registry
from hashwatt.bench.energy.meters.estimated import from_text
from hashwatt.bench.machine.describe import describe_machine
from hashwatt.bench.verification.checks import check_result
from hashwatt.kernels.cpu.cores.topology import read_topology
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.system.free_memory import free_bytes
from hashwatt.kernels.system.quota import cpu_quota
from hashwatt.kernels.system.system_files import ROOT_VARIABLE, check_root, read_text

from .energy.meters.trees import write
from .fakes import measured, this_machine

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no file can be called intel-rapl:0 here")

MAC = "a4:5e:60:12:34:56"
UUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
CONTAINER = "0123456789abcdef" * 4
CPUINFO = """processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Some Xeon
flags\t\t: fpu sse2

processor\t: 1
Serial\t\t: 00000000deadbeef
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server with sensors, a quota, and much that nobody else needs to know; set as the root."""
    # Kept for other tests, which are to see this machine.
    this_machine()
    root = tmp_path / "server"
    group = f"system.slice/docker-{CONTAINER}.scope"
    files: dict[str, str | int] = {
        "proc/cpuinfo": CPUINFO,
        "proc/meminfo": "MemTotal:       16316412 kB\nMemFree: 1 kB",
        "proc/version": "Linux version 6.1.0 (alice@secret-host) (gcc 12) #1 SMP",
        "proc/self/cgroup": f"0::/{group}",
        "proc/1/cgroup": f"0::/{group}",
        "proc/sys/kernel/random/boot_id": UUID,
        "sys/class/dmi/id/sys_vendor": "LENOVO",
        "sys/class/dmi/id/product_serial": "SERIAL-1234",
        f"sys/fs/cgroup/{group}/cpu.max": "12000 100000",
        f"sys/fs/cgroup/{group}/cpu.stat": "nr_periods 10\nnr_throttled 3",
        "sys/class/powercap/intel-rapl:0/name": "package-0",
        "sys/class/powercap/intel-rapl:0/energy_uj": 5_000_000,
        "sys/class/powercap/intel-rapl:0/max_energy_range_uj": 262_143_328_850,
        "sys/devices/pci0000:00/0000:03:00.0/hwmon/hwmon4/name": "amdgpu",
        "sys/devices/pci0000:00/0000:03:00.0/hwmon/hwmon4/power1_average": 61_500_000,
        "sys/devices/pci0000:00/0000:03:00.0/hwmon/hwmon4/power1_label": "PPT",
        "sys/devices/pci0000:00/0000:03:00.0/unique_id": "dead-beef",
        "sys/class/hwmon/hwmon1/name": "coretemp",
        "sys/class/hwmon/hwmon1/temp1_input": 61_000,
        f"sys/class/power_supply/hid-{MAC}-battery/type": "Battery",
        f"sys/class/power_supply/hid-{MAC}-battery/scope": "Device",
        f"sys/class/power_supply/hid-{MAC}-battery/serial_number": MAC,
        "sys/devices/system/cpu/cpu0/topology/physical_package_id": 0,
        "sys/devices/system/cpu/cpu0/cache/index0/level": 1,
        "sys/devices/system/cpu/cpu0/cache/index0/type": "Data",
        "sys/devices/system/cpu/cpu0/cache/index0/size": "48K",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": 4_400_000,
    }
    for path, text in files.items():
        write(root / path, text)
    chip = root / "sys/class/hwmon/hwmon4"
    chip.symlink_to("../../devices/pci0000:00/0000:03:00.0/hwmon/hwmon4")
    (root / "sys/devices/pci0000:00/0000:03:00.0/hwmon/hwmon4/device").symlink_to("../../../0000:03:00.0")
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    return root


def unpacked(folder: Path) -> Path:
    """The snapshot of the machine at the root, as its receiver unpacks it."""
    with tarfile.open(fileobj=io.BytesIO(snapshot.as_tar(*snapshot.snapshot()))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def told(entries: list[MeterEntry]) -> list[tuple[str, object]]:
    """What can be compared of meters: their ids, and what they tell or why they do not."""
    return [
        (entry.info.id, (entry.info.name, entry.open().read()))
        if isinstance(entry, MeterFound)
        else (entry.id, entry.remedy)
        for entry in entries
    ]


@pytest.mark.usefixtures("tree")
def test_all_that_is_told_of_the_machine_comes_from_the_root() -> None:
    machine = describe_machine()
    assert (machine.cpu_model, machine.logical_cpus, machine.memory_bytes) == ("Some Xeon", 2, 16316412 << 10)
    assert (machine.hypervisor, machine.container, machine.governor) == (None, "Docker", "powersave")
    assert (machine.microarchitecture, machine.cpu_features, machine.physical_cores) == (None, (), None)
    assert machine.usable_cpus == pytest.approx(0.12)
    assert (machine.on_battery, machine.load_before) == (None, None)
    assert [cache.size_bytes for cache in machine.caches] == [48 << 10]
    assert read_topology().quota == pytest.approx(0.12)
    assert read_topology().default_threads == 1
    ids = [entry.info.id for entry in registry.find() if isinstance(entry, MeterFound)]
    assert ids == ["rapl:package", "hwmon:amdgpu@0000:03:00.0:power1"]


def test_what_is_missing_below_the_root_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    machine = describe_machine()
    assert (machine.cpu_model, machine.logical_cpus, machine.memory_bytes, machine.caches) == (None, None, None, ())
    assert (machine.governor, machine.on_battery, machine.load_before) == (None, None, None)
    assert not [entry for entry in registry.find() if isinstance(entry, MeterFound)]


@pytest.mark.usefixtures("tree")
def test_nothing_is_estimated_from_this_machine_s_load_for_another() -> None:
    with pytest.raises(MeterError, match="HASHWATT_ROOT"):
        from_text("65").open().read()


@pytest.mark.usefixtures("tree")
def test_only_files_of_the_system_are_looked_for_below_the_root(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", "here")
    assert read_text(tmp_path / "elsewhere") == "here"
    assert "alice" in read_text("/proc/version")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes among its files")
def test_a_pipe_in_a_tree_keeps_nobody_waiting(tree: Path) -> None:
    (tree / "proc/meminfo").unlink()
    os.mkfifo(tree / "proc/meminfo")
    assert describe_machine().memory_bytes is None


def test_a_root_that_is_no_folder_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="names no folder"):
        check_root()


@pytest.mark.usefixtures("tree")
def test_a_run_that_shows_another_machine_is_stamped_and_does_not_verify() -> None:
    result = measured("steady", seconds=2.0)
    assert {"foreign_root", "quota"} <= {warning.code for warning in result.warnings}
    verdict, _ = check_result(result)
    assert not verdict.ok
    assert [check.code for check in verdict.checks if not check.ok] == ["machine"]


def test_a_run_on_this_machine_is_not_stamped() -> None:
    result = measured("steady", seconds=2.0)
    assert "foreign_root" not in {warning.code for warning in result.warnings}
    assert check_result(result)[0].ok


def test_a_snapshot_tells_what_the_machine_tells(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, entries, quota, topology = describe_machine(), told(registry.find()), cpu_quota(), read_topology()
    copy = unpacked(tmp_path / "copy")
    monkeypatch.setenv(ROOT_VARIABLE, str(copy))
    # The id comes from the boot's, which stays at home.
    described = describe_machine()
    assert described.id != machine.id
    assert {name: getattr(described, name) for name in described.__struct_fields__ if name != "id"} == {
        name: getattr(machine, name) for name in machine.__struct_fields__ if name != "id"
    }
    assert told(registry.find()) == entries
    assert (cpu_quota(), read_topology()) == (quota, topology)


@pytest.mark.usefixtures("tree")
def test_a_snapshot_holds_nothing_personal_and_nothing_that_is_not_read(tmp_path: Path) -> None:
    copy = unpacked(tmp_path / "copy")
    files = [path for path in copy.rglob("*") if path.is_file()]
    everything = "\n".join(f"{path.relative_to(copy)}\n{path.read_text()}" for path in files)
    for secret in (MAC, UUID, CONTAINER, "alice", "secret-host", "deadbeef", "dead-beef", "SERIAL-1234"):
        assert secret not in everything, secret
    assert not [path for path in files if path.name in ("product_serial", "serial_number", "unique_id", "boot_id")]
    assert "Some Xeon" in everything


@pytest.mark.parametrize(
    ("group", "files", "ask", "told"),
    [
        (
            "4:cpu,cpuacct:/sys/cpu/alice",
            {"cpu/sys/cpu/alice/cpu.cfs_quota_us": 50_000, "cpu/sys/cpu/alice/cpu.cfs_period_us": 100_000},
            cpu_quota,
            0.5,
        ),
        (
            "4:memory:/memory/alice",
            {
                "memory/memory/alice/memory.limit_in_bytes": 50_000,
                "memory/memory/alice/memory.usage_in_bytes": 20_000,
            },
            free_bytes,
            30_000,
        ),
    ],
    ids=["quota", "memory"],
)
def test_groups_called_like_mounts_keep_what_limits_them_and_lose_their_names(
    group: str,
    files: dict[str, int],
    ask: Callable[[], float | None],
    told: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = tmp_path / "server"
    write(root / "proc/self/cgroup", group)
    for name, value in files.items():
        write(root / "sys/fs/cgroup" / name, value)
    this_machine()
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    assert ask() == told
    copy = unpacked(tmp_path / "copy")
    assert not list(copy.rglob("*alice*"))
    monkeypatch.setenv(ROOT_VARIABLE, str(copy))
    assert ask() == told


def test_a_counter_that_may_not_be_read_stays_unreadable() -> None:
    closed = snapshot.TreeFile("sys/class/powercap/intel-rapl:0/energy_uj", None)
    with tarfile.open(fileobj=io.BytesIO(snapshot.as_tar([closed], {}))) as archive:
        (entry,) = archive.getmembers()
    assert (entry.name, entry.mode, entry.size) == (closed.path, 0, 0)


@pytest.mark.skipif(platform.system() != "Linux", reason="reads /proc")
def test_this_machine_s_own_snapshot_describes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, topology = describe_machine(), read_topology()
    copy = unpacked(tmp_path / "copy")
    monkeypatch.setenv(ROOT_VARIABLE, str(copy))
    described = describe_machine()
    assert (described.hypervisor, described.caches) == (machine.hypervisor, machine.caches)
    assert (described.logical_cpus, described.memory_bytes) == (machine.logical_cpus, machine.memory_bytes)
    assert read_topology() == topology


def test_a_system_without_such_files_has_no_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(InputError, match="only Linux has"):
        snapshot.snapshot()
