"""Who else used the CPUs meanwhile; and around each sample, how fast they ran and how warm they were."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, replace

import psutil

from ...kernels.system.system_files import is_foreign_root
from .sensors import cpu_clock_hz, cpu_temperature_c, working_cpus

# Reading hwmon chips can take tens of milliseconds.
TEMPERATURE_EVERY_S = 1.0
# Counters of CPU time count in ticks, and not all CPUs' at the same moment.
TICKS_S = 0.1


@dataclass(frozen=True)
class Readings:
    """What was seen around one sample; None where the system does not tell.

    In `wall_s` seconds, other programs used `other_cpu_s` CPU seconds and the hypervisor took
    `stolen_cpu_s` away for other machines. The kernel counts in ticks, so that over a short sample
    `other_cpu_s` may come out a little below 0; in the sum over all samples that evens out.
    `working_cpu_s`: CPU seconds of the process that worked, where that is the host's work.
    """

    clock_hz: float | None = None
    temperature_c: float | None = None
    wall_s: float | None = None
    other_cpu_s: float | None = None
    stolen_cpu_s: float | None = None
    working_cpu_s: float | None = None

    @property
    def other_load(self) -> float | None:
        """The mean number of logical CPUs that other programs kept busy."""
        if self.wall_s is None or self.other_cpu_s is None:
            return None
        return max(0.0, self.other_cpu_s / self.wall_s)

    @property
    def stolen_load(self) -> float | None:
        """The mean number of logical CPUs that the hypervisor gave to other machines."""
        if self.wall_s is None or self.stolen_cpu_s is None:
            return None
        return max(0.0, self.stolen_cpu_s / self.wall_s)


@dataclass(frozen=True)
class _CpuSeconds:
    wall: float
    busy: float
    stolen: float
    own: float
    working: float


class LoadMeter:
    """Reads CPU times before and after a sample, never within it.

    `processes` are the ids of the processes that do the work, besides this one; `worker` the one of them that works
    for the device in question (None: this process), and `works_alone` that it works for no other device. Clock,
    temperature and the worker's time are read only where the device is the CPU.
    """

    def __init__(
        self,
        processes: tuple[int, ...] = (),
        on_cpu: bool = True,
        clock_is_real: bool = True,
        worker: int | None = None,
        works_alone: bool = True,
    ) -> None:
        """A meter; `clock_is_real` is False in a virtual machine, which sees a fixed figure instead of the clock."""
        this = _process(os.getpid())
        self._worker = None if not works_alone else this if worker is None else _process(worker)
        self._own = [] if this is None else [this, *(process for pid in processes if (process := _process(pid)))]
        self._on_cpu = on_cpu
        self._clock_is_real = clock_is_real
        self._works_in = os.getpid() if worker is None else worker
        self._cpus: tuple[int, ...] = ()
        self._before: _CpuSeconds | None = None
        self._temperature_c: float | None = None
        self._temperature_read_s = -math.inf

    def start(self) -> None:
        """Begin a sample."""
        self._before = self._read()

    def stop(self) -> Readings:
        """End the sample and say what was seen."""
        before, after = self._before, self._read()
        seen = Readings()
        if before is not None and after is not None and after.wall > before.wall:
            wall_s = after.wall - before.wall
            seen = Readings(
                wall_s=wall_s,
                other_cpu_s=plausible_cpu_s(after.busy - before.busy - (after.own - before.own), wall_s),
                stolen_cpu_s=plausible_cpu_s(after.stolen - before.stolen, wall_s),
            )
        if not self._on_cpu:
            return seen
        # Its threads are there by now, and stay.
        self._cpus = self._cpus or (working_cpus(self._works_in) if self._clock_is_real else ())
        clock_hz = cpu_clock_hz(self._cpus) if self._clock_is_real else None
        if before is not None and after is not None and self._worker is not None:
            seen = replace(seen, working_cpu_s=max(0.0, after.working - before.working))
        return replace(seen, clock_hz=clock_hz, temperature_c=self._temperature())

    def _read(self) -> _CpuSeconds | None:
        if not self._own:
            # Without /proc own work cannot be told from others'.
            return None
        if is_foreign_root():
            # A tree stands still, and this machine's load says nothing about the one that is shown.
            return None
        try:
            times = psutil.cpu_times()
            own = sum(_cpu_seconds(process) for process in self._own)
            working = 0.0 if self._worker is None else _cpu_seconds(self._worker)
            busy = busy_seconds(times)
        except (psutil.Error, OSError, ValueError, ArithmeticError, LookupError, RuntimeError):
            # Emulated and sandboxed systems write into /proc what psutil does not expect.
            return None
        # Some sandboxes show a machine that has never done anything.
        return _CpuSeconds(time.perf_counter(), busy, getattr(times, "steal", 0.0), own, working) if busy else None

    def _temperature(self) -> float | None:
        now = time.perf_counter()
        if now - self._temperature_read_s >= TEMPERATURE_EVERY_S:
            self._temperature_read_s = now
            self._temperature_c = cpu_temperature_c()
        return self._temperature_c


def busy_seconds(times: psutil._common.scputimes) -> float:
    """CPU seconds that were not idle, since boot, over all CPUs; a guest's time is within its host's user time."""
    away = ("idle", "iowait", "steal", "guest", "guest_nice")
    return float(sum(value for name, value in times._asdict().items() if name not in away))


def plausible_cpu_s(cpu_s: float, wall_s: float) -> float | None:
    """CPU seconds spent within `wall_s` seconds; None where a counter has leapt: there are not as many CPUs.

    A little below 0 stays: the counters tick, and the sum over many samples is right.
    """
    most_s = (psutil.cpu_count() or 1) * (wall_s + TICKS_S)
    return cpu_s if -most_s <= cpu_s <= most_s else None


def _cpu_seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except (psutil.Error, OSError, ValueError, RuntimeError):
        return None
