"""A device's roofline: its ceilings over the operations for each byte, every work below them, and each one's share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log10

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from ..layout.roofline import Roofline, RooflinePoint, ceilings_text, load_text, operation_unit
from ..wording.visible import shortened, told_apart
from .canvas import RIGHT_PX, Chart, Frame, Size
from .roofline_names import Box, Level, groups_of, height_px, names_of
from .scales import logarithmic, prefixed, whole
from .style import FONT_PX, INK, MUTED, colour_of, mark, origin_handles

PANEL_PX = 330
ROW_PX, ROW_PX_NARROW = 34, 50
HEAD_PX = 84
BOTTOM_PX = 66
GAP_PX = 62
LEFT_PX = 86
# More works than this are no picture any more; the table has them all.
MOST_WORKS = 40
# Above the highest level, as a factor of it: the first of these that leaves room for its names.
HEADROOM = (2.2, 3.2, 4.6, 6.8, 10.0, 15.0, 22.0)
# A number's places around its mark, the best first, in CSS pixels; and how much room it and a mark take.
PLACES = ((13, 0), (-13, 0), (0, 14), (0, -14), (14, 12), (14, -12), (-14, 12), (-14, -12), (28, 0), (0, 28), (0, -28))
NUMBER_PX = (16, 13)
DEVICE_LETTERS = 50
# A level's name, which has room on a phone as well; the words beside the picture have it whole.
LEVEL_LETTERS = 16
WORK_LETTERS, WORK_LETTERS_NARROW = 60, 24


def roofline_chart(line: Roofline, name: str) -> Chart:
    """The chart of one device, which `can_be_drawn`."""
    points = line.points[:MOST_WORKS]
    joules = energy_is_drawn(line)
    told = "; ".join(f"{point.work}: {point.figure}, {point.roof}" for point in points)
    rest = "" if len(points) == len(line.points) else f" The first {len(points)} of {len(line.points)} works."
    ends = "; in the middle the same a joule" if joules else ""
    return Chart(
        name=name,
        title=f"Roofline of {line.device}",
        alt=f"Roofline of {line.device}{load_text(line) and ', ' + load_text(line)}: {ceilings_text(line)}. {told}.",
        caption=(
            "Above: operations a second over operations for each byte of memory. Slope: memory; level lines: "
            f"arithmetic; both measured on the device between the works{ends}. At the right edge: work that needs no "
            f"memory. Below: each work's share of its own roof, and of which.{rest}"
        ),
        height_px=lambda size: height(size, len(points), joules),
        draw=lambda figure, frame: draw(figure, frame, line, points, joules),
    )


def height(size: Size, works: int, joules: bool) -> float:
    """How high the chart is, in CSS pixels."""
    return HEAD_PX + (2 if joules else 1) * (PANEL_PX + GAP_PX) + works * row_px(size.narrow) + BOTTOM_PX


def row_px(narrow: bool) -> int:
    """How high a work's row is: on a phone its figure stands below its name."""
    return ROW_PX_NARROW if narrow else ROW_PX


def energy_is_drawn(line: Roofline) -> bool:
    """Whether a work has a place in the panel of joules."""
    return any(point.operations_per_j for point in line.points)


def draw(figure: FigureBase, frame: Frame, line: Roofline, points: Sequence[RooflinePoint], joules: bool) -> None:
    """Draw the panels, one below the other."""
    ratios = [PANEL_PX, *([PANEL_PX] if joules else []), len(points) * row_px(frame.narrow)]
    grid = frame.grid(left=LEFT_PX, bottom=BOTTOM_PX, panels=len(ratios), gap=GAP_PX)
    panels = figure.subplots(len(ratios), 1, gridspec_kw={**grid, "height_ratios": ratios})
    draw_roofline(
        panels[0], frame, line, points, line.memory, line.arithmetic, lambda point: point.operations_per_s, "/s"
    )
    panels[0].set_title(heading(line, frame.narrow), color=MUTED)
    if joules:
        draw_roofline(
            panels[1], frame, line, points, line.memory_per_j, line.arithmetic_per_j,
            lambda point: point.operations_per_j, "/J",
        )  # fmt: skip
        panels[1].set_title(f"a joule ({line.energy_origin})", color=MUTED)
    draw_shares(panels[-1], frame, line, points)
    frame.legend(figure, origin_handles(point.origin for point in points), 3 if frame.narrow else 6)


