"""The energy side of a run: meters read throughout, a window for each device, idleness before and after.

Figures are put together at the end, when the idle power after the run is known, too.
"""

from __future__ import annotations

import logging
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from string import digits
from typing import Literal

from msgspec.structs import replace

from ...kernels.bounded import MOST_METERS, MOST_WARNINGS
from ...kernels.device import DeviceInfo
from ...kernels.errors import InputError
from ...kernels.system.system_files import system_root
from ..interrupts import interruptible
from ..progress import Progress
from ..rates import counted_samples
from ..result.energy import Energy, IdlePower, Telemetry
from ..result.measurement import Measurement
from ..result.warning import WarningRecord
from ..warnings.energy import judge
from .joules.coverage import attribute
from .joules.efficiency import efficiency
from .joules.idle import DEFAULT_IDLE_S, SLOWEST_FOR_DEFAULT_S, idle_power
from .joules.readings import Window, around
from .joules.record import best_figure, energy_record, missing_record, no_meter_reason
from .meter import MeterEntry, MeterFound, MeterInfo, MeterMissing, Scope
from .sampler import MeterSampler
from .telemetry import Probe, ProbeThread, probes_for

LOG = logging.getLogger(__name__)

When = Literal["before", "after"]

SHORTEST_IDLE_S = 1.0
LONGEST_IDLE_S = 3600.0
SLICE_S = 0.25
# Which meters are read where there are more than a result holds: the whole machine's first, parts last.
RANK: tuple[Scope | None, ...] = ("wall", "system", "board", "package", "chip", None, "memory", "part")
NOT_MEASURED = "the device gave no rate, so its energy was not accounted for"


def checked_idle_s(idle_s: float | None) -> float | None:
    """Seconds of idleness to measure: 0 for none, None for what costs little. Raises InputError."""
    if idle_s is None or idle_s == 0 or SHORTEST_IDLE_S <= idle_s <= LONGEST_IDLE_S:
        return idle_s
    raise InputError(
        f"an idle baseline takes {SHORTEST_IDLE_S:g} to {LONGEST_IDLE_S:.0f} s, or 0 for none, not {idle_s:g}; try 10"
    )


@dataclass
class DeviceWindow:
    """When a device worked, and what its probes told meanwhile."""

    window: Window | None = None
    telemetry: list[Telemetry] = field(default_factory=list)


def most_telling(found: Sequence[MeterFound]) -> list[MeterFound]:
    """As many meters as a result holds, in the order given: whole figures before parts, and few of a kind before many.

    A hundred sensors that only a number tells apart are a hundred cores, and the one beside them is their sum.
    """
    alike = Counter(entry.info.id.rstrip(digits) for entry in found)
    ranked = sorted(
        range(len(found)),
        key=lambda index: (RANK.index(found[index].info.scope), alike[found[index].info.id.rstrip(digits)]),
    )
    return [found[index] for index in sorted(ranked[:MOST_METERS])]


