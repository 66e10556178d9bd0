"""The roof of what a session measures: ceilings measured in between its rounds, or what its task tells in the end.

Bandwidth wanders, so that a ceiling measured once, before or after, would be that of another minute.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace

from ...kernels.device import AnyDevice, Ceiling, DeviceInfo, Executes, Roof
from ...kernels.errors import DeviceCrashed, DeviceError, DeviceHung
from ...kernels.workloads.bursts import forget
from ...kernels.workloads.ceilings import PROBES, Probe
from ...kernels.workloads.memory_ceiling import MemoryProbe
from ...kernels.workloads.near_cache import NearCache
from ...kernels.workloads.protocol import Lent
from ...kernels.workloads.roof import smallest_ceiling
from ..result.from_device import MOST_OF_ROOF
from ..result.measurement import Round

LOG = logging.getLogger(__name__)
USUALLY = "measured after each round"
ONCE = "measured after the first round alone, being far above what binds"
EARLIER = "measured beside earlier work of this run, being far above what binds"
AGAIN = "measured again at the end, since the work had beaten what was measured after each round"
# Ceilings that the work has beaten are measured again so many times, each the best of some, before there is no share.
MOST_AGAIN = 3
TIMES_AGAIN = 5
# A ceiling that allows so many times as much as the smallest binds in no later round either. Nor does one that did so
# beside earlier work, some minutes ago: measuring memory's takes arrays of some GiB beside a server's cache.
FAR_ABOVE, FAR_ABOVE_EARLIER = 4, 8
# Of these a host has no less for each core: a ceiling of them that could not be measured, and would bind below that
# only, does not bind. (One channel of DDR3-800 moves 6.4 GB/s at most, for four cores; twelve of DDR5-6000 move 576,
# for 384 threads.) Of a GPU's units nobody knows: Intel counts 96 where one channel of DDR4 moves 25 GB/s.
SURELY_THERE = {"memory": 1e9}


def is_loss(error: Exception) -> bool:
    """Whether the device hung or died, rather than refused something."""
    return isinstance(error, DeviceHung | DeviceCrashed)


def is_beaten(roof: Roof, rounds: Sequence[Round]) -> bool:
    """Whether the rounds that count were faster than the roof, by more than two measurements may differ."""
    samples = [sample for one in rounds if one.counted for sample in one.samples]
    seconds = math.fsum(sample.seconds for sample in samples)
    amount = math.fsum(sample.amount for sample in samples)
    return seconds > 0 and 100 * amount / seconds > MOST_OF_ROOF * roof.rate_per_s


def best_roof(measured: Callable[[], Roof | None], rounds: Sequence[Round]) -> Roof | None:
    """A roof that a task measures itself: where the work beat it again, as often as ceilings; the highest counts."""
    best = measured()
    for _ in range(MOST_AGAIN):
        if best is None or not is_beaten(best, rounds):
            break
        again = measured()
        if again is not None and again.rate_per_s > best.rate_per_s:
            best = again
    return best


def why_no_roof(info: DeviceInfo) -> str | None:
    """Why there may be no roof on this device, as far as that is known beforehand."""
    return "a simulator's would say nothing about hardware" if info.simulator else None


@dataclass(frozen=True)
class Told:
    """What was measured of a ceiling last."""

    rate_per_s: float
    unit: str
    name: str
    explanation: str


class RoofMeter:
    """The ceilings that a work takes anything of, measured after each of its rounds.

    Those far above the smallest are measured once, or not at all where that was seen beside earlier work of the run.
    """

    def __init__(
        self,
        device: AnyDevice,
        counts: Mapping[str, float],
        told: MutableMapping[str, Told] | None = None,
        lent: Callable[[], Sequence[Lent]] = tuple,
    ) -> None:
        """`counts`: how much of each ceiling's unit a unit of work takes; the device is open.

        `told`: what was measured of this device so far in this run, by ceiling; more is added. `lent`: memory that the
        work lends between its rounds.
        """
        self._device = device
        self._lent = lent
        self._counts = {name: count for name, count in counts.items() if count > 0}
        self._told: MutableMapping[str, Told] = {} if told is None else told
        self._probes: dict[str, Probe] = {}
        self._rates: list[Mapping[str, float]] = []
        # Those that may bind, as far as this work has met them.
        self._near = {name for name in self._counts if name not in self._told}
        self._again: dict[str, float] = {}
        # Why, of those that cannot be measured here.
        self._missing: dict[str, str] = {}
        self.failure: str | None = None
        # Whether the device hung or died meanwhile.
        self.lost = False

    @property
    def is_needed(self) -> bool:
        """Whether there are ceilings to measure, and nothing has failed so far."""
        return bool(self._counts) and self.failure is None

    def measure(self) -> None:
        """Measure them now, the first time after getting ready. What fails costs the roof, and nothing else."""
        # A simulator's rate says nothing about hardware, and a burst may take a minute.
        if not self.is_needed or self._device.info.simulator:
            return
        try:
            self._refuse()
            rates = self._rates_of(name for name in self._counts if name in self._near)
            while near := self._near_unmet(rates):
                rates |= self._rates_of(near)
        except DeviceError as error:
            self.failure = str(error)
            self.lost = is_loss(error)
            return
        self.failure = self._why_unknown(rates)
        self._rates.append(rates)
        self._near = self._below(FAR_ABOVE, rates)

    def _rates_of(self, names: Iterable[str]) -> dict[str, float]:
        """Of these ceilings, now; of what cannot be measured here the reason is kept. Raises DeviceError."""
        rates = {}
        for name in names:
            try:
                rates[name] = self._rate(name)
            except DeviceError as error:
                if name in self._probes or is_loss(error):
                    raise
                self._missing[name] = str(error)
        return rates

    def _why_unknown(self, rates: Mapping[str, float]) -> str | None:
        """Why there is no roof without what could not be measured; None where it does not bind."""
        known, info = [rate / self._counts[name] for name, rate in rates.items()], self._device.info
        units = (info.compute_units or 1) if info.kind != "gpu" else 0
        for name, reason in self._missing.items():
            if not known or min(known) * self._counts[name] > units * SURELY_THERE.get(name, 0.0):
                return reason
        return None

    @property
    def near_cache(self) -> NearCache | None:
        """That a ceiling which may bind was measured with too little to be beyond the caches."""
        near = (probe.near_cache for name, probe in self._probes.items() if name in self._near)
        return next((each for each in near if each is not None), None)

    def _near_unmet(self, rates: Mapping[str, float]) -> set[str]:
        """Those of earlier work that may bind this one, which allows so much now."""
        measured = self._probes.keys() | self._missing.keys()
        earlier = {name: self._told[name].rate_per_s for name in self._counts if name not in measured}
        return self._below(FAR_ABOVE_EARLIER, {**rates, **earlier}) & set(earlier)

    def _below(self, times: float, rates: Mapping[str, float]) -> set[str]:
        """Those that allow less than so many times as much as the smallest."""
        allowed = {name: rate / self._counts[name] for name, rate in rates.items()}
        return {name for name, most in allowed.items() if most < times * min(allowed.values())}

    def _rate(self, name: str) -> float:
        """Of one ceiling, now. Raises DeviceError."""
        assert isinstance(self._device, Executes)
        probe = self._probes.get(name) or self._new_probe(name, self._device)
        self._probes[name], rate = probe, probe.rate()
        self._told[name] = Told(rate, probe.unit, f"{name} ({probe.way})" if probe.way else name, probe.explanation)
        return rate

    def _new_probe(self, name: str, device: Executes) -> Probe:
        kind = PROBES[name]
        return MemoryProbe(device, self._lent()) if kind is MemoryProbe else kind(device)

    def roof(self, rounds: Sequence[Round]) -> Roof | None:
        """The smallest of the ceilings over the rounds that count, each as long as it was sampled.

        Where the work beat that, they were measured in bad moments: some more times then, of which the best counts.
        """
        roof = self._roof(rounds)
        for attempt in range(MOST_AGAIN):
            if roof is None or not is_beaten(roof, rounds):
                break
            self._measure_again(anew=attempt > 0)
            roof = self._roof(rounds)
        return roof

    def _measure_again(self, anew: bool) -> None:
        """Measure them, by whatever is fastest now where they are found out `anew`. What fails costs nothing.

        The probes stay: new ones would hold new arrays beside the old ones, and those of a server take GiBs.
        """
        try:
            if anew and isinstance(self._device, Executes):
                forget(self._device)
            for probe in self._probes.values() if anew else ():
                probe.anew()
            for name in self._probes:
                best = max(self._rate(name) for _ in range(TIMES_AGAIN))
                self._again[name] = max(best, self._again.get(name, 0.0))
        except DeviceError as error:
            self.lost = self.lost or is_loss(error)
            LOG.info("%s: its ceilings were not measured again: %s", self._device.info.id, error)

    def _roof(self, rounds: Sequence[Round]) -> Roof | None:
        if self.failure is not None or not self._rates:
            return None
        seconds = [
            math.fsum(sample.seconds for sample in one.samples) if one.counted else 0.0
            for one, _ in zip(rounds, self._rates, strict=False)
        ]
        if not math.fsum(seconds):
            return None
        means = {name: self._mean(name, seconds) for name in self._counts if name not in self._missing}
        roof = smallest_ceiling(
            Ceiling(
                name=self._told[name].name,
                unit=self._told[name].unit,
                rate_per_s=max(mean, self._again.get(name, 0.0)),
                explanation=f"{self._told[name].explanation}, {self._when(name, mean)}",
                count=self._counts[name],
            )
            for name, mean in means.items()
        )
        return roof if roof is None else replace(roof, explanation=" ".join([roof.explanation, *self._left_out(roof)]))

    def _left_out(self, roof: Roof) -> list[str]:
        """Of each ceiling that was not measured, why, and below what it would bind: memory's (see SURELY_THERE)."""
        return [
            f"Its {name} was not measured ({reason}); it would bind below "
            f"{roof.rate_per_s * self._counts[name] / 1e9:.2g} GB/s."
            for name, reason in self._missing.items()
        ]

    def _mean(self, name: str, seconds: Sequence[float]) -> float:
        """Over the rounds that it was measured after, each as long as it was sampled; else of what was measured."""
        if name not in self._probes:
            return self._told[name].rate_per_s
        rates = [(one[name], part) for one, part in zip(self._rates, seconds, strict=False) if name in one]
        total_s = math.fsum(part for _, part in rates)
        if not rates:
            # It came into sight after the last round that has samples.
            return self._told[name].rate_per_s
        if not total_s:
            return math.fsum(rate for rate, _ in rates) / len(rates)
        return math.fsum(rate * part for rate, part in rates) / total_s

    def _when(self, name: str, mean: float) -> str:
        if name not in self._probes:
            return EARLIER
        if self._again.get(name, 0.0) > mean:
            return AGAIN
        return USUALLY if name in self._near else ONCE

    def _refuse(self) -> None:
        """Raise DeviceError where ceilings are not measured."""
        unknown = [name for name in self._counts if name not in PROBES]
        if unknown:
            raise DeviceError(f"nothing measures the ceiling {unknown[0]!r:.40}; update hashwatt")
        if not isinstance(self._device, Executes) or not self._device.info.languages:
            raise DeviceError(f"{self._device.info.id} executes no kernels that could measure its ceilings")
