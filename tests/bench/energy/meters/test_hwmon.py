from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from hashwatt.bench.energy.joules.coverage import attribute
from hashwatt.bench.energy.measurement import most_telling
from hashwatt.bench.energy.meter import MeterError, MeterFound, MeterInfo, MeterMissing
from hashwatt.bench.energy.meters import hwmon
from hashwatt.bench.energy.meters.hwmon_chips import chip_of, chips
from hashwatt.kernels.bounded import MOST_METERS
from hashwatt.kernels.device import DeviceInfo

from .trees import machine, write

CPU = DeviceInfo("cpu", "cpu", "a processor", "vendor", "cpu", "1")


def chip(root: Path, number: int, name: str | None, **files: str | int) -> Path:
    folder = machine(root) / f"sys/class/hwmon/hwmon{number}"
    folder.mkdir(parents=True)
    if name is not None:
        write(folder / "name", name)
    for file, text in files.items():
        write(folder / file, text)
    return folder


def infos(root: Path) -> list[MeterInfo]:
    return [entry.info for entry in hwmon.find(root) if isinstance(entry, MeterFound)]


def test_a_graphics_card_s_average_goes_before_its_input(tmp_path: Path) -> None:
    chip(tmp_path, 3, "amdgpu", power1_average=61_500_000, power1_input=80_000_000, power1_label="PPT")
    (entry,) = hwmon.find(tmp_path)
    assert isinstance(entry, MeterFound)
    assert entry.open().read().power_w == pytest.approx(61.5)
    assert (entry.info.scope, entry.info.coverage.subject) == ("chip", "graphics card")
    assert entry.info.name == "hwmon amdgpu PPT"


def test_a_graphics_chip_with_the_processor_in_it_counts_both(tmp_path: Path) -> None:
    chip(tmp_path, 3, "amdgpu", power1_average=21_500_000, power1_label="PPT", in1_label="vddnb")
    (info,) = infos(tmp_path)
    assert (info.scope, info.coverage.subject) == ("chip", "processor with graphics")
    graphics = replace(CPU, id="opencl:0", kind="gpu", backend="opencl", pci_address=None)
    assert attribute(info, CPU).covers == "the device and more"
    here, elsewhere = "0000:04:00.0", "0000:01:00.0"
    at_place = replace(info, coverage=replace(info.coverage, pci=here))
    assert attribute(at_place, replace(graphics, pci_address=here)).covers == "the device and more"
    assert attribute(at_place, replace(graphics, pci_address=elsewhere)).covers == "not the device"


def test_sensors_without_labels_have_names_all_the_same(tmp_path: Path) -> None:
    chip(tmp_path, 0, "i915", energy1_input=5_000_000)
    chip(tmp_path, 1, "i915", energy1_input=6_000_000)
    first, second = infos(tmp_path)
    assert first.id == "hwmon:i915@hwmon0:energy1"
    assert second.id == "hwmon:i915@hwmon1:energy1"
    assert first.name == "hwmon i915 energy1 (no label)"


def test_two_sensors_with_one_label_are_two_meters(tmp_path: Path) -> None:
    files: dict[str, str | int] = {"power1_label": "rail", "power2_label": "rail", "power1_input": 1, "power2_input": 2}
    chip(tmp_path, 0, "ina3221", **files)
    first, second = infos(tmp_path)
    assert first.id != second.id


def test_a_chip_without_a_name_goes_by_its_folder(tmp_path: Path) -> None:
    chip(tmp_path, 4, None, power2_input=1_000_000)
    (info,) = infos(tmp_path)
    assert info.id == "hwmon:hwmon4@hwmon4:power2"


def test_an_energy_counter_is_a_counter(tmp_path: Path) -> None:
    chip(tmp_path, 0, "xe", energy1_input=5_000_000, energy1_label="card", energy2_input=4_000_000, energy2_label="pkg")
    (entry,) = hwmon.find(tmp_path)
    assert isinstance(entry, MeterFound)
    assert entry.open().read().counters_j == pytest.approx((5.0,))
    assert entry.info.scope == "board"


def test_parts_of_a_socket_are_not_listed_beside_it(tmp_path: Path) -> None:
    files: dict[str, str | int] = {
        "energy1_label": "Ecore000",
        "energy1_input": 1,
        "energy2_label": "Esocket0",
        "energy2_input": 2,
    }
    chip(tmp_path, 0, "amd_energy", **files)
    assert [info.name for info in infos(tmp_path)] == ["hwmon amd_energy Esocket0"]


def test_what_an_unknown_driver_covers_is_left_unstated(tmp_path: Path) -> None:
    chip(tmp_path, 0, "ina3221", power1_input=5_000_000)
    (info,) = infos(tmp_path)
    assert (info.scope, info.coverage.subject) == (None, "unknown")
    assert attribute(info, CPU).covers == "unknown"
    assert "unknown coverage" in attribute(info, CPU).sentence


