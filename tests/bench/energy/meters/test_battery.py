from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.bench.energy.meter import MeterError, MeterFound, MeterMissing
from hashwatt.bench.energy.meters import battery

from .trees import machine, write


def supply(root: Path, name: str = "BAT0", **files: str | int) -> Path:
    folder = machine(root) / "sys/class/power_supply" / name
    for file, text in {"type": "Battery", "status": "Discharging", **files}.items():
        write(folder / file, text)
    return folder


def test_a_battery_that_is_discharged_tells_the_machine_s_watts(tmp_path: Path) -> None:
    supply(tmp_path, power_now=12_500_000)
    (entry,) = battery.find(tmp_path)
    assert isinstance(entry, MeterFound)
    assert entry.open().read().power_w == pytest.approx(12.5)
    assert entry.info.scope == "system"


def test_current_and_voltage_do_where_power_is_not_told(tmp_path: Path) -> None:
    supply(tmp_path, current_now="-1000000", voltage_now=11_000_000)
    (entry,) = battery.find(tmp_path)
    assert isinstance(entry, MeterFound)
    assert entry.open().read().power_w == pytest.approx(11.0)


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging", "Unknown"])
def test_a_battery_that_is_not_used_is_no_meter(tmp_path: Path, status: str) -> None:
    supply(tmp_path, status=status, power_now=5_000_000)
    (entry,) = battery.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert status.lower() in entry.reason
    assert "unplug" in entry.mend


def test_a_mouse_s_battery_is_not_the_machine_s(tmp_path: Path) -> None:
    supply(tmp_path, "hidpp_battery_0", scope="Device", power_now=1)
    (entry,) = battery.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "no battery" in entry.reason


def test_plugging_in_during_a_run_ends_the_readings(tmp_path: Path) -> None:
    folder = supply(tmp_path, power_now=12_500_000)
    (entry,) = battery.find(tmp_path)
    assert isinstance(entry, MeterFound)
    meter = entry.open()
    write(folder / "status", "Charging")
    with pytest.raises(MeterError, match="no longer runs on it"):
        meter.read()
