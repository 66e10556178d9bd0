"""The roof of what a session measures: ceilings measured in between its rounds, or what its task tells in the end.

Bandwidth wanders, so that a ceiling measured once, before or after, would be that of another minute.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ...kernels.device import AnyDevice, Ceiling, Executes, Roof
from ...kernels.errors import DeviceError
from ...kernels.workloads.ceilings import PROBES, Probe
from ...kernels.workloads.roof import smallest_ceiling
from ..result.measurement import Round


class RoofMeter:
    """The ceilings that a work takes anything of, measured after each of its rounds."""

    def __init__(self, device: AnyDevice, counts: Mapping[str, float]) -> None:
        """`counts`: how much of each ceiling's unit a unit of work takes; the device is open."""
        self._device = device
        self._counts = {name: count for name, count in counts.items() if count > 0}
        self._probes: dict[str, Probe] | None = None
        self._rates: list[Mapping[str, float]] = []
        self.failure: str | None = None

    @property
    def is_needed(self) -> bool:
        """Whether there are ceilings to measure, and nothing has failed so far."""
        return bool(self._counts) and self.failure is None

    def measure(self) -> None:
        """Measure them now, the first time after getting ready. What fails costs the roof, and nothing else."""
        if not self.is_needed:
            return
        try:
            if self._probes is None:
                self._probes = self._made()
            self._rates.append({name: probe.rate() for name, probe in self._probes.items()})
        except DeviceError as error:
            self.failure = str(error)

    def roof(self, rounds: Sequence[Round]) -> Roof | None:
        """The smallest of the ceilings over the rounds that count, each as long as it was sampled."""
        if self.failure is not None or not self._probes:
            return None
        seconds = [
            math.fsum(sample.seconds for sample in one.samples) if one.counted else 0.0
            for one, _ in zip(rounds, self._rates, strict=False)
        ]
        total_s = math.fsum(seconds)
        if not total_s:
            return None
        return smallest_ceiling(
            Ceiling(
                name=name,
                unit=probe.unit,
                rate_per_s=math.fsum(rates[name] * part for rates, part in zip(self._rates, seconds, strict=False))
                / total_s,
                explanation=f"{probe.explanation}, measured after each round",
                count=self._counts[name],
            )
            for name, probe in self._probes.items()
        )

    def _made(self) -> dict[str, Probe]:
        unknown = [name for name in self._counts if name not in PROBES]
        if unknown:
            raise DeviceError(f"nothing measures the ceiling {unknown[0]!r:.40}; update hashwatt")
        if not isinstance(self._device, Executes) or not self._device.info.languages:
            raise DeviceError(f"{self._device.info.id} executes no kernels that could measure its ceilings")
        if self._device.info.simulator:
            # Its rate says nothing about hardware, and a burst may take a minute.
            return {}
        return {name: PROBES[name](self._device) for name in self._counts}
