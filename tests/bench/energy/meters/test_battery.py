from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.bench.energy.meter import MeterError, MeterFound, MeterMissing
from hashwatt.bench.energy.meters import battery
from hashwatt.bench.machine.power_supply import on_battery

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
    assert "unplug" in entry.remedy


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


@pytest.mark.parametrize("kind", ["Mains", "USB", "USB_PD", "Wireless"])
def test_a_battery_that_is_discharged_beside_a_charger_is_not_the_whole_machine(tmp_path: Path, kind: str) -> None:
    supply(tmp_path, power_now=9_000_000)
    charger = supply(tmp_path, "AC", type=kind, online=1)
    (entry,) = battery.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "charger (AC)" in entry.reason
    assert on_battery(tmp_path) is False
    write(charger / "online", 0)
    (entry,) = battery.find(tmp_path)
    assert isinstance(entry, MeterFound)
    assert on_battery(tmp_path) is True
    meter = entry.open()
    assert meter.read().power_w == pytest.approx(9.0)
    write(charger / "online", 1)
    with pytest.raises(MeterError, match=r"charger \(AC\)"):
        meter.read()


def test_two_batteries_are_one_figure(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", power_now=5_000_000)
    second = supply(tmp_path, "BAT1", status="Not charging", power_now=0)
    (entry,) = battery.find(tmp_path)
    assert isinstance(entry, MeterFound)
    assert entry.info.id == "battery:BAT0+BAT1"
    meter = entry.open()
    assert meter.read().power_w == pytest.approx(5.0)
    write(second / "status", "Discharging")
    write(second / "power_now", 7_000_000)
    assert meter.read().power_w == pytest.approx(12.0)
    write(second / "status", "Charging")
    with pytest.raises(MeterError, match="no longer runs on it"):
        meter.read()


@pytest.mark.parametrize("told", [{}, {"power_now": 0}, {"current_now": 0, "voltage_now": 11_000_000}])
def test_a_gauge_without_a_value_is_no_meter(tmp_path: Path, told: dict[str, str | int]) -> None:
    folder = supply(tmp_path)
    for file, text in told.items():
        write(folder / file, text)
    (entry,) = battery.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "tells" in entry.reason


def test_a_mouse_s_battery_does_not_drive_the_machine(tmp_path: Path) -> None:
    supply(tmp_path, "hidpp_battery_0", scope="Device", online=1, power_now=1)
    assert on_battery(tmp_path) is None


@pytest.mark.parametrize(("status", "driven"), [("Discharging", True), ("Full", False), ("Unknown", False)])
def test_a_machine_runs_on_its_battery_while_that_is_discharged(tmp_path: Path, status: str, driven: bool) -> None:
    supply(tmp_path, status=status)
    assert on_battery(tmp_path) is driven
