"""The clock of the CPUs that work, and the processor's temperature, as systems tell them."""

from __future__ import annotations

import math
import os
import threading
from collections import namedtuple
from pathlib import Path

import psutil
import pytest

from hashwatt.bench.machine.sensors import cpu_clock_hz, cpu_temperature_c, tree_temperatures, working_cpus
from hashwatt.kernels.cpu.cores.affinity import pin_to
from hashwatt.kernels.system.system_files import ROOT_VARIABLE

from ..energy.meters.trees import machine, write

Reading = namedtuple("Reading", "label current high critical")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tree of another machine, set as the root."""
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    return machine(tmp_path)


def clock(tree: Path, cpu: int, kilohertz: int | str) -> None:
    write(tree / f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq", kilohertz)


def test_the_clock_is_that_of_the_cpus_that_work(tree: Path) -> None:
    for cpu, kilohertz in enumerate((4_400_000, 4_200_000, 800_000, 800_000)):
        clock(tree, cpu, kilohertz)
    assert cpu_clock_hz([0, 1]) == 4.3e9
    assert cpu_clock_hz([]) is None
    assert cpu_clock_hz([7]) is None


@pytest.mark.parametrize("text", ["", "0", "nan", "-2600000", "9" * 19, "<unknown>"])
def test_a_clock_that_cannot_be_is_unknown(tree: Path, text: str) -> None:
    clock(tree, 0, text)
    assert cpu_clock_hz([0]) is None


@pytest.mark.parametrize("system", ["Windows", "Darwin"])
def test_a_nominal_clock_is_none(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("hashwatt.bench.machine.sensors.text_or_none", lambda _: "3500000")
    assert cpu_clock_hz([0]) is None


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system tells no affinity")
def test_the_cpus_that_work_are_those_that_threads_are_kept_on() -> None:
    allowed = os.sched_getaffinity(0)
    if len(allowed) < 2:
        pytest.skip("one CPU only")
    assert working_cpus(os.getpid()) == tuple(sorted(allowed))
    pinned, done = threading.Event(), threading.Event()

    def work() -> None:
        pin_to(max(allowed))
        pinned.set()
        done.wait(60)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert pinned.wait(60)
        assert working_cpus(os.getpid()) == (max(allowed),)
    finally:
        done.set()
        thread.join()


def test_the_temperature_of_a_tree_is_the_die_s(tree: Path) -> None:
    assert cpu_temperature_c() is None
    chip = tree / "sys/class/hwmon/hwmon2"
    write(chip / "name", "k10temp")
    for number, label, millidegrees in ((1, "Tctl", 95_000), (2, "Tdie", 68_000), (3, "Tccd1", 4_294_967_000)):
        write(chip / f"temp{number}_input", millidegrees)
        write(chip / f"temp{number}_label", label)
    assert cpu_temperature_c() == 68.0


@pytest.mark.parametrize(
    ("text", "found"), [("-5000", -5.0), ("--5000", None), ("-", None), ("٣٠٠٠٠", None), ("9" * 21, None)]
)
def test_a_temperature_of_a_tree_is_a_number_or_unknown(tree: Path, text: str, found: float | None) -> None:
    chip = tree / "sys/class/hwmon/hwmon2"
    write(chip / "name", "k10temp")
    write(chip / "temp1_input", text)
    told = [degrees for _, _, degrees in tree_temperatures(tree)]
    assert told == ([] if found is None else [found])


def test_the_temperature_is_the_hottest_of_the_cpus_own_sensors(monkeypatch: pytest.MonkeyPatch) -> None:
    sensors = {
        "nvme": [Reading("", 90.0, None, None)],
        "coretemp": [Reading("Core 0", 61.0, None, None), Reading("Core 1", 64.0, None, None)],
        "k10temp": [Reading("", float("nan"), None, None), Reading("", -300.0, None, None)],
    }
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: sensors, raising=False)
    assert cpu_temperature_c() == 64.0
    monkeypatch.setattr(psutil, "sensors_temperatures", dict, raising=False)
    assert cpu_temperature_c() is None


@pytest.mark.parametrize(
    ("told", "celsius"),
    [
        ({"k10temp": {"Tctl": 95.0, "Tdie": 68.0, "Tccd1": 66.0}}, 68.0),
        ({"k10temp": {"Tctl": 71.0}}, 71.0),
        ({"zenpower": {"Tctl": 90.0, "Tdie": 63.0}}, 63.0),
        ({"k10temp": {"Tctl": 60.0}, "coretemp": {"Core 0": 4_294_948.0}}, 60.0),
        ({"coretemp": {"Core 0": 4_294_948.0, "Core 1": math.nan, "Core 2": -55.0, "Core 3": 155.0}}, None),
        ({"coretemp": {"Core 0": math.inf, "Core 1": 64.0}}, 64.0),
    ],
)
def test_a_temperature_is_the_die_s_and_one_that_can_be(
    told: dict[str, dict[str, float]], celsius: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What AMD tells fans (Tctl) lies up to 27 °C above the die; 4,294,948 °C is a counter that ran below 0."""
    sensors = {
        chip: [Reading(label, value, None, None) for label, value in values.items()] for chip, values in told.items()
    }
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: sensors, raising=False)
    assert cpu_temperature_c() == celsius