def test_an_averaging_sensor_is_as_old_as_its_interval(tmp_path: Path) -> None:
    folder = chip(tmp_path, 0, "power_meter", power1_average=5_000_000, power1_average_interval=2000)
    (folder / "device/measures/LNXSYBUS:00").mkdir(parents=True)
    (info,) = infos(tmp_path)
    assert (info.update_s, info.scope) == (2.0, "system")


@pytest.mark.skipif(os.name == "nt", reason="no file can have such a name here")
@pytest.mark.parametrize("measured", [(), ("device:1a",), ("LNXSYBUS:00", "PNP0A08:00")])
def test_an_acpi_meter_that_does_not_say_it_is_the_system_s_covers_nobody_knows_what(
    tmp_path: Path, measured: tuple[str, ...]
) -> None:
    folder = chip(tmp_path, 0, "power_meter", power1_average=5_000_000)
    for name in measured:
        (folder / "device/measures" / name).mkdir(parents=True)
    (info,) = infos(tmp_path)
    assert (info.scope, info.coverage.subject) == (None, "unknown")


@pytest.mark.parametrize("driver", ["occ", "nouveau", "smpro"])
def test_a_driver_whose_word_nobody_has_found_covers_nobody_knows_what(tmp_path: Path, driver: str) -> None:
    """What a service processor reads of another machine, and a card's supplies as its firmware lists them."""
    chip(tmp_path, 0, driver, power1_input=5_000_000, power1_label="system")
    (info,) = infos(tmp_path)
    assert info.coverage.subject == "unknown"


def test_a_sensor_that_sleeps_is_missing_with_its_reason(tmp_path: Path) -> None:
    chip(tmp_path, 0, "amdgpu", power1_average="")
    (entry,) = hwmon.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "does not answer" in entry.reason


def test_a_machine_without_sensors_is_told_what_would_give_it_some(tmp_path: Path) -> None:
    chip(tmp_path, 0, "coretemp", temp1_input=45_000)
    (entry,) = hwmon.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "sensors-detect" in entry.remedy


def test_a_sensor_that_vanishes_says_so(tmp_path: Path) -> None:
    folder = chip(tmp_path, 0, "amdgpu", power1_average=1_000_000)
    (entry,) = hwmon.find(tmp_path)
    assert isinstance(entry, MeterFound)
    meter = entry.open()
    (folder / "power1_average").unlink()
    with pytest.raises(MeterError, match="did not answer"):
        meter.read()


def test_of_more_sensors_than_a_result_holds_the_sums_stay_and_cores_go(tmp_path: Path) -> None:
    """A chip of many cores whose driver nobody has looked up."""
    energies: dict[str, str | int] = {f"energy{number}_input": number for number in range(1, 129)}
    chip(tmp_path, 0, "many_hwmon", **energies, power1_input=16_280_000, power2_input=31_900_000)
    found = [entry for entry in hwmon.find(tmp_path) if isinstance(entry, MeterFound)]
    assert len(found) == 130
    kept = [entry.info.id for entry in most_telling(found)]
    assert len(kept) == MOST_METERS
    assert {"hwmon:many_hwmon@hwmon0:power1", "hwmon:many_hwmon@hwmon0:power2"} <= set(kept)
    assert kept == [entry.info.id for entry in found if entry.info.id in kept], "in the order in which they were found"


def labelled(kind: str, values: dict[str, int]) -> dict[str, str | int]:
    """The files of sensors with these labels."""
    files: dict[str, str | int] = {}
    for number, (label, value) in enumerate(values.items(), start=1):
        files[f"{kind}{number}_input"] = value
        files[f"{kind}{number}_label"] = label
    return files


def joules_of(root: Path) -> dict[str, tuple[object, str]]:
    """What the default meters tell (watts, else joules in all), and how that relates to the CPU."""
    told: dict[str, tuple[object, str]] = {}
    for entry in hwmon.find(root):
        if isinstance(entry, MeterFound) and entry.info.by_default:
            reading = entry.open().read()
            figure = reading.power_w if reading.counters_j == () else sum(filter(None, reading.counters_j))
            told[entry.info.name] = (figure, attribute(entry.info, CPU).covers)
    return told


@pytest.mark.parametrize("driver", ["amd_energy", "zenergy"])
def test_two_sockets_are_one_figure(tmp_path: Path, driver: str) -> None:
    files = labelled("energy", {"Ecore000": 1, "Esocket0": 150_000_000, "Esocket1": 170_000_000})
    chip(tmp_path, 3, driver, **files)
    assert joules_of(tmp_path) == {f"hwmon {driver} Esocket0 + Esocket1": (pytest.approx(320.0), "the device")}


def test_altra_s_cores_are_not_listed_beside_the_chip(tmp_path: Path) -> None:
    """As `sensors` shows that machine in ampere-lts-kernel 7: one chip of cores, another of the supplies."""
    chip(tmp_path, 0, "altra_hwmon", **labelled("energy", {f"Core Energy {core:03}": 2_790_000 for core in range(128)}))
    chip(tmp_path, 1, "apm_xgene", **labelled("power", {"CPU power": 16_280_000, "IO power": 31_900_000}))
    assert joules_of(tmp_path) == {"hwmon apm_xgene CPU power + IO power": (pytest.approx(48.18), "the device")}


