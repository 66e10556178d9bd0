"""Fake /sys and /proc trees, and power curves that drive their counters."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy
import pytest

RANGE_UJ = 262_143_328_850
REAL_CPU = "processor : 0\nflags : fpu sse2\n"
VIRTUAL_CPU = "processor : 0\nflags : fpu sse2 hypervisor\n"


def write(path: Path, text: str | int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n", encoding="utf-8")


def machine(root: Path, cpuinfo: str = REAL_CPU) -> Path:
    """A Linux machine without any sensor."""
    write(root / "proc/cpuinfo", cpuinfo)
    return root


@dataclass(frozen=True)
class Zone:
    """A powercap zone of a fake tree."""

    folder: Path

    def count(self, energy_uj: int) -> None:
        write(self.folder / "energy_uj", energy_uj)

    def vanish(self) -> None:
        (self.folder / "energy_uj").unlink()


def rapl_zone(root: Path, folder: str, name: str, energy_uj: int = 0, range_uj: int = RANGE_UJ) -> Zone:
    """A zone such as `intel-rapl:0` called `package-0`; skips the test where no file can have such a name."""
    if os.name == "nt":
        pytest.skip("no file can be called intel-rapl:0 here")
    zone = Zone(machine(root) / "sys/class/powercap" / folder)
    write(zone.folder / "name", name)
    write(zone.folder / "max_energy_range_uj", range_uj)
    zone.count(energy_uj)
    return zone


class PowerCurve:
    """Watts over time: an idle level, steps, a swing and noise, all drawn from `seed`; joules are known exactly."""

    def __init__(self, seed: int, seconds: float, step_s: float = 1e-3) -> None:
        random = numpy.random.default_rng(seed)
        self.step_s = step_s
        times = numpy.arange(0, seconds, step_s)
        watts = numpy.full(times.shape, random.uniform(5, 60))
        for _ in range(random.integers(0, 5)):
            start, end = sorted(random.uniform(0, seconds, 2))
            watts[(times >= start) & (times < end)] += random.uniform(5, 200)
        watts += random.uniform(0, 0.3) * watts * numpy.sin(2 * numpy.pi * times / random.uniform(0.05, 10))
        watts *= 1 + random.uniform(0, 0.1) * random.standard_normal(times.shape)
        self.watts = numpy.clip(watts, 0.5, None)
        self._joules = numpy.concatenate([[0.0], numpy.cumsum(self.watts * step_s)])
        self.random = random

    def joules(self, at_s: float) -> float:
        """Joules spent from the start until then."""
        return float(numpy.interp(at_s / self.step_s, numpy.arange(len(self._joules)), self._joules))

    def power_w(self, at_s: float) -> float:
        """Watts at that moment."""
        return float(self.watts[min(int(at_s / self.step_s), len(self.watts) - 1)])
