from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.bench.energy.measurement import most_telling
from hashwatt.bench.energy.meter import MeterError, MeterFound, MeterInfo, MeterMissing
from hashwatt.bench.energy.meters import hwmon
from hashwatt.kernels.bounded import MOST_METERS

from .trees import machine, write


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
    assert infos(tmp_path)[0].scope is None


def test_an_averaging_sensor_is_as_old_as_its_interval(tmp_path: Path) -> None:
    chip(tmp_path, 0, "power_meter", power1_average=5_000_000, power1_average_interval=2000)
    (info,) = infos(tmp_path)
    assert (info.update_s, info.scope) == (2.0, "system")


def test_a_sensor_that_sleeps_is_missing_with_its_reason(tmp_path: Path) -> None:
    chip(tmp_path, 0, "amdgpu", power1_average="")
    (entry,) = hwmon.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "does not answer" in entry.reason


def test_a_machine_without_sensors_is_told_what_would_give_it_some(tmp_path: Path) -> None:
    chip(tmp_path, 0, "coretemp", temp1_input=45_000)
    (entry,) = hwmon.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "sensors-detect" in entry.mend


def test_a_sensor_that_vanishes_says_so(tmp_path: Path) -> None:
    folder = chip(tmp_path, 0, "amdgpu", power1_average=1_000_000)
    (entry,) = hwmon.find(tmp_path)
    assert isinstance(entry, MeterFound)
    meter = entry.open()
    (folder / "power1_average").unlink()
    with pytest.raises(MeterError, match="did not answer"):
        meter.read()


def test_of_more_sensors_than_a_result_holds_the_sums_stay_and_cores_go(tmp_path: Path) -> None:
    """An Ampere Altra: 128 core energies, and the power of the CPU and of its I/O."""
    energies: dict[str, str | int] = {f"energy{number}_input": number for number in range(1, 129)}
    chip(tmp_path, 0, "altra_hwmon", **energies, power1_input=16_280_000, power2_input=31_900_000)
    found = [entry for entry in hwmon.find(tmp_path) if isinstance(entry, MeterFound)]
    assert len(found) == 130
    kept = [entry.info.id for entry in most_telling(found)]
    assert len(kept) == MOST_METERS
    assert {"hwmon:altra_hwmon@hwmon0:power1", "hwmon:altra_hwmon@hwmon0:power2"} <= set(kept)
    assert kept == [entry.info.id for entry in found if entry.info.id in kept], "in the order in which they were found"