def test_two_labels_of_one_socket_are_not_added_up(tmp_path: Path) -> None:
    chip(tmp_path, 3, "amd_energy", **labelled("energy", {"Esocket0": 150_000_000, "Esocket1": 150_000_000}))
    assert joules_of(tmp_path) == {"hwmon amd_energy Esocket0": (pytest.approx(150.0), "the device")}


def test_one_of_two_sockets_gives_no_joules_of_the_device(tmp_path: Path) -> None:
    chip(tmp_path, 3, "amd_energy", **labelled("energy", {"Esocket0": 150_000_000}))
    for cpu in range(4):
        write(tmp_path / f"sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id", cpu // 2)
    ((name, (_, covers)),) = joules_of(tmp_path).items()
    assert "1 of 2 CPU packages" in name
    assert covers == "unknown"


def test_sockets_of_two_chips_are_one_figure(tmp_path: Path) -> None:
    for number, watts in enumerate((60_000_000, 65_000_000)):
        chip(
            tmp_path, number, "zenpower", **labelled("power", {f"cpu{number} RAPL_P_Package": watts, "SVI2_P_Core": 1})
        )
    ((_, figure),) = joules_of(tmp_path).items()
    assert figure == (pytest.approx(125.0), "the device")


def test_of_a_power_supply_only_the_total_is_the_machine(tmp_path: Path) -> None:
    rails = {"power total": 174_000_000, "power +12v": 134_000_000, "power +5v": 24_500_000, "power +3.3v": 11_500_000}
    chip(tmp_path, 2, "corsairpsu", **labelled("power", rails))
    assert joules_of(tmp_path) == {"hwmon corsairpsu power total": (pytest.approx(174.0), "the device and more")}
    rest = [info for info in infos(tmp_path) if not info.by_default]
    assert [attribute(info, CPU).covers for info in rest] == ["not the device"] * 3


def test_cpu_and_io_are_parts_of_one_chip(tmp_path: Path) -> None:
    driver = "apm_xgene"
    chip(tmp_path, 0, driver, **labelled("power", {"CPU power": 16_280_000, "IO power": 31_900_000}))
    assert joules_of(tmp_path) == {f"hwmon {driver} CPU power + IO power": (pytest.approx(48.18), "the device")}
    parts = {info.name: attribute(info, CPU).covers for info in infos(tmp_path) if not info.by_default}
    assert parts == {f"hwmon {driver} CPU power": "not the device", f"hwmon {driver} IO power": "not the device"}


def test_the_chips_of_two_sockets_with_their_parts_are_one_figure(tmp_path: Path) -> None:
    for number in range(2):
        chip(tmp_path, number, "apm_xgene", **labelled("power", {"CPU power": 16_000_000, "IO power": 30_000_000}))
    ((_, figure),) = joules_of(tmp_path).items()
    assert figure == (pytest.approx(92.0), "the device")


def test_one_part_alone_is_no_chip(tmp_path: Path) -> None:
    chip(tmp_path, 0, "apm_xgene", **labelled("power", {"IO power": 31_900_000}))
    assert joules_of(tmp_path) == {}


def test_an_error_value_is_no_power(tmp_path: Path) -> None:
    chip(tmp_path, 1, "power_meter", power1_average=4_294_967_295_000, power1_average_interval=1000)
    (entry,) = hwmon.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "cannot be" in entry.reason


@pytest.mark.parametrize("supply", ["BAT0", "ucsi-source-psy-USBC000:001"])
def test_a_chip_of_a_power_supply_is_no_meter(tmp_path: Path, supply: str) -> None:
    if os.name == "nt":
        pytest.skip("no file can have such a name here")
    write(machine(tmp_path) / "sys/class/power_supply" / supply / "type", "Battery")
    chip(tmp_path, 1, supply.replace("-", "_"), power1_input=31_500_000, in0_input=12_550)
    assert infos(tmp_path) == []


def test_a_chip_whose_device_is_a_power_supply_is_no_meter_by_whatever_name(tmp_path: Path) -> None:
    folder = chip(tmp_path, 1, "surface_battery", power1_input=31_500_000)
    write(folder / "device/type", "Battery")
    write(folder / "device/status", "Charging")
    assert infos(tmp_path) == []


def test_light_in_a_fibre_is_no_power(tmp_path: Path) -> None:
    chip(tmp_path, 1, "sfp_eth0", **labelled("power", {"TX_power": 500, "RX_power": 400}))
    assert infos(tmp_path) == []


def test_every_row_has_a_source_and_a_label_that_can_be_matched() -> None:
    assert len(chips()) > 20
    for row in chips():
        assert row.source.startswith("https://"), row
        assert row.role in ("whole", "metered", "socket", "share", "part", "inside"), row
        re.compile(row.driver), re.compile(row.label)
    assert chip_of("amdgpu", "power", "PPT") is chip_of("amdgpu", "power", None)
    assert chip_of("amdgpu", "power", "edge") is None
    assert chip_of("corsairpsu-2", "power", "power total") is None
