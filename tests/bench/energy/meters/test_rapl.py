from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hashwatt.bench.energy.joules.readings import Window
from hashwatt.bench.energy.joules.record import energy_record
from hashwatt.bench.energy.meter import Meter, MeterError, MeterFound, MeterMissing
from hashwatt.bench.energy.meters import rapl
from hashwatt.bench.result.energy import Energy

from ..readings import ABOUT_IT, ask
from .trees import RANGE_UJ, VIRTUAL_CPU, Zone, machine, rapl_zone, write

RANGE_J = RANGE_UJ / 1e6


def meters(root: Path) -> dict[str, MeterFound]:
    return {entry.info.id: entry for entry in rapl.find(root) if isinstance(entry, MeterFound)}


def package_meter(root: Path) -> Meter:
    return meters(root)["rapl:package"].open()


def at_ten_watts(meter: Meter, zones: list[Zone], disturb: Callable[[int], None] = lambda second: None) -> Energy:
    """Ten seconds in which every zone counts 10 J a second, from 100 J on; `disturb` is called before each reading."""
    points = []
    for tenth in range(101):
        for zone in zones:
            zone.count(100_000_000 + tenth * 1_000_000)
        disturb(tenth)
        points.append(ask(meter, tenth / 10))
    return energy_record(meter.info, points, Window(0.0, 10.0), ABOUT_IT)


def test_a_package_s_joules_are_its_counter_s(tmp_path: Path) -> None:
    zone = rapl_zone(tmp_path, "intel-rapl:0", "package-0")
    record = at_ten_watts(package_meter(tmp_path), [zone])
    assert record.gross_j == pytest.approx(100.0)
    assert record.method == "integrated counter"
    assert record.scope == "package"
    assert (record.gaps, record.samples) == (0, 101)
    assert record.low_j is not None
    assert record.high_j is not None
    assert 0 < 100.0 - record.low_j < 0.1
    assert 0 < record.high_j - 100.0 < 0.1


def test_a_wrap_is_added(tmp_path: Path) -> None:
    zone = rapl_zone(tmp_path, "intel-rapl:0", "package-0")

    def wrap(tenth: int) -> None:
        zone.count((RANGE_UJ - 50_000_000 + tenth * 1_000_000) % RANGE_UJ)

    record = at_ten_watts(package_meter(tmp_path), [zone], wrap)
    assert record.gross_j == pytest.approx(100.0)
    assert record.gaps == 0


def test_a_counter_that_runs_backwards_is_a_gap_and_no_wrap(tmp_path: Path) -> None:
    zone = rapl_zone(tmp_path, "intel-rapl:0", "package-0")

    def reset(tenth: int) -> None:
        if tenth >= 50:
            zone.count((tenth - 50) * 1_000_000)

    record = at_ten_watts(package_meter(tmp_path), [zone], reset)
    # Not 262 kJ more: what was spent between two readings is filled in.
    assert record.gross_j == pytest.approx(100.0, rel=0.01)
    assert record.gaps == 1
    assert record.hole_s == pytest.approx(0.1)
    assert record.high_j is not None
    assert record.high_j < 103
    assert "filled" in (record.bound_source or "")


def test_a_zone_that_vanishes_for_good_leaves_no_figure_but_a_reason(tmp_path: Path) -> None:
    zone = rapl_zone(tmp_path, "intel-rapl:0", "package-0")

    def vanish(tenth: int) -> None:
        if tenth >= 50:
            zone.vanish()

    record = at_ten_watts(package_meter(tmp_path), [zone], vanish)
    assert record.gross_j is None
    assert record.low_j is None
    assert "tells nothing about 5.1 s of the 10 s" in (record.reason or "")
    assert "energy_uj" in (record.reason or "")


def test_a_zone_that_vanishes_for_a_while_has_counted_on(tmp_path: Path) -> None:
    zone = rapl_zone(tmp_path, "intel-rapl:0", "package-0")

    def vanish(tenth: int) -> None:
        if 30 <= tenth < 70:
            zone.vanish()

    record = at_ten_watts(package_meter(tmp_path), [zone], vanish)
    assert record.gross_j == pytest.approx(100.0)
    assert (record.gaps, record.hole_s) == (1, 0.0)


