from __future__ import annotations

import archspec.cpu
import msgspec
import psutil
import pytest
from msgspec.structs import replace as changed

from hashwatt.bench.machine import describe as machine
from hashwatt.bench.machine import virtualisation
from hashwatt.bench.machine.describe import describe_machine, hashwatt_version, library_versions
from hashwatt.bench.machine.power_supply import on_battery
from hashwatt.bench.result.machine import Machine
from hashwatt.bench.warnings.judge import judge_machine
from hashwatt.kernels.bounded import MAX_TEXT
from hashwatt.kernels.cpu.cores import caches
from hashwatt.kernels.cpu.cores.features import host_features
from hashwatt.kernels.system.windows.processors import parse

from ...kernels.system.windows.buffers import cache, core


def files(monkeypatch: pytest.MonkeyPatch, module: object, content: dict[str, str]) -> None:
    """Let `module` see only these small files."""
    monkeypatch.setattr(module, "read_line", content.get)


def test_a_description_of_this_machine_can_be_stored() -> None:
    described = describe_machine()
    assert msgspec.json.decode(msgspec.json.encode(described), type=Machine) == described
    assert described.logical_cpus
    assert described.microarchitecture
    assert described.python


def test_the_features_are_those_that_kernels_may_use_whatever_the_core_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "host_core", lambda: archspec.cpu.TARGETS["zen"])
    assert set(describe_machine().cpu_features) == host_features()


def test_library_versions_leave_out_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LIBRARIES", ("numpy", "no-such-library"))
    assert list(library_versions()) == ["numpy"]
    assert hashwatt_version()


def test_a_container_quota_limits_the_usable_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cpu_quota", lambda: 0.5)
    assert machine._usable_cpus() == 0.5
    monkeypatch.setattr(machine, "cpu_quota", lambda: None)
    assert (machine._usable_cpus() or 0) >= 1


def test_the_governor_is_named_with_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = "/sys/devices/system/cpu/cpu0/cpufreq"
    files(monkeypatch, machine, {f"{folder}/scaling_governor": "powersave", f"{folder}/scaling_driver": "intel_pstate"})
    assert machine._governor() == "powersave (intel_pstate)"
    files(monkeypatch, machine, {})
    assert machine._governor() is None


@pytest.mark.parametrize(("plugged", "driven"), [(True, False), (False, True), (None, None)])
def test_where_no_files_tell_psutil_says_whether_a_battery_drives_the_machine(
    plugged: bool | None, driven: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Battery:
        power_plugged = plugged

    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr(psutil, "sensors_battery", Battery, raising=False)
    assert on_battery() is driven
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)
    assert on_battery() is None


def test_caches_are_read_with_their_units(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = "/sys/devices/system/cpu/cpu0/cache"
    content = {
        f"{folder}/index0/level": "1", f"{folder}/index0/type": "Data", f"{folder}/index0/size": "48K",
        f"{folder}/index1/level": "3", f"{folder}/index1/type": "Unified", f"{folder}/index1/size": "36M",
        f"{folder}/index2/level": "x", f"{folder}/index2/type": "Unified", f"{folder}/index2/size": "36M",
        f"{folder}/index3/level": "2", f"{folder}/index3/type": "Unified", f"{folder}/index3/size": "",
    }  # fmt: skip
    monkeypatch.setattr("platform.system", lambda: "Linux")
    files(monkeypatch, caches, content)
    assert [(cache.level, cache.kind, cache.size_bytes) for cache in caches.cpu_caches()] == [
        (1, "data", 48 << 10),
        (3, "unified", 36 << 20),
    ]


def test_macos_caches_prefer_the_fast_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"hw.perflevel0.l1dcachesize": "131072", "hw.l1dcachesize": "65536", "hw.l2cachesize": "4194304"}
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr(caches, "run_sysctl", values.get)
    assert [(cache.level, cache.size_bytes) for cache in caches.cpu_caches()] == [(1, 131072), (2, 4194304)]


