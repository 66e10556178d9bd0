"""How fast the CPUs run that do the work, and how warm the processor is; None where the system does not tell."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from ...kernels.system.system_files import count_in, count_or_none, is_foreign_root, names_in, system_root, text_or_none

# The sensors that stand for the CPU's own temperature, by the name of their Linux driver.
CPU_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "soc_thermal")
# What AMD's processors tell for fan control: the temperature of the die and, on some models, up to 27 °C more.
CONTROL_LABEL = "tctl"
# No processor runs colder or hotter: a sensor that says so is broken, or has no value yet.
PLAUSIBLE_C = (-50.0, 150.0)
PLAUSIBLE_HZ = 1e12
# What they tell is the clock that the processor is sold with, whatever it runs at.
NOMINAL_CLOCK = ("Windows", "Darwin")
FROM_KILO = 1e3
FROM_MILLI = 1e-3
CPUS = "/sys/devices/system/cpu"
HWMON = "sys/class/hwmon"


def cpu_clock_hz(cpus: Iterable[int]) -> float | None:
    """The mean clock of these logical CPUs just now; None where the system tells none, or a nominal one."""
    if platform.system() in NOMINAL_CLOCK and not is_foreign_root():
        return None
    clocks_hz = [clock_hz for cpu in cpus if (clock_hz := clock_of(cpu)) is not None]
    return sum(clocks_hz) / len(clocks_hz) if clocks_hz else None


def clock_of(cpu: int) -> float | None:
    """The clock of one logical CPU by Linux' cpufreq; /proc/cpuinfo's may be the nominal one."""
    clock_hz = (count_or_none(f"{CPUS}/cpu{cpu}/cpufreq/scaling_cur_freq") or 0) * FROM_KILO
    return clock_hz if 0 < clock_hz <= PLAUSIBLE_HZ else None


def working_cpus(process_id: int) -> tuple[int, ...]:
    """The logical CPUs that a process works on: those that its threads are kept on, else all that it may use."""
    if not hasattr(os, "sched_getaffinity"):
        return ()
    pinned: set[int] = set()
    try:
        allowed = os.sched_getaffinity(process_id)
        # Of this machine, whatever root is set: the process runs here.
        for thread in os.listdir(f"/proc/{process_id}/task"):
            affinity = os.sched_getaffinity(int(thread))
            if len(affinity) == 1 and len(allowed) > 1:
                pinned |= affinity
    except (OSError, ValueError):
        return ()
    return tuple(sorted(pinned or allowed))


def cpu_temperature_c() -> float | None:
    """The hottest of the CPU's own sensors; what is only told for fan control counts where there is nothing else."""
    readings = [
        (celsius, label.lower() == CONTROL_LABEL)
        for chip, label, celsius in (tree_temperatures(system_root()) if is_foreign_root() else _by_psutil())
        if chip in CPU_SENSORS and PLAUSIBLE_C[0] <= celsius <= PLAUSIBLE_C[1]
    ]
    true = [celsius for celsius, for_control in readings if not for_control]
    return max(true or [celsius for celsius, _ in readings], default=None)


def tree_temperatures(root: Path) -> Iterator[tuple[str, str, float]]:
    """Each sensor's chip, label and °C of any machine's tree, which psutil does not look into."""
    for name in names_in(root / HWMON):
        folder = root / HWMON / name
        chip = text_or_none(folder / "name") or ""
        for file in names_in(folder) if chip in CPU_SENSORS else ():
            if not (file.startswith("temp") and file.endswith("_input")):
                continue
            text = text_or_none(folder / file) or ""
            magnitude = count_in(text.removeprefix("-"))
            if magnitude is not None:
                label = text_or_none(folder / file.replace("_input", "_label")) or ""
                yield chip, label, (-magnitude if text.startswith("-") else magnitude) * FROM_MILLI


def _by_psutil() -> list[tuple[str, str, float]]:
    """Each sensor's chip, label and °C as psutil tells them."""
    try:
        sensors = psutil.sensors_temperatures()
        return [
            (chip, reading.label or "", float(reading.current))
            for chip in CPU_SENSORS
            for reading in sensors.get(chip, ())
            if reading.current is not None
        ]
    except (AttributeError, OSError, ValueError, TypeError, LookupError, RuntimeError):
        return []