def test_one_socket_of_two_that_vanishes_leaves_no_figure(tmp_path: Path) -> None:
    first, second = (rapl_zone(tmp_path, f"intel-rapl:{socket}", f"package-{socket}") for socket in range(2))

    def vanish(tenth: int) -> None:
        if tenth >= 50:
            second.vanish()

    record = at_ten_watts(package_meter(tmp_path), [first, second], vanish)
    assert record.gross_j is None
    assert "package-1" in (record.reason or "")


def test_ten_sockets_are_added_up(tmp_path: Path) -> None:
    zones = [rapl_zone(tmp_path, f"intel-rapl:{socket}", f"package-{socket}") for socket in range(10)]
    record = at_ten_watts(package_meter(tmp_path), zones)
    assert record.gross_j == pytest.approx(1000.0)
    assert "10 zones" in (record.name or "")


def test_dies_of_one_package_are_added_up(tmp_path: Path) -> None:
    zones = [rapl_zone(tmp_path, f"intel-rapl:{die}", f"package-0-die-{die}", 7_000_000 * die) for die in range(2)]
    assert at_ten_watts(package_meter(tmp_path), zones).gross_j == pytest.approx(200.0)


def test_dies_that_show_one_counter_are_counted_once(tmp_path: Path) -> None:
    """A Threadripper has a zone for each die, and behind both the package's counter."""
    zones = [rapl_zone(tmp_path, f"intel-rapl:{die}", f"package-0-die-{die}", 1_000_000_000) for die in range(2)]
    assert at_ten_watts(package_meter(tmp_path), zones[:1]).gross_j == pytest.approx(100.0)


def test_dies_that_both_stand_at_0_are_not_known_to_be_one(tmp_path: Path) -> None:
    for die in range(2):
        rapl_zone(tmp_path, f"intel-rapl:{die}", f"package-0-die-{die}", 0)
    assert len(package_meter(tmp_path).info.counters) == 2


def test_equal_counts_of_two_sockets_are_two_counters(tmp_path: Path) -> None:
    zones = [rapl_zone(tmp_path, f"intel-rapl:{socket}", f"package-{socket}") for socket in range(2)]
    assert at_ten_watts(package_meter(tmp_path), zones).gross_j == pytest.approx(200.0)


