"""Clocks, temperatures and the reasons for throttling, read beside the meters.

A probe is to a clock what a meter is to energy. What the harness keeps with each sample is the CPU's
as psutil tells it; probes add what graphics cards tell, and the counters in which Linux keeps how
often a processor has throttled for heat.
"""

from __future__ import annotations

import contextlib
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from ...kernels.device import DeviceInfo
from ...kernels.system.system_files import count_or_none, is_foreign_root, names_in
from ..machine.sensors import PLAUSIBLE_C, PLAUSIBLE_HZ
from ..result.energy import Telemetry, ThrottleReason
from ..result.printable import printable
from .joules.coverage import card_relation
from .joules.readings import Window
from .meters import nvml

INTERVAL_S = 0.5
FROM_MEGA = 1e6
# The model's own bounds.
MOST_PROBES = 20
MOST_REASONS = 40
# What NVML calls each reason, and what it means. Idleness is no throttling.
NVML_REASONS = {
    "ApplicationsClocksSetting": "clock set by the user",
    "SwPowerCap": "power limit",
    "HwSlowdown": "hardware slowdown",
    "SyncBoost": "sync boost with another card",
    "SwThermalSlowdown": "heat (driver)",
    "HwThermalSlowdown": "heat (hardware)",
    "HwPowerBrakeSlowdown": "power brake from outside",
    "DisplayClockSetting": "display clock",
}


@dataclass(frozen=True)
class State:
    """What a probe saw at one moment; None where the device does not tell."""

    at_s: float
    clock_hz: float | None = None
    temperature_c: float | None = None
    throttle: tuple[str, ...] = ()


class Probe(Protocol):
    """Something that tells clocks and temperatures of one device."""

    source: str

    def read(self) -> tuple[float | None, float | None, tuple[str, ...]]:
        """Clock in Hz, temperature in °C, and the reasons why the clock is held back; never raises."""
        ...


class NvmlProbe:
    """One NVIDIA card."""

    def __init__(self, library: Any, card: Any, source: str) -> None:
        self.source = source
        self._nvml = library
        self._card = card

    def read(self) -> tuple[float | None, float | None, tuple[str, ...]]:
        """See Probe."""
        library = self._nvml
        clock_mhz = self._ask(partial(library.nvmlDeviceGetClockInfo, self._card, library.NVML_CLOCK_SM))
        temperature = self._ask(partial(library.nvmlDeviceGetTemperature, self._card, library.NVML_TEMPERATURE_GPU))
        # The function was renamed in driver 535; the old name goes on working.
        bits = self._ask(partial(library.nvmlDeviceGetCurrentClocksThrottleReasons, self._card))
        if bits is None and hasattr(library, "nvmlDeviceGetCurrentClocksEventReasons"):
            bits = self._ask(partial(library.nvmlDeviceGetCurrentClocksEventReasons, self._card))
        reasons = tuple(
            words
            for name, words in NVML_REASONS.items()
            if int(bits or 0) & int(getattr(library, f"nvmlClocksThrottleReason{name}", 0))
        )
        return (None if clock_mhz is None else clock_mhz * FROM_MEGA, temperature, reasons)

    def _ask(self, question: Callable[[], Any]) -> float | None:
        try:
            return float(question())
        except self._nvml.NVMLError:
            return None


class ThermalCounters:
    """How often each core and package has throttled for heat, which Linux counts on x86."""

    source = "Linux thermal_throttle counters"

    def __init__(self, root: Path = Path("/")) -> None:
        cpus = root / "sys/devices/system/cpu"
        folders = [cpus / name / "thermal_throttle" for name in names_in(cpus) if name.startswith("cpu")]
        self._paths = [
            folder / name for folder in folders for name in names_in(folder) if name.endswith("_throttle_count")
        ]
        self._before = self._counts()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._paths)

    def read(self) -> tuple[float | None, float | None, tuple[str, ...]]:
        """See Probe: a counter that moved since the last reading is heat."""
        before, self._before = self._before, self._counts()
        moved = any(now > then for now, then in zip(self._before, before, strict=True))
        return None, None, ("heat (processor)",) if moved else ()

    def _counts(self) -> list[int]:
        return [count_or_none(path) or 0 for path in self._paths]


