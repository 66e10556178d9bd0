from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from pathlib import Path

import pytest

from hashwatt.bench.energy.meter import MeterEntry, MeterFound, MeterMissing
from hashwatt.bench.energy.meters import amdsmi, apple, registry
from hashwatt.kernels.errors import InputError

from .trees import rapl_zone


@pytest.fixture
def entries(tmp_path: Path) -> list[MeterEntry]:
    rapl_zone(tmp_path, "intel-rapl:0", "package-0")
    rapl_zone(tmp_path, "intel-rapl:0:0", "core")
    return registry.find(tmp_path)


def ids(entries: list[MeterEntry]) -> list[str]:
    return [entry.info.id for entry in entries if isinstance(entry, MeterFound)]


def test_every_kind_is_listed_with_its_reason_and_mend(tmp_path: Path) -> None:
    missing = [entry for entry in registry.find(tmp_path) if isinstance(entry, MeterMissing)]
    assert {"rapl", "hwmon", "battery"} <= {entry.id for entry in missing}
    assert all(entry.reason and entry.remedy for entry in missing)


def test_by_default_parts_of_other_figures_are_not_read(entries: list[MeterEntry]) -> None:
    assert ids(registry.choose(None, entries)) == ["rapl:package"]


def test_what_is_asked_for_is_read_once(entries: list[MeterEntry]) -> None:
    assert ids(registry.choose(["rapl:core", "rapl:package", "rapl:core"], entries)) == ["rapl:core", "rapl:package"]


def test_none_means_none(entries: list[MeterEntry]) -> None:
    assert registry.choose(["none"], entries) == []
    with pytest.raises(InputError, match="one or the other"):
        registry.choose(["none", "rapl:package"], entries)


def test_an_unknown_meter_is_answered_with_the_known_ones(entries: list[MeterEntry]) -> None:
    with pytest.raises(InputError, match=r"this machine has .*rapl:package.*hashwatt meters"):
        registry.choose(["geiger"], entries)


def test_a_missing_meter_that_is_asked_for_is_bad_input_with_its_mend(entries: list[MeterEntry]) -> None:
    with pytest.raises(InputError, match=r"cannot be read: .*; what helps: "):
        registry.choose(["battery:BAT0"], [MeterMissing("battery", "there is none", "use another")])


def test_addresses_need_no_list() -> None:
    assert ids(registry.choose(["shelly://10.0.0.2", "tasmota://plug:81/1"], [])) == [
        "shelly://10.0.0.2",
        "tasmota://plug:81/1",
    ]


def test_apple_silicon_without_the_library_is_told_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, apple.LIBRARY, None)
    (entry,) = apple.find("darwin", "arm64")
    assert isinstance(entry, MeterMissing)
    assert "zeus-apple-silicon" in entry.remedy or "or older" in entry.remedy
    (entry,) = apple.find("darwin", "x86_64")
    assert isinstance(entry, MeterMissing)


def test_apple_silicon_counts_millijoules(monkeypatch: pytest.MonkeyPatch) -> None:
    class Monitor:
        def get_cumulative_energy(self) -> types.SimpleNamespace:
            return types.SimpleNamespace(cpu_total_mj=12_500, gpu_mj=None)

    monkeypatch.setitem(sys.modules, apple.LIBRARY, types.SimpleNamespace(AppleEnergyMonitor=Monitor))
    (entry,) = apple.find("darwin", "arm64")
    assert isinstance(entry, MeterFound)
    assert entry.info.id == "apple:cpu"
    assert entry.open().read().counters_j == (12.5,)


def fake_amdsmi(told: Mapping[str, object]) -> types.SimpleNamespace:
    return types.SimpleNamespace(
        AmdSmiException=RuntimeError,
        amdsmi_init=lambda: None,
        amdsmi_get_processor_handles=lambda: ["card"],
        amdsmi_get_gpu_device_bdf=lambda handle: "0000:03:00.0",
        amdsmi_get_energy_count=lambda handle: told,
    )


@pytest.mark.parametrize("field", ["energy_accumulator", "power"])
def test_amd_s_library_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    told = {field: 2_000_000, "counter_resolution": 15.3}
    monkeypatch.setitem(sys.modules, "amdsmi", fake_amdsmi(told))
    (entry,) = amdsmi.find()
    assert isinstance(entry, MeterFound)
    assert entry.open().read().counters_j == pytest.approx((30.6,))


def test_amd_s_library_may_tell_nothing_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "amdsmi", fake_amdsmi({"power": "N/A", "counter_resolution": 15.3}))
    (entry,) = amdsmi.find()
    assert isinstance(entry, MeterMissing)


def test_without_amd_s_library_hwmon_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "amdsmi", None)
    assert amdsmi.find() == []


def test_a_mistake_in_looking_for_one_kind_of_meter_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rapl_zone(tmp_path, "intel-rapl:0", "package-0")

    def mistaken(_root: Path) -> list[MeterEntry]:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    monkeypatch.setattr("hashwatt.bench.energy.meters.hwmon.find", mistaken)
    found = registry.find(tmp_path)
    assert any(isinstance(entry, MeterFound) for entry in found)
    (missing,) = [entry for entry in found if isinstance(entry, MeterMissing) and entry.id == "hwmon"]
    assert "UnicodeDecodeError" in missing.reason


def test_a_kind_that_the_memory_is_too_short_for_is_missing_for_that_and_nothing_to_report() -> None:
    def starved() -> list[MeterEntry]:
        raise MemoryError

    (missing,) = registry.asked("nvml", starved)
    assert isinstance(missing, MeterMissing)
    assert (missing.reason, missing.remedy) == ("the system gave no more memory", "close other programs")