def heading(line: Roofline, narrow: bool) -> str:
    """The device and the load that it was measured under, as far as there is room."""
    load = load_text(line)
    if narrow:
        return f"others: {line.other_load:.1f} CPUs busy" if load else ""
    return ", ".join(filter(None, (shortened(line.device, DEVICE_LETTERS), load)))


def draw_roofline(
    axes: Axes, frame: Frame, line: Roofline, points: Sequence[RooflinePoint], memory: float | None,
    arithmetic: dict[str, float], figure_of: Callable[[RooflinePoint], float | None], per: str,
) -> None:  # fmt: skip
    """One panel: the ceilings, and the works by their numbers."""
    placed = [(number, point, value) for number, point in enumerate(points, 1) if (value := figure_of(point))]
    known = [point.intensity for _, point, _ in placed if point.intensity]
    ridges = [rate / memory for rate in arithmetic.values()] if memory else []
    across = min([*known, *ridges, 1.0]) / 4, max([*known, *ridges, 1.0]) * 16
    figures = [value for _, _, value in placed] + list(arithmetic.values())
    lowest = min([*figures, *([across[0] * memory] if memory else [])]) / 1.6
    size_px = frame.width_px - LEFT_PX - RIGHT_PX, PANEL_PX
    up = next(
        (
            room
            for room in ((lowest, max(figures) * factor) for factor in HEADROOM)
            if _names_fit(arithmetic, room, per)
        ),
        (lowest, max(figures) * HEADROOM[-1]),
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*across)
    axes.set_ylim(*up)
    logarithmic(axes.xaxis, "", whole, 4 if frame.narrow else 8)
    floats = any("float" in point.arithmetic for _, point, _ in placed)
    logarithmic(axes.yaxis, operation_unit("float" if floats else "", per), prefixed, 7)
    axes.set_xlabel("operations for each byte of memory")
    colour = colour_of(line.kind)
    # What needs no memory stands at the right edge.
    marks = [
        (number, point, across[1] / 1.35 if point.intensity is None else point.intensity, value)
        for number, point, value in placed
    ]
    spots = [(_part(x, across) * size_px[0], _part(value, up) * size_px[1]) for _, _, x, value in marks]
    levels = levels_of(arithmetic, memory, across, up, size_px[0], per)
    steepness = size_px[1] / log10(up[1] / up[0]) / (size_px[0] / log10(across[1] / across[0])) if memory else 0.0
    names = names_of(levels, spots, size_px[0], steepness)
    draw_ceilings(axes, memory, arithmetic, across, up[1], per)
    for box in names:
        axes.text(
            box.left / size_px[0], box.bottom / size_px[1], "\n".join(box.lines), transform=axes.transAxes, ha="left",
            va="bottom", color=INK, fontsize=FONT_PX * 0.9, linespacing=1.12, zorder=2,
        )  # fmt: skip
    numbers = places_of_numbers(spots, names, [level.up for level in levels])
    for (number, point, x, value), (right_px, up_px) in zip(marks, numbers, strict=True):
        axes.plot([x], [value], **mark(point.origin, colour), zorder=3)
        axes.text(
            right_px / size_px[0], up_px / size_px[1], str(number), transform=axes.transAxes, ha="center",
            va="center", color=INK, fontsize=FONT_PX * 0.9, zorder=4,
        )  # fmt: skip


def levels_of(
    arithmetic: Mapping[str, float], memory: float | None, across: tuple[float, float], up: tuple[float, float],
    width_px: float, per: str,
) -> list[Level]:  # fmt: skip
    """The level lines in CSS pixels, with their names."""
    return [
        Level(
            f"{shortened(name, LEVEL_LETTERS)} {prefixed(_three(rate), operation_unit(name, per))}",
            _part(max(across[0], rate / memory), across) * width_px if memory else 0.0,
            _part(rate, up) * PANEL_PX,
        )
        for name, rate in arithmetic.items()
    ]


