"""The progression CPU → GPU → FPGA → ASIC: every figure as a point, and medians and ratios per rung.

Two sources about one device are two points and are never averaged. A rung's median is taken over its
devices, once with each device's lowest and once with its highest source: the two bound what the
sources leave open, and are the same where none disagree. Only cited figures count in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from ...bench.result.model import Origin
from ...kernels.opencl.predict import Gpu, known_gpus, predict
from .modelled import efficiency_bounds, modelled_devices
from .reference import RUNGS, ReferenceDevice, Rung, reference_devices


class Point(Struct, frozen=True, kw_only=True):
    """One device as one source has it. `year` may hold a fraction where a day is known.

    `energy_origin` is the efficiency's, where it is another one than the hashrate's;
    `efficiency_low` and `efficiency_high` are its bounds in J/TH, where it has any.
    """

    device: str
    label: str
    rung: Rung
    origin: Origin
    year: float | None
    hashrate_hs: float | None
    efficiency_j_per_th: float | None
    source: str
    energy_origin: Origin | None = None
    efficiency_low: float | None = None
    efficiency_high: float | None = None


class MedianRange(Struct, frozen=True, kw_only=True):
    """The median of a rung: its bounds over the sources' disagreements, and what stands behind it."""

    low: float
    high: float
    devices: int
    figures: int
    sources: int


class RungSummary(Struct, frozen=True, kw_only=True):
    """The medians of one rung; None where no source states the figure."""

    rung: Rung
    hashrate_hs: MedianRange | None
    efficiency_j_per_th: MedianRange | None


class RungRatio(Struct, frozen=True, kw_only=True):
    """How many times better one rung is than the one before (above 1 is better); None where one side is unknown."""

    lower: Rung
    upper: Rung
    hashrate: tuple[float, float] | None
    efficiency: tuple[float, float] | None


class Progression(Struct, frozen=True, kw_only=True):
    """Everything that the ladder shows."""

    points: tuple[Point, ...]
    rungs: tuple[RungSummary, ...]
    steps: tuple[RungRatio, ...]


def progression(own: Iterable[Point] = ()) -> Progression:
    """The ladder from our data files and `own` points (the user's measured ones)."""
    known = [*map(point_of, reference_devices()), *map(point_of, modelled_devices()), *map(point_of_gpu, known_gpus())]
    rungs = tuple(summary(rung, known) for rung in RUNGS)
    steps = tuple(step(lower, upper) for lower, upper in pairwise(rungs))
    return Progression(points=(*known, *own), rungs=rungs, steps=steps)


def point_of(row: ReferenceDevice) -> Point:
    """The point that a row is, with the bounds of its efficiency where it is a model of ours."""
    low, high = efficiency_bounds().get(row.name, (None, None))
    return Point(
        device=row.device,
        label=row.name,
        rung=row.kind,
        origin=row.origin,
        year=row.year,
        hashrate_hs=row.hashrate_hs,
        efficiency_j_per_th=row.efficiency_j_per_th,
        source=row.source,
        efficiency_low=low,
        efficiency_high=high,
    )


def point_of_gpu(gpu: Gpu) -> Point:
    """A GPU that is not at hand: its hashrate modelled from its units, lanes and clock; its energy unknown."""
    return Point(
        device=gpu.name,
        label=gpu.name,
        rung="gpu",
        origin="modelled",
        year=None,
        hashrate_hs=predict(gpu.name).hashrate_hs,
        efficiency_j_per_th=None,
        source=f"units × lanes × boost clock ÷ instructions a hash; units and clock from {gpu.source}",
    )


def summary(rung: Rung, points: Iterable[Point]) -> RungSummary:
    """The medians of the cited points on `rung`."""
    cited = [point for point in points if point.rung == rung and point.origin == "cited"]
    return RungSummary(
        rung=rung,
        hashrate_hs=middle(cited, lambda point: point.hashrate_hs),
        efficiency_j_per_th=middle(cited, lambda point: point.efficiency_j_per_th),
    )


def middle(points: Sequence[Point], figure: Callable[[Point], float | None]) -> MedianRange | None:
    """The median over devices of one figure."""
    by_device: dict[str, list[float]] = {}
    sources = set()
    for point in points:
        value = figure(point)
        if value is not None:
            by_device.setdefault(point.device, []).append(value)
            sources.add(point.source)
    if not by_device:
        return None
    return MedianRange(
        low=median(map(min, by_device.values())),
        high=median(map(max, by_device.values())),
        devices=len(by_device),
        figures=sum(map(len, by_device.values())),
        sources=len(sources),
    )


def step(lower: RungSummary, upper: RungSummary) -> RungRatio:
    """The ratios from one rung to the next: more hashes a second, less energy a hash."""
    return RungRatio(
        lower=lower.rung,
        upper=upper.rung,
        hashrate=times(upper.hashrate_hs, lower.hashrate_hs),
        efficiency=times(lower.efficiency_j_per_th, upper.efficiency_j_per_th),
    )


def times(numerator: MedianRange | None, denominator: MedianRange | None) -> tuple[float, float] | None:
    """The bounds of a ratio of medians."""
    if numerator is None or denominator is None:
        return None
    return numerator.low / denominator.high, numerator.high / denominator.low
