"""How the ladder's charts look: colour and shape tell the rung, the fill what a figure is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..ladder.devices import LadderDevice
from ..ladder.points import Point
from ..ladder.reference import RUNGS, Rung
from .style import INK, MUTED, PAPER, colour_of

RUNG_SHAPES: dict[Rung, str] = {"cpu": "o", "gpu": "s", "fpga": "D", "asic": "^"}
_SIZES: dict[Rung, float] = {"cpu": 6.5, "gpu": 6, "fpga": 6, "asic": 6.5}
OWN_SIZE = 11.0
# More of the user's devices than these would cover one another.
FEW_OWN = 12

Standing = Literal["counts", "cited", "worked out", "modelled"]
STANDINGS: tuple[Standing, ...] = ("modelled", "worked out", "cited", "counts")
_WORDS: dict[Standing, str] = {
    "counts": "cited, counts",
    "cited": "cited, does not count",
    "worked out": "derived or estimated",
    "modelled": "modelled by us",
}


_FILLS: dict[Standing, Any] = {"counts": "full", "cited": "full", "worked out": "bottom", "modelled": "left"}


def standing_of(device: LadderDevice) -> Standing:
    """What a published device's figure is worth: in the medians, cited only, arithmetic of others, or our model."""
    if device.origin == "modelled":
        return "modelled"
    if device.origin != "cited":
        return "worked out"
    return "counts" if device.counted else "cited"


def rung_mark(rung: Rung, standing: Standing, colour: str | None = None) -> dict[str, Any]:
    """The marker of a published device: keyword arguments of `Axes.plot`."""
    shade = colour or colour_of(rung)
    size = _SIZES[rung] * (1 if standing == "counts" else 0.85)
    return {
        "marker": RUNG_SHAPES[rung],
        "markersize": size,
        "markeredgecolor": shade if standing != "counts" else PAPER,
        "markeredgewidth": 0.6 if standing == "counts" else 1.1,
        "markerfacecolor": PAPER if standing == "cited" else shade,
        "markerfacecoloralt": PAPER,
        "fillstyle": _FILLS[standing],
        "linestyle": "none",
    }


def own_mark(rung: Rung, measured: bool, crowd: int = 1) -> dict[str, Any]:
    """The marker of one of a crowd of the user's devices: large and ringed, hollow where it was not measured."""
    alone = crowd <= FEW_OWN
    return {
        "marker": RUNG_SHAPES[rung],
        "markersize": OWN_SIZE if alone else OWN_SIZE * 0.6,
        "markeredgecolor": INK,
        "markeredgewidth": 2 if alone else 0.9,
        "markerfacecolor": colour_of(rung) if measured else PAPER,
        "linestyle": "none",
    }


def is_rate_measured(point: Point) -> bool:
    """Whether the rate of one of the user's devices was measured: what it says of itself is drawn hollow."""
    return point.origin == "measured"


def is_energy_metered(point: Point) -> bool:
    """Whether a meter saw the energy of one of the user's devices, be it the device's own."""
    return (point.energy_origin or point.origin) in ("measured", "reported")


def draw_devices(axes: Axes, placed: Iterable[tuple[LadderDevice, float, float]]) -> None:
    """Published devices at their places, those that count on top."""
    groups: dict[tuple[int, Standing, Rung], list[tuple[float, float]]] = {}
    for device, x, y in placed:
        standing = standing_of(device)
        groups.setdefault((STANDINGS.index(standing), standing, device.rung), []).append((x, y))
    for order, standing, rung in sorted(groups):
        places = groups[order, standing, rung]
        axes.plot(*zip(*places, strict=True), zorder=3 + order / 10, **rung_mark(rung, standing))


def ladder_handles(standings: Iterable[Standing], own: bool, narrow: bool) -> list[Line2D]:
    """Legend entries: the rungs by shape and colour, the fills and the user's ring; a row each, or a column each."""
    present = set(standings)
    rungs = [Line2D([], [], label=rung.upper(), **rung_mark(rung, "counts")) for rung in RUNGS]
    fills = [
        Line2D([], [], label=_WORDS[standing], **rung_mark("cpu", standing, MUTED))
        for standing in reversed(STANDINGS)
        if standing in present
    ]
    ring = [Line2D([], [], label="your device", **{**own_mark("cpu", True), "markerfacecolor": MUTED})] if own else []
    words = [*fills, *ring]
    if narrow:
        return [*rungs, *words]
    # A legend is filled column by column: one of each in turn makes two rows.
    words += [Line2D([], [], linestyle="none", label="") for _ in range(len(rungs) - len(words))]
    paired = [handle for pair in zip(rungs, words, strict=False) for handle in pair]
    return [*paired, *words[len(rungs) :]]


def legend_rows(narrow: bool) -> int:
    """How many rows the legend has."""
    return len(RUNGS) if narrow else 2


def legend_columns(handles: Sequence[Line2D], narrow: bool) -> int:
    """How many columns the legend has."""
    return 2 if narrow else -(-len(handles) // 2)


def spread(places: Sequence[float], gap: float) -> list[float]:
    """The places moved apart to be at least `gap` from one another, in their order and about where they were.

    >>> spread([0.0, 1.0, 50.0], 10.0)
    [-4.5, 5.5, 50.0]
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    # Places that touch are moved as one block around their common middle, until no two blocks touch.
    blocks: list[tuple[float, list[int]]] = []
    for index in order:
        middle, members = places[index], [index]
        while blocks and middle - blocks[-1][0] < gap * (len(members) + len(blocks[-1][1])) / 2:
            before, earlier = blocks.pop()
            total = len(members) + len(earlier)
            middle = (middle * len(members) + before * len(earlier)) / total
            members = earlier + members
        blocks.append((middle, members))
    moved = list(places)
    for middle, members in blocks:
        for position, index in enumerate(members):
            moved[index] = middle + gap * (position - (len(members) - 1) / 2)
    return moved