def _names_fit(arithmetic: Mapping[str, float], up: tuple[float, float], per: str) -> bool:
    """Whether the highest levels' names have room below the panel's upper edge."""
    groups = groups_of(levels_of(arithmetic, None, (1.0, 10.0), up, 1.0, per))
    return not groups or groups[-1][0].up + height_px(groups[-1]) <= PANEL_PX


def draw_ceilings(
    axes: Axes, memory: float | None, arithmetic: dict[str, float], across: tuple[float, float], top: float, per: str
) -> None:
    """The slope of memory up to the highest level, and the levels from where they meet it."""
    left, right = across
    if memory:
        ridge = min(max(max(arithmetic.values(), default=top) / memory, left), right)
        axes.plot([left, ridge], [left * memory, ridge * memory], color=INK, linewidth=1.4)
        # Below its line, which climbs away from it.
        axes.annotate(
            f"memory {prefixed(_three(memory), 'B' + per)}", (left, left * memory), xytext=(8, -1),
            textcoords="offset points", color=INK, va="top", ha="left", fontsize=FONT_PX * 0.9,
        )  # fmt: skip
    for rate in arithmetic.values():
        start = max(left, rate / memory) if memory else left
        axes.plot([start, right], [rate, rate], color=INK, linewidth=1.4)


def places_of_numbers(
    spots: Sequence[tuple[float, float]], names: Sequence[Box] = (), lines: Sequence[float] = ()
) -> list[tuple[float, float]]:
    """Where each mark's number goes, in CSS pixels: beside it, away from marks, names and the numbers before it.

    And off the level `lines` at these heights, where there is such a place.
    """
    taken: list[tuple[float, float]] = []
    for x, y in spots:
        free = [
            place
            for right, up in PLACES
            for place in [(x + right, y + up)]
            if not any(_touch(place, other) for other in (*taken, *(spot for spot in spots if spot != (x, y))))
            and not any(name.is_near(*place, NUMBER_PX[0] / 2, NUMBER_PX[1] / 2) for name in names)
        ]
        clear = [place for place in free if not any(abs(place[1] - line) < NUMBER_PX[1] / 2 for line in lines)]
        taken.append(next(iter(clear or free), (x + PLACES[0][0], y)))
    return taken


def _touch(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) < NUMBER_PX[0] and abs(one[1] - other[1]) < NUMBER_PX[1]


def _part(value: float, bounds: tuple[float, float]) -> float:
    return log10(value / bounds[0]) / log10(bounds[1] / bounds[0])


def draw_shares(axes: Axes, frame: Frame, line: Roofline, points: Sequence[RooflinePoint]) -> None:
    """A bar for each work: how much of its own roof it reaches."""
    colour = colour_of(line.kind)
    letters = WORK_LETTERS_NARROW if frame.narrow else WORK_LETTERS
    names = told_apart([point.work for point in points], letters)
    above = axes.get_yaxis_transform()
    for row, (point, name) in enumerate(zip(points, names, strict=True)):
        y = -row
        axes.plot([0, 100], [y, y], color=MUTED, linewidth=1, alpha=0.35)
        if point.percent is not None:
            axes.plot([0, min(point.percent, 100)], [y, y], color=colour, linewidth=4, solid_capstyle="butt")
        told = f"{point.figure}" if point.percent is None else f"{point.figure}  {point.roof}"
        name_up = 0.44 if frame.narrow else 0.12
        axes.text(0, y + name_up, f"{row + 1}  {name}", transform=above, ha="left", va="bottom", color=INK)
        axes.text(1, y + 0.12, told, transform=above, ha="right", va="bottom", color=INK, fontsize=FONT_PX * 0.92)
    axes.set_xlim(0, 106)
    axes.set_ylim(-len(points) + 0.4, 0.9)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", visible=False)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100 %"])
    axes.set_xlabel("of its own roof")


def _three(value: float) -> float:
    """Three digits, for a label."""
    return float(f"{value:.3g}")