def test_whatever_a_system_answers_with_costs_its_own_field_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(*_: object, **__: object) -> None:
        raise ValueError("invalid literal for int() with base 10: '²'")

    for name in ("_cpu_model", "_usable_cpus", "_governor", "_load", "cpu_caches", "container_name"):
        monkeypatch.setattr(machine, name, raises)
    monkeypatch.setattr(psutil, "cpu_count", raises)
    monkeypatch.setattr("archspec.cpu.host", raises)
    described = describe_machine()
    assert described.python
    assert (described.cpu_model, described.logical_cpus, described.caches) == (None, None, ())
    assert msgspec.json.decode(msgspec.json.encode(described), type=Machine) == described


def test_a_cache_or_a_governor_with_a_wild_name_is_tamed(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = "/sys/devices/system/cpu/cpu0/cache/index0"
    files(monkeypatch, caches, {f"{folder}/level": "1", f"{folder}/type": "Da\x1bta" * 200, f"{folder}/size": "48K"})
    monkeypatch.setattr("platform.system", lambda: "Linux")
    (cache,) = machine._caches()
    assert len(cache.kind) == 200
    assert "\x1b" not in cache.kind
    files(monkeypatch, caches, {f"{folder}/level": "1", f"{folder}/type": "Data", f"{folder}/size": "²K"})
    assert caches.cpu_caches() == ()
    files(monkeypatch, machine, {"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave" + "x" * 4000})
    (warning,) = judge_machine(changed(describe_machine(), hypervisor=None, container=None, on_battery=None))
    assert len(warning.text) <= MAX_TEXT


def test_more_load_before_than_there_are_cpus_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [0.5, 2.1e8]
    monkeypatch.setattr(machine, "busy_seconds", lambda _: told.pop(0))
    assert machine._load() is None


def test_a_damaged_installation_has_an_unknown_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "version", lambda _: None)
    assert set(library_versions().values()) == {"unknown"}
    assert hashwatt_version() == "unknown"


WINDOWS_11 = {"EditionID": "Professional", "DisplayVersion": "24H2"}


@pytest.mark.elsewhere
@pytest.mark.parametrize(
    ("release", "build", "told", "name"),
    [
        ("10", "10.0.26100", WINDOWS_11, "Windows 11 Pro 24H2 (build 26100)"),
        ("11", "10.0.22631", {}, "Windows 11 (build 22631)"),
        ("10", "10.0.19045", {"EditionID": "Core"}, "Windows 10 Home (build 19045)"),
        (
            "2022Server",
            "10.0.20348",
            {"EditionID": "ServerStandard"},
            "Windows 2022Server ServerStandard (build 20348)",
        ),
        ("10", "odd", {}, "Windows 10 (build odd)"),
    ],
)
def test_windows_is_called_as_its_users_call_it(
    release: str, build: str, told: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr("platform.release", lambda: release)
    monkeypatch.setattr("platform.version", lambda: build)
    monkeypatch.setattr(machine, "registry_text", lambda key, value: told.get(value))
    assert machine._os_name() == name
    assert machine._kernel_name() == f"Windows {build}"


@pytest.mark.elsewhere
def test_windows_caches_are_those_of_a_fast_core(monkeypatch: pytest.MonkeyPatch) -> None:
    told = parse(core((0,), 0) + core((1,), 1) + cache(2, 1 << 20, (0,), kind=0) + cache(2, 2 << 20, (1,), kind=0))
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr(caches, "read_processors", lambda: told)
    assert [(each.level, each.size_bytes) for each in caches.cpu_caches()] == [(2, 2 << 20)]
    monkeypatch.undo()
    monkeypatch.setattr("platform.system", lambda: "Windows")
    if not hasattr(__import__("sys"), "winver"):
        assert caches.cpu_caches() == ()


@pytest.mark.elsewhere
@pytest.mark.parametrize(
    ("maker", "model", "name"),
    [
        ("Microsoft Corporation", "Virtual Machine", "Hyper-V"),
        ("VMware, Inc.", "VMware20,1", "VMware"),
        ("LENOVO", "21CB", None),
        ("Microsoft Corporation", "Surface Laptop 5", None),
        ("Amazon EC2", "m7i.metal-24xl", None),
        (None, None, None),
    ],
)
def test_a_virtual_machine_with_windows_is_recognised_by_its_maker(
    maker: str | None, model: str | None, name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"SystemManufacturer": maker, "SystemProductName": model}
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr(virtualisation, "registry_text", lambda key, value: told.get(value))
    assert virtualisation.hypervisor_name() == name