def test_one_of_two_packages_is_no_figure_of_all(tmp_path: Path) -> None:
    rapl_zone(tmp_path, "intel-rapl:0", "package-0")
    for cpu in range(4):
        write(tmp_path / f"sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id", cpu // 2)
    info = package_meter(tmp_path).info
    assert "1 of 2 packages" in info.name
    assert (info.scope, info.coverage.subject) == (None, "unknown")


def test_no_domain_is_added_to_another(tmp_path: Path) -> None:
    zones = [
        rapl_zone(tmp_path, "intel-rapl:0", "package-0"),
        rapl_zone(tmp_path, "intel-rapl:0:0", "core"),
        rapl_zone(tmp_path, "intel-rapl:0:1", "uncore"),
        rapl_zone(tmp_path, "intel-rapl:0:2", "dram"),
        rapl_zone(tmp_path, "intel-rapl:1", "psys"),
    ]
    found = meters(tmp_path)
    assert list(found) == ["rapl:package", "rapl:dram", "rapl:psys", "rapl:core", "rapl:uncore"]
    for entry in found.values():
        assert at_ten_watts(entry.open(), zones).gross_j == pytest.approx(100.0)
    assert [entry.info.id for entry in found.values() if entry.info.by_default] == [
        "rapl:package",
        "rapl:dram",
        "rapl:psys",
    ]
    assert {entry.info.scope for entry in found.values()} == {"package", "memory", "system", "part"}


def test_the_memory_of_each_socket_is_added_up_once(tmp_path: Path) -> None:
    zones = []
    for socket in range(2):
        zones.append(rapl_zone(tmp_path, f"intel-rapl:{socket}", f"package-{socket}"))
        zones.append(rapl_zone(tmp_path, f"intel-rapl:{socket}:0", "dram"))
    assert at_ten_watts(meters(tmp_path)["rapl:dram"].open(), zones).gross_j == pytest.approx(200.0)


def test_the_same_package_seen_through_two_doors_counts_once(tmp_path: Path) -> None:
    zones = [
        rapl_zone(tmp_path, "intel-rapl-mmio:0", "package-0"),
        rapl_zone(tmp_path, "intel-rapl:0", "package-0"),
    ]
    assert at_ten_watts(package_meter(tmp_path), zones).gross_j == pytest.approx(100.0)


def test_readings_too_rare_to_tell_one_wrap_from_two_are_a_gap(tmp_path: Path) -> None:
    zone = rapl_zone(tmp_path, "intel-rapl:0", "package-0")
    meter = package_meter(tmp_path)
    points = []
    for at_s in (0.0, 200.0, 400.0):
        zone.count(int(at_s * 10e6))
        points.append(ask(meter, at_s))
    record = energy_record(meter.info, points, Window(0.0, 400.0), ABOUT_IT)
    assert record.gross_j is None
    assert record.reason is not None


def test_a_counter_for_root_only_is_missing_with_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone = rapl_zone(tmp_path, "intel-rapl:0", "package-0")
    path = zone.folder / "energy_uj"

    def refuse(asked: Path) -> int:
        raise PermissionError(13, "Permission denied", str(asked))

    path.chmod(0o000)
    if os.access(path, os.R_OK):
        # Root may read everything: the refusal is played.
        monkeypatch.setattr(rapl, "read_count", refuse)
    (entry,) = rapl.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert entry.id == "rapl:package"
    assert "only root may read" in entry.reason
    assert entry.remedy.startswith(f"sudo chmod a+r {tmp_path}/sys/class/powercap/*/energy_uj")


def test_a_virtual_machine_is_told_so(tmp_path: Path) -> None:
    (entry,) = rapl.find(machine(tmp_path, VIRTUAL_CPU))
    assert isinstance(entry, MeterMissing)
    assert "virtual machine" in entry.reason
    assert "on the host" in entry.remedy


def test_a_container_that_hides_the_zones_is_told_so(tmp_path: Path) -> None:
    zones = machine(tmp_path) / "sys/class/powercap"
    zones.mkdir(parents=True)
    (zones / "intel-rapl:0").symlink_to(tmp_path / "masked")
    (entry,) = rapl.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "container" in entry.remedy


def test_a_machine_without_the_module_is_told_which(tmp_path: Path) -> None:
    (entry,) = rapl.find(machine(tmp_path))
    assert isinstance(entry, MeterMissing)
    assert "sudo modprobe intel_rapl_msr" in entry.remedy


def test_a_system_without_such_files_is_told_so(tmp_path: Path) -> None:
    (entry,) = rapl.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "only Linux" in entry.reason


def test_a_counter_that_holds_no_number_is_missing(tmp_path: Path) -> None:
    zone = rapl_zone(tmp_path, "intel-rapl:0", "package-0")
    write(zone.folder / "energy_uj", "nan")
    (entry,) = rapl.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert "'nan'" in entry.reason


def test_zones_of_other_kinds_are_left_alone(tmp_path: Path) -> None:
    rapl_zone(tmp_path, "dtpm:0", "soc")
    rapl_zone(tmp_path, "intel-rapl:0", "package-0")
    assert list(meters(tmp_path)) == ["rapl:package"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list a process's open files")
def test_reading_holds_no_descriptor(tmp_path: Path) -> None:
    for socket in range(40):
        rapl_zone(tmp_path, f"intel-rapl:{socket}", f"package-{socket}", energy_uj=1)
    meter = package_meter(tmp_path)
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 5, hard))
    try:
        assert sum(value or 0 for value in meter.read().counters_j) == pytest.approx(40e-6)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_meter_whose_zones_are_all_gone_says_so(tmp_path: Path) -> None:
    zone = rapl_zone(tmp_path, "intel-rapl:0", "package-0")
    meter = package_meter(tmp_path)
    zone.vanish()
    with pytest.raises(MeterError, match="rapl:package did not answer"):
        meter.read()
