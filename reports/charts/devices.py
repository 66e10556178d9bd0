"""Rate and energy by device: a line each, with the figure, its interval, and the roof where it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D

from ...bench.result.measurement import Origin
from ...kernels.workloads.quantity import quantity_of
from ..collect.energy_figure import energy_figure
from ..collect.gather import Group, Ranking
from ..layout.labels import labels_of
from ..wording.ratios import efficiency_text
from ..wording.units import UNIT_LIMIT, rate_text, rate_unit
from ..wording.visible import told_apart, visible
from .canvas import Chart, Frame
from .ladder_names import width_px
from .scales import LOG_FROM, linear, logarithmic, prefixed, whole
from .style import INK, MUTED, PAPER, colour_of, mark, origin_handles
from .words import fit, width_of

# More lines than this are no picture any more; the table has them all.
MOST_LINES = 40
# Of very many devices the first lines are of one model and differ by chance: fewer show as much.
MANY_DEVICES = 100
MOST_LINES_OF_MANY = 12
LINE_PX = 40
FRAME_PX = 96
BOTTOM_PX = 64
GAP_PX = 12
LETTERS_WIDE = 70
LETTERS_NARROW = 26


@dataclass(frozen=True)
class Line:
    """One device's figure."""

    label: str
    kind: str
    origin: Origin
    value: float
    low: float | None
    high: float | None
    roof: float | None
    text: str


def rate_chart(ranking: Ranking, name: str, work: str = "") -> Chart:
    """The rates of one ranking's devices; `work` names what they did, where a report has several kinds."""
    shown = ranking.groups[: most_lines(len(ranking.groups))]
    lines = [rate_line(group, label) for group, label in zip(shown, labels_of(shown), strict=True)]
    title = f"{quantity_of(ranking.unit).rate_name.capitalize()} by device{work and f': {work}'}"
    return line_chart(name, title, lines, rate_unit(ranking.unit), len(ranking.groups), "more is better")


def efficiency_chart(ranking: Ranking, name: str, work: str = "") -> Chart | None:
    """The joules for work of one ranking's devices, least first. None where no energy is known."""
    # The labels of a thousand machines are not put together where none of them has a meter.
    known = any(energy_figure(group.newest.device) is not None for group in ranking.groups)
    all_lines = map(efficiency_line, ranking.groups, labels_of(ranking.groups)) if known else ()
    lines = sorted(filter(None, all_lines), key=lambda line: (line.value, line.label))
    if not lines:
        return None
    title = f"Energy by device{work and f': {work}'}"
    unit = visible(quantity_of(ranking.unit).energy_unit, UNIT_LIMIT)
    return line_chart(name, title, lines[: most_lines(len(lines))], unit, len(lines), "less is better", plain=True)


def most_lines(devices: int) -> int:
    """How many of so many devices are drawn at most."""
    return MOST_LINES if devices <= MANY_DEVICES else MOST_LINES_OF_MANY


def rate_line(group: Group, label: str) -> Line:
    """The line of one device in the chart of rates."""
    entry = group.newest
    return Line(
        label=label,
        kind=group.key.kind,
        origin=entry.rate.origin,
        value=entry.rate.value,
        low=entry.rate.low,
        high=entry.rate.high,
        roof=entry.device.roof.rate if entry.device.roof else None,
        text=rate_text(entry.rate.value, group.key.unit),
    )


def efficiency_line(group: Group, label: str) -> Line | None:
    """The line of one device in the chart of efficiencies."""
    energy = energy_figure(group.newest.device)
    if energy is None:
        return None
    size = quantity_of(energy.unit).energy_amount
    return Line(
        label=label,
        kind=group.key.kind,
        origin=energy.origin,
        value=energy.j_per_unit * size,
        low=None if energy.low is None else energy.low * size,
        high=None if energy.high is None else energy.high * size,
        roof=None,
        text=f"{efficiency_text(energy.j_per_unit, energy.unit)} ({energy.scope})",
    )


def line_chart(
    name: str, title: str, lines: Sequence[Line], unit: str, total: int, better: str, plain: bool = False
) -> Chart:
    """The chart of such lines; `plain`: the unit takes no prefix and stands at the axis."""
    shown = "" if len(lines) == total else f" The first {len(lines)} of {total}; the table has more."
    roof = " The upright stroke is the device's own roof." if any(line.roof for line in lines) else ""
    told = "; ".join(f"{line.label}: {line.text}, {line.origin}" for line in lines[:10])
    return Chart(
        name=name,
        title=title,
        alt=f"{title}, {better}. {told}{'; and more' if len(lines) > 10 else ''}.",
        caption=f"{better.capitalize()}; the bar is the interval.{roof}{shown}",
        height_px=lambda size: len(lines) * LINE_PX + FRAME_PX,
        draw=lambda figure, frame: draw_lines(figure, frame, lines, unit, plain),
    )


def draw_lines(figure: FigureBase, frame: Frame, lines: Sequence[Line], unit: str, plain: bool) -> None:
    """Draw the lines from top to bottom, each under its name and its figure in words."""
    axes = figure.subplots(gridspec_kw=frame.grid(left=12, bottom=BOTTOM_PX))
    letters = LETTERS_NARROW if frame.narrow else LETTERS_WIDE
    for row, (line, label) in enumerate(zip(lines, told_apart([line.label for line in lines], letters), strict=True)):
        draw_line(axes, -row, line, label)
    axes.set_ylim(-len(lines) + 0.5, 0.8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", visible=False)
    set_scale(axes, lines, unit, plain, frame.narrow)
    handles = origin_handles(line.origin for line in lines)
    if any(line.roof for line in lines):
        handles.append(
            Line2D([], [], color=MUTED, marker="|", markersize=14, markeredgewidth=1.6, linestyle="none", label="roof")
        )
    frame.legend(figure, handles, 3 if frame.narrow else 6)


def draw_line(axes: Axes, y: float, line: Line, label: str) -> None:
    """One device: interval as a bar, figure as its origin's mark, name and figure above."""
    colour = colour_of(line.kind)
    if line.low is not None and line.high is not None:
        axes.plot([line.low, line.high], [y, y], color=colour, linewidth=3, alpha=0.45, solid_capstyle="butt")
    if line.roof is not None:
        axes.plot([line.roof], [y], color=MUTED, marker="|", markersize=14, markeredgewidth=1.6, linestyle="none")
    axes.plot([line.value], [y], **mark(line.origin, colour))
    above = axes.get_yaxis_transform()
    # The paper behind the words keeps the grid from crossing them.
    paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
    name = axes.text(0, y + 0.3, label, transform=above, ha="left", va="bottom", color=INK, bbox=paper)
    figure = axes.text(
        1, y + 0.3, line.text, transform=above, ha="right", va="bottom", color=INK, fontweight="bold", bbox=paper
    )
    fit(name, width_px(axes) - width_of(figure) - GAP_PX)


def set_scale(axes: Axes, lines: Sequence[Line], unit: str, plain: bool, narrow: bool) -> None:
    """From nought where the figures are alike, logarithmic where they are worlds apart."""
    figures = [figure for line in lines for figure in (line.value, line.low, line.high, line.roof) if figure]
    low, high = min(figures), max(figures)
    most = 4 if narrow else 8
    if high / low >= LOG_FROM:
        axes.set_xscale("log")
        axes.set_xlim(low / 2, high * 2)
        logarithmic(axes.xaxis, unit, whole if plain else prefixed, most)
    else:
        axes.set_xlim(0, high * 1.06)
        linear(axes.xaxis, "" if plain else unit, most)
    if plain:
        axes.set_xlabel(unit)
