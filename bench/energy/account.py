"""The energy of one device's work: a window for each of its rounds, and what the meters and probes told in those."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from ...kernels.bounded import MOST_WARNINGS
from ...kernels.device import DeviceInfo
from ..rates import counted_samples
from ..result.energy import Energy, IdlePower
from ..result.measurement import Measurement
from ..result.warning import WarningRecord
from ..warnings.energy import judge
from ..warnings.judge import judge_told_clock
from .joules.coverage import attribute
from .joules.efficiency import efficiency
from .joules.readings import Window
from .joules.record import energy_record, missing_record, no_meter_reason
from .meter import MeterInfo, MeterMissing
from .sampler import MeterSampler
from .telemetry import Probe, ProbeThread, State, probes_for, records_of

LOG = logging.getLogger(__name__)
NOT_MEASURED = "the device gave no rate, so its energy was not accounted for"


class DeviceEnergy:
    """Use: a `window` around the samples of each round, `complete` after the last, `settle` when the run is over."""

    def __init__(
        self,
        device: DeviceInfo,
        sampler: MeterSampler,
        idle: Mapping[str, Sequence[IdlePower]],
        missing: Sequence[MeterMissing],
        root: Path,
    ) -> None:
        """An account without windows; `idle` is filled in until it is settled."""
        self._device = device
        self._sampler = sampler
        self._idle = idle
        self._missing = missing
        self._root = root
        self._windows: list[Window] = []
        self._probes: list[Probe] | None = None
        self._states: dict[str, list[State]] = {}

    @contextmanager
    def window(self) -> Iterator[None]:
        """Whatever happens within counts for the device, also when it ends with an error."""
        if self._probes is None:
            self._probes = self._found_probes()
        probes = ProbeThread(self._probes, states=self._states)
        probes.start()
        # Readings come often enough for the later rounds: a wait would let the device, which has warmed up, cool.
        start_s = self._sampler.mark_now() if self._windows else self._sampler.mark()
        try:
            yield
        finally:
            self._windows.append(Window(start_s, time.perf_counter()))
            self._sampler.mark_now()
            probes.stop()

    def add(self, window: Window) -> None:
        """A window that somebody else has timed, on the clock of `time.perf_counter`."""
        self._windows.append(window)

    def complete(self) -> None:
        """Let the meters be read once more after the last window."""
        if self._windows:
            self._sampler.mark_end()

    def settle(self, result: Measurement) -> Measurement:
        """The device's result with its energy, what it cost to read it, and what makes it less sure."""
        # A round without a sample, which an interrupt has ended, is the last and is not in the result.
        counted = [window for window, one in zip(self._windows, result.rounds, strict=False) if one.counted]
        if not self._sampler.meters:
            energy: list[Energy] = [missing_record(no_meter_reason(self._missing))]
        elif not counted or result.rate is None:
            energy = [missing_record(NOT_MEASURED)]
        else:
            energy = [self._record(info, counted, result) for info in self._sampler.meters]
        loads = [sample.other_load for sample in counted_samples(result) if sample.other_load is not None]
        warnings: list[WarningRecord] = []
        for record in energy:
            warnings.extend(judge(record, statistics.fmean(loads) if loads else None))
        telemetry = tuple(records_of(self._states, counted)) if result.rate is not None else ()
        return replace(
            result,
            energy=tuple(energy),
            telemetry=telemetry,
            warnings=(*judge_told_clock(result.warnings, telemetry), *warnings)[:MOST_WARNINGS],
        )

    def _record(self, info: MeterInfo, windows: Sequence[Window], result: Measurement) -> Energy:
        points = self._sampler.points(info.id)
        record = energy_record(info, points, windows, attribute(info, self._device), self._idle.get(info.id, ()))
        return replace(record, efficiency=efficiency(record, result.rate, result.amount, result.seconds))

    def _found_probes(self) -> list[Probe]:
        try:
            return probes_for(self._device, self._root)
        except Exception:
            # Clocks and temperatures are worth less than the measurement.
            LOG.info("%s: no telemetry", self._device.id, exc_info=True)
            return []