class EnergyMeasurement:
    """Use: `begin`, a `window` for each device, `end` (or `stop`, where that is skipped), then `settle` each result."""

    def __init__(self, meters: Sequence[MeterEntry], idle_s: float | None, root: Path | None = None) -> None:
        """The energy of a run by these meters; `idle_s` as `checked_idle_s` gives it, `root` as for the meters."""
        self._missing = [entry for entry in meters if isinstance(entry, MeterMissing)]
        found = [entry for entry in meters if isinstance(entry, MeterFound)]
        kept = most_telling(found)
        self.left_out = [entry.info.id for entry in found if entry not in kept]
        self._sampler = MeterSampler(kept)
        self._asked_idle_s = idle_s
        self._root = system_root() if root is None else root
        self._idle: dict[str, list[IdlePower]] = {}
        self._seen: dict[tuple[str, str], DeviceWindow] = {}

    def begin(self, progress: Progress) -> bool:
        """Begin reading, and measure idleness; tells whether that was interrupted."""
        try:
            interruptible(partial(self._begin, progress))
        except KeyboardInterrupt:
            return True
        return False

    def end(self, progress: Progress, idle: bool) -> None:
        """Measure idleness again where `idle` asks for it, and end reading; an interrupt only cuts that short."""
        with suppress(KeyboardInterrupt):
            if idle:
                interruptible(partial(self.measure_idle, "after", progress))
        self.stop()

    def _begin(self, progress: Progress) -> None:
        self._sampler.start()
        self.measure_idle("before", progress)

    def stop(self) -> None:
        """End reading; a second call does nothing."""
        self._sampler.stop()

    def measure_idle(self, when: When, progress: Progress) -> None:
        """Let the machine idle, and note what the meters see."""
        patient = [info for info in self._sampler.meters if self._idles(info)]
        seconds = DEFAULT_IDLE_S if self._asked_idle_s is None else self._asked_idle_s
        if not patient or not seconds:
            return
        progress.stage("idle", f"idle power {when} the run", seconds)
        start_s = self._sampler.mark()
        limit_s = time.perf_counter() + seconds
        while (left_s := limit_s - time.perf_counter()) > 0:
            time.sleep(min(SLICE_S, left_s))
            progress.advance(min(SLICE_S, left_s), None)
        window = Window(start_s, self._sampler.mark_end())
        for info in patient:
            near = around(self._sampler.points(info.id), window)
            power = idle_power(best_figure(info, near, window)[1], window.seconds, when)
            if power is not None:
                self._idle.setdefault(info.id, []).append(power)

    def _idles(self, info: MeterInfo) -> bool:
        """Whether an idle baseline of this meter is worth its time, or was asked for."""
        oldest_s = max([info.update_s, *(counter.update_s or 0.0 for counter in info.counters)])
        quick = oldest_s <= SLOWEST_FOR_DEFAULT_S and info.interval_s <= SLOWEST_FOR_DEFAULT_S
        return not info.estimated and (quick or self._asked_idle_s is not None)

    @contextmanager
    def window(self, device: DeviceInfo, workload: str) -> Iterator[None]:
        """Whatever happens within counts for that work of the device, also when it ends with an error."""
        seen = self._seen[device.id, workload] = DeviceWindow()
        probes = ProbeThread(self._probes_for(device))
        probes.start()
        start_s = self._sampler.mark()
        try:
            yield
        finally:
            # First the moment itself: waiting for the meters may be interrupted.
            seen.window = Window(start_s, time.perf_counter())
            self._sampler.mark_end()
            probes.stop()
            seen.telemetry = probes.records(seen.window)

    def _probes_for(self, device: DeviceInfo) -> list[Probe]:
        try:
            return probes_for(device, self._root)
        except Exception:
            # Clocks and temperatures are worth less than the measurement.
            LOG.info("%s: no telemetry", device.id, exc_info=True)
            return []

    def settle(self, device: DeviceInfo, result: Measurement) -> Measurement:
        """The device's result with its energy, what it cost to read it, and what makes it less sure."""
        seen = self._seen.get((device.id, result.workload), DeviceWindow())
        if not self._sampler.meters:
            energy: list[Energy] = [missing_record(no_meter_reason(self._missing))]
        elif seen.window is None or result.rate is None:
            energy = [missing_record(NOT_MEASURED)]
        else:
            energy = [self._record(info, device, seen.window, result) for info in self._sampler.meters]
        loads = [sample.other_load for sample in counted_samples(result) if sample.other_load is not None]
        warnings: list[WarningRecord] = []
        for record in energy:
            warnings.extend(judge(record, statistics.fmean(loads) if loads else None))
        return replace(
            result,
            energy=tuple(energy),
            telemetry=tuple(seen.telemetry) if result.rate is not None else (),
            warnings=(*result.warnings, *warnings)[:MOST_WARNINGS],
        )

    def _record(self, info: MeterInfo, device: DeviceInfo, window: Window, result: Measurement) -> Energy:
        points = self._sampler.points(info.id)
        record = energy_record(info, points, window, attribute(info, device), self._idle.get(info.id, ()))
        return replace(record, efficiency=efficiency(record, result.rate, result.amount, result.seconds))
