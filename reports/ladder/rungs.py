"""The rungs: each in its own time, with the median of its devices and the ratio to the rung before.

The last rung ended the others: once there were ASICs, nothing else was worth its current. So a rung's own
time runs from its first device to the eve of the last rung's first; that of the last rung is its first two
years, and *today* its newest two. Medians over all years would hide the steps: GPUs of 2023 need less energy
than FPGAs of 2011.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from .devices import LadderDevice
from .reference import RUNGS, Rung

# The last rung's own time, and today, in calendar years.
YEARS = 2
UNSAID = "not said"


class MedianRange(Struct, frozen=True, kw_only=True):
    """A median over devices, each at the median of its sources; what it would be with each one's lowest and highest."""

    median: float
    low: float
    high: float
    devices: int
    figures: int
    sources: int


class RungSummary(Struct, frozen=True, kw_only=True):
    """One rung in a span of years (both included, those of its first and its last device); None where it has none.

    `scopes`: how many of the energy figures are of which power scope.
    """

    rung: Rung
    first_year: int | None
    last_year: int | None
    hashrate_hs: MedianRange | None
    efficiency_j_per_th: MedianRange | None
    scopes: dict[str, int]

    @property
    def devices(self) -> int:
        """How many devices the medians stand on."""
        return self.efficiency_j_per_th.devices if self.efficiency_j_per_th else 0


class RungRatio(Struct, frozen=True, kw_only=True):
    """How many times better one rung is than the one before (above 1 is better); None where one side is unknown.

    The ratios of the medians, and their bounds over the sources' disagreements.
    """

    lower: Rung
    upper: Rung
    hashrate: tuple[float, float] | None
    efficiency: tuple[float, float] | None
    hashrate_ratio: float | None
    efficiency_ratio: float | None


def rungs_of(devices: Iterable[LadderDevice]) -> tuple[RungSummary, ...]:
    """Every rung in its own time."""
    counted = [device for device in devices if device.counted]
    return tuple(summary(rung, own_time(rung, counted)) for rung in RUNGS)


def own_time(rung: Rung, counted: Sequence[LadderDevice]) -> list[LadderDevice]:
    """The counted devices of a rung's own time."""
    last = [year_of(device) for device in counted if device.rung == RUNGS[-1]]
    peers = [device for device in counted if device.rung == rung]
    if rung == RUNGS[-1]:
        return [device for device in peers if year_of(device) < min(last) + YEARS]
    return [device for device in peers if not last or year_of(device) < min(last)]


def today_of(devices: Iterable[LadderDevice]) -> RungSummary:
    """The last rung in its newest two years."""
    peers = [device for device in devices if device.counted and device.rung == RUNGS[-1]]
    newest = max((year_of(device) for device in peers), default=0)
    return summary(RUNGS[-1], [device for device in peers if year_of(device) > newest - YEARS])


def year_of(device: LadderDevice) -> int:
    """The calendar year of a device with a release."""
    assert device.released is not None
    return int(device.released[:4])


def summary(rung: Rung, devices: Sequence[LadderDevice]) -> RungSummary:
    """The medians of these devices of one rung."""
    years = [year_of(device) for device in devices]
    scopes = Counter(scope or UNSAID for device in devices for scope in device.scopes)
    return RungSummary(
        rung=rung,
        first_year=min(years, default=None),
        last_year=max(years, default=None),
        hashrate_hs=middle(devices, lambda device: device.rates),
        efficiency_j_per_th=middle(devices, lambda device: device.efficiencies),
        scopes=dict(sorted(scopes.items(), key=lambda item: (-item[1], item[0]))),
    )


def middle(devices: Iterable[LadderDevice], figures: Callable[[LadderDevice], tuple[float, ...]]) -> MedianRange | None:
    """The median over the devices that have the figure."""
    known = [(device, figures(device)) for device in devices if figures(device)]
    if not known:
        return None
    return MedianRange(
        median=median(median(values) for _, values in known),
        low=median(min(values) for _, values in known),
        high=median(max(values) for _, values in known),
        devices=len(known),
        figures=sum(len(values) for _, values in known),
        sources=len({source for device, _ in known for source in device.sources}),
    )


def steps_of(rungs: Sequence[RungSummary]) -> tuple[RungRatio, ...]:
    """From each rung to the next."""
    return tuple(step(lower, upper) for lower, upper in pairwise(rungs))


def step(lower: RungSummary, upper: RungSummary) -> RungRatio:
    """The ratios from one rung to the next: more hashes a second, less energy a hash."""
    rates, energies = (upper.hashrate_hs, lower.hashrate_hs), (lower.efficiency_j_per_th, upper.efficiency_j_per_th)
    return RungRatio(
        lower=lower.rung,
        upper=upper.rung,
        hashrate=times(*rates),
        efficiency=times(*energies),
        hashrate_ratio=ratio(*rates),
        efficiency_ratio=ratio(*energies),
    )


def times(numerator: MedianRange | None, denominator: MedianRange | None) -> tuple[float, float] | None:
    """The bounds of a ratio of medians."""
    if numerator is None or denominator is None:
        return None
    return numerator.low / denominator.high, numerator.high / denominator.low


def ratio(numerator: MedianRange | None, denominator: MedianRange | None) -> float | None:
    """A ratio of medians."""
    return None if numerator is None or denominator is None else numerator.median / denominator.median
