"""The second view of the progression: a column a rung, with the medians of each rung's own time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from ..ladder.devices import LadderDevice
from ..ladder.points import Point
from ..ladder.progression import Progression
from ..ladder.reference import RUNGS
from ..ladder.rungs import MedianRange, RungSummary, own_time
from ..ladder.story import short_energy
from .canvas import Chart, Frame
from .ladder import legend_px, rate_words
from .ladder_marks import (
    draw_devices,
    is_energy_metered,
    is_rate_measured,
    ladder_handles,
    legend_columns,
    own_mark,
    standing_of,
)
from .ladder_names import look_of
from .scales import logarithmic, prefixed
from .style import FONT_PX, colour_of

PANEL_PX = 300
LABEL_PX = 44
GAP_PX = 38
SPREAD = 0.62

Value = Callable[[LadderDevice], float | None]
OwnValue = Callable[[Point], float | None]
Summary = Callable[[RungSummary], MedianRange | None]


def rung_chart(ladder: Progression, name: str) -> Chart:
    """Efficiency and hashrate by rung: the devices of its own time and our models, the user's among them."""
    shown = devices_of(ladder)
    told = "; ".join(
        f"{rung.rung.upper()} {energy_text(rung.efficiency_j_per_th)} J/TH, {rate_text(rung.hashrate_hs)}"
        for rung in ladder.rungs
    )
    return Chart(
        name=name,
        title="The progression by rung, each in its own time",
        alt=f"Medians of the counted devices: {told}.",
        caption=(
            f"The {sum(device.counted for device in shown)} devices that count, each rung’s of its own time, and our "
            "models beside them. Strokes, and the figures below, are the medians; a thin upright line is how far "
            "sources differ about a device. Both vertical axes are logarithmic."
        ),
        height_px=lambda size: (2 if size.narrow else 1) * (PANEL_PX + LABEL_PX) + legend_px(size.narrow) + 24,
        draw=lambda figure, frame: draw_rungs(figure, frame, ladder, shown),
    )


def devices_of(ladder: Progression) -> list[LadderDevice]:
    """What counts in the rungs' own times, and what we modelled."""
    counted = [device for device in ladder.devices if device.counted]
    timely = [device for rung in RUNGS for device in own_time(rung, counted)]
    return [*timely, *(device for device in ladder.devices if device.origin == "modelled")]


def energy_text(middle: MedianRange | None) -> str:
    """A median energy without its unit."""
    return short_energy(middle.median) if middle else "unknown"


def rate_text(middle: MedianRange | None) -> str:
    """A median rate."""
    return rate_words(middle.median) if middle else "unknown"


def draw_rungs(figure: FigureBase, frame: Frame, ladder: Progression, shown: Sequence[LadderDevice]) -> None:
    """Two panels, one column a rung."""
    left = look_of(frame.narrow).left_px
    bottom = LABEL_PX + legend_px(frame.narrow)
    gap = GAP_PX + LABEL_PX if frame.narrow else left
    panels = figure.subplots(
        *((2, 1) if frame.narrow else (1, 2)),
        gridspec_kw=frame.grid(left, bottom, 2, gap, columns=not frame.narrow, right=12),
    ).flatten()
    sides: tuple[tuple[Value, OwnValue, Summary, Callable[[MedianRange | None], str], str], ...] = (
        (
            lambda device: device.efficiency_j_per_th,
            lambda point: point.efficiency_j_per_th,
            lambda rung: rung.efficiency_j_per_th,
            energy_text,
            "energy, J/TH (less is better)",
        ),
        (
            lambda device: device.hashrate_hs,
            lambda point: point.hashrate_hs,
            lambda rung: rung.hashrate_hs,
            rate_text,
            "hashrate, H/s (more is better)",
        ),
    )
    for axes, (value, own_value, middle, words, title) in zip(panels, sides, strict=True):
        draw_columns(axes, shown, value)
        draw_own(axes, ladder.own, own_value, is_energy_metered if axes is panels[0] else is_rate_measured)
        for column, rung in enumerate(ladder.rungs):
            found = middle(rung)
            if found:
                ends = [column - 0.44, column + 0.44]
                axes.plot(ends, [found.median] * 2, color=colour_of(rung.rung), linewidth=2.6, zorder=2)
        labels = [f"{rung.rung.upper()}\n{words(middle(rung))}" for rung in ladder.rungs]
        axes.set_xticks(range(len(RUNGS)), labels, fontsize=FONT_PX)
        axes.set_xlim(-0.6, len(RUNGS) - 0.4)
        axes.grid(axis="x", visible=False)
        logarithmic(axes.yaxis, "", prefixed)
        axes.set_title(title)
    handles = ladder_handles(map(standing_of, shown), bool(ladder.own), frame.narrow)
    draw_ranges(panels[0], shown)
    frame.legend(figure, handles, legend_columns(handles, frame.narrow))


def draw_columns(axes: Axes, devices: Sequence[LadderDevice], value: Value) -> None:
    """Every device in its rung's column, spread by rank, so that equal figures lie beside one another."""
    axes.set_yscale("log")
    axes.margins(y=0.1)
    draw_devices(axes, [(device, x, y) for device, x, y in places_of(devices, value)])


def places_of(devices: Sequence[LadderDevice], value: Value) -> list[tuple[LadderDevice, float, float]]:
    """The devices that have the figure, with their places."""
    placed = []
    for column, rung in enumerate(RUNGS):
        peers = [(figure, device) for device in devices if device.rung == rung and (figure := value(device))]
        peers.sort(key=lambda pair: (pair[0], pair[1].name))
        for rank, (figure, device) in enumerate(peers):
            # Golden-ratio steps spread neighbours in rank far apart, without chance.
            offset = (rank * 0.618034) % 1 - 0.5 if len(peers) > 1 else 0
            placed.append((device, column + offset * SPREAD, figure))
    return placed


def draw_ranges(axes: Axes, devices: Sequence[LadderDevice]) -> None:
    """How far the sources differ about a device's energy."""
    for device, x, _ in places_of(devices, lambda device: device.efficiency_j_per_th):
        if len(set(device.efficiencies)) > 1:
            axes.vlines(x, min(device.efficiencies), max(device.efficiencies), color=colour_of(device.rung), lw=1)


def draw_own(axes: Axes, own: Sequence[Point], value: OwnValue, measured: Callable[[Point], bool]) -> None:
    """The user's devices in the middle of their columns."""
    for point in own:
        figure = value(point)
        if figure:
            mark = own_mark(point.rung, measured(point), len(own))
            axes.plot([RUNGS.index(point.rung)], [figure], zorder=6, **mark)