def probes_for(device: DeviceInfo, root: Path = Path("/")) -> list[Probe]:
    """The probes that tell about the device."""
    found: list[Probe] = []
    if device.on_host_cores:
        counters = ThermalCounters(root)
        return [counters] if counters else []
    if is_foreign_root():
        # Libraries would speak of this machine's cards.
        return []
    if device.kind != "gpu":
        return []
    with contextlib.suppress(ImportError):
        found.extend(nvml_probes(nvml.binding(), device))
    return found


def nvml_probes(library: Any, device: DeviceInfo) -> list[Probe]:
    """The NVIDIA cards that are the device. NVML stays open: the process is short-lived and shares it with meters."""
    found: list[Probe] = []
    with contextlib.suppress(library.NVMLError):
        library.nvmlInit()
        for index in range(library.nvmlDeviceGetCount()):
            # One that does not answer hides no other.
            with contextlib.suppress(library.NVMLError):
                card = library.nvmlDeviceGetHandleByIndex(index)
                told = nvml.ask(library, card)
                name = str(library.nvmlDeviceGetName(card))
                if card_relation(nvml.coverage_of(name, told), device) == "the device" and not told.sliced:
                    found.append(NvmlProbe(library, card, f"NVML {name}"))
    return found


@dataclass
class ProbeThread:
    """Reads probes now and then, in a thread of its own, between `start` and `stop`; what they told is in `states`."""

    probes: Sequence[Probe]
    clock: Callable[[], float] = time.perf_counter
    states: dict[str, list[State]] = field(default_factory=dict)
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, where there is anything to read."""
        if self.probes:
            self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(INTERVAL_S + 1)

    def records(self, *windows: Window) -> list[Telemetry]:
        """What each probe saw within the windows."""
        return records_of(self.states, windows)

    def _run(self) -> None:
        while True:
            for probe in self.probes:
                self.states.setdefault(probe.source, []).append(self._read(probe))
            if self._ending.wait(INTERVAL_S):
                return

    def _read(self, probe: Probe) -> State:
        try:
            clock_hz, temperature_c, throttle = probe.read()
            return State(
                self.clock(),
                within(clock_hz, (0.0, PLAUSIBLE_HZ)),
                within(temperature_c, PLAUSIBLE_C),
                tuple(printable(reason, 200) or "unnamed" for reason in throttle[:MOST_REASONS]),
            )
        except Exception:
            # A probe does not raise; if one does, it has told nothing, and the others go on.
            return State(self.clock())


def records_of(states: Mapping[str, Sequence[State]], windows: Sequence[Window]) -> list[Telemetry]:
    """What each source told within the windows."""
    return [
        summarised(
            source, [one for one in list(told) if any(window.start_s <= one.at_s <= window.end_s for window in windows)]
        )
        for source, told in list(states.items())[:MOST_PROBES]
    ]


def within(value: float | None, bounds: tuple[float, float]) -> float | None:
    """A value that can be true, None for any other."""
    return value if value is not None and bounds[0] <= value <= bounds[1] else None


def summarised(source: str, states: Sequence[State]) -> Telemetry:
    """The states of one window as a record: medians and extremes, None where nothing was told."""
    clocks = [state.clock_hz for state in states if state.clock_hz is not None]
    temperatures = [state.temperature_c for state in states if state.temperature_c is not None]
    reasons = sorted({reason for state in states for reason in state.throttle})[:MOST_REASONS]
    return Telemetry(
        source=printable(source, 200) or "unnamed",
        readings=len(states),
        clock_hz=statistics.median(clocks) if clocks else None,
        clock_low_hz=min(clocks, default=None),
        clock_high_hz=max(clocks, default=None),
        temperature_c=statistics.median(temperatures) if temperatures else None,
        temperature_high_c=max(temperatures, default=None),
        throttle=tuple(
            ThrottleReason(reason=reason, share=sum(reason in state.throttle for state in states) / len(states))
            for reason in reasons
        ),
    )
