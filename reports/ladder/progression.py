"""The progression CPU → GPU → FPGA → ASIC: every figure, the devices, each rung in its own time, the best so far.

Two sources about one device are two points, and both are shown. In a median a device counts once, at the median
of its sources; what each device's lowest or highest source would make of it stands beside. Only cited figures of
whole devices count, and outliers do not; all others are drawn beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from msgspec import Struct

from ...kernels.opencl.predict import known_gpus
from .devices import LadderDevice, ladder_devices
from .frontier import Best, frontier_of
from .modelled import modelled_devices
from .points import Point, point_of, point_of_gpu
from .reference import reference_devices
from .rungs import RungRatio, RungSummary, rungs_of, steps_of, today_of


class Progression(Struct, frozen=True, kw_only=True):
    """Everything that the ladder shows. `own` are the user's devices; they are the last of `points`, and move nothing.

    `today` is the last rung's newest two years.
    """

    points: tuple[Point, ...]
    own: tuple[Point, ...]
    devices: tuple[LadderDevice, ...]
    rungs: tuple[RungSummary, ...]
    steps: tuple[RungRatio, ...]
    today: RungSummary
    frontier: tuple[Best, ...]


def progression(own: Iterable[Point] = ()) -> Progression:
    """The ladder from our data files and `own` points (the user's measured ones)."""
    return progression_from(known_points(), own)


def progression_from(known: Iterable[Point], own: Iterable[Point] = ()) -> Progression:
    """The ladder from these points and the user's own."""
    points, mine = tuple(known), tuple(own)
    devices = ladder_devices(points)
    rungs = rungs_of(devices)
    return Progression(
        points=(*points, *mine),
        own=mine,
        devices=devices,
        rungs=rungs,
        steps=steps_of(rungs),
        today=today_of(devices),
        frontier=frontier_of(devices),
    )


@cache
def known_points() -> tuple[Point, ...]:
    """What the data files and our models say."""
    return (
        *map(point_of, reference_devices()),
        *map(point_of, modelled_devices()),
        *map(point_of_gpu, known_gpus()),
    )
