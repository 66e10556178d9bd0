"""The one picture: energy a hash over the devices' releases, CPU → GPU → FPGA → ASIC, and what it led to below.

Three panels over one time axis. Beside the upper two stand the rungs' medians like the rungs of a ladder: the
axes are logarithmic, so their distances are the ratios.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MultipleLocator

from ..ladder.devices import LadderDevice
from ..ladder.frontier import handovers
from ..ladder.network import epochs
from ..ladder.points import Point
from ..ladder.progression import Progression
from ..ladder.rungs import RungSummary, own_time, year_of
from ..ladder.story import division_text, ratios_of, short_energy, story
from ..ladder.words import hashrate_text
from .canvas import Chart, Frame
from .ladder_marks import (
    draw_devices,
    is_energy_metered,
    is_rate_measured,
    ladder_handles,
    legend_columns,
    legend_rows,
    spread,
    standing_of,
)
from .ladder_names import MOST_NAMED, draw_own, height_px, look_of, name_best, name_handover
from .scales import logarithmic, prefixed
from .style import FONT_PX, INK, colour_of

ENERGY_PX, RATE_PX, DIFFICULTY_PX = 430, 270, 140
BOTTOM_PX, GAP_PX = 28, 38
LINE_PX = 18
YEAR_SECONDS = 365.25 * 86_400
# A stranger's date far from all data would squeeze everything else: such a device is not drawn over time.
YEARS_BEYOND = 10


@dataclass(frozen=True)
class Scene:
    """What is drawn, and over which years."""

    ladder: Progression
    dated: tuple[LadderDevice, ...]
    own: tuple[Point, ...]
    first: float
    last: float


def scene_of(ladder: Progression) -> Scene:
    """The devices with a release, and the user's with a date near them."""
    dated = tuple(device for device in ladder.devices if device.year is not None)
    years = [device.year or 0 for device in dated] + [time_of_block(epoch.block_time_unix) for epoch in epochs()]
    near = (min(years) - YEARS_BEYOND, max(years) + YEARS_BEYOND)
    own = tuple(point for point in ladder.own if point.year is not None and near[0] <= point.year <= near[1])
    years += [point.year or 0 for point in own]
    return Scene(ladder, dated, own, min(years) - 0.8, max(years) + 0.8)


def time_of_block(unix: int) -> float:
    """A block's time as a year with a fraction."""
    return 1970 + unix / YEAR_SECONDS


def progression_chart(ladder: Progression, name: str) -> Chart:
    """Efficiency, hashrate and the network's difficulty over the years."""
    scene = scene_of(ladder)
    passed = "; ".join(f"{one.device} ({one.kind.upper()}, {one.date})" for one in handovers(ladder.frontier))
    without = sum(point.efficiency_j_per_th is None for point in scene.own)
    silent = f" {without} of your devices {'has' if without == 1 else 'have'} no energy figure." if without else ""
    absent = len(ladder.own) - len(scene.own)
    late = f" {absent} more of your devices cannot be placed in time." if absent else ""
    unnamed = len(scene.own) - MOST_NAMED
    crowd = f" {unnamed} of your devices are drawn without their names." if unnamed > 0 else ""
    figures = sum(len(device.efficiencies or device.rates) for device in scene.dated)
    return Chart(
        name=name,
        title="The progression: energy a hash, from CPU to ASIC",
        alt=f"{story(ladder)} The best so far passed to: {passed}.",
        caption=(
            f"A point a device ({len(scene.dated)}, from {figures} published figures), at its release; a year alone "
            "stands in its middle. The line is the best so far, with the device that took it over for its rung. Shaded "
            "is each rung’s own time, its median dashed out to the right, with the ratio to the rung before. All "
            "vertical axes are logarithmic; where the difficulty is dashed, its times are derived, not read from "
            f"headers.{silent}{late}{crowd}"
        ),
        height_px=lambda size: ENERGY_PX + RATE_PX + DIFFICULTY_PX + legend_px(size.narrow),
        draw=lambda figure, frame: draw_progression(figure, frame, scene),
    )


def legend_px(narrow: bool) -> float:
    """The height of the legend."""
    return legend_rows(narrow) * LINE_PX + 12


def draw_progression(figure: FigureBase, frame: Frame, scene: Scene) -> None:
    """Three panels over one time axis."""
    look = look_of(frame.narrow)
    bottom = BOTTOM_PX + legend_px(frame.narrow)
    energy, rate, difficulty = figure.subplots(
        3,
        1,
        sharex=True,
        height_ratios=[ENERGY_PX, RATE_PX, DIFFICULTY_PX],
        gridspec_kw=frame.grid(look.left_px, bottom, 3, GAP_PX, right=look.right_px),
    )
    difficulty.set_xlim(scene.first, scene.last)
    draw_energy(energy, scene, frame.narrow)
    draw_rates(rate, scene, frame.narrow)
    draw_difficulty(difficulty)
    difficulty.xaxis.set_major_locator(MultipleLocator(5 if frame.narrow else 2))
    difficulty.xaxis.set_major_formatter(FuncFormatter(lambda year, _: f"{year:.0f}"))
    handles = ladder_handles(map(standing_of, scene.dated), bool(scene.own), frame.narrow)
    frame.legend(figure, handles, legend_columns(handles, frame.narrow))


def draw_energy(axes: Axes, scene: Scene, narrow: bool) -> None:
    """The panel of the energies: shading, best so far, devices, medians."""
    ladder = scene.ladder
    placed = [
        (device, device.year, device.efficiency_j_per_th)
        for device in scene.dated
        if device.year is not None and device.efficiency_j_per_th is not None
    ]
    own = [(point, point.year or 0, point.efficiency_j_per_th) for point in scene.own if point.efficiency_j_per_th]
    figures = [y for *_, y in placed] + [y for *_, y in own if y]
    axes.set_yscale("log")
    axes.set_ylim(min(figures, default=1) / 6, max(figures, default=1) * (16 if narrow else 6))
    counted = [device for device in ladder.devices if device.counted]
    spans = [(rung, own_time(rung.rung, counted)) for rung in ladder.rungs]
    today = [device for device in counted if device.rung == ladder.today.rung and in_span(device, ladder.today)]
    for rung, devices in [*spans, (ladder.today, today)]:
        shade(axes, rung, devices, scene.last)
    draw_frontier(axes, scene, narrow)
    draw_devices(axes, placed)
    energy_ladder(axes, ladder, narrow)
    logarithmic(axes.yaxis, "", prefixed, 12)
    axes.set_title("energy, J/TH (less is better)")
    draw_own(axes, own, narrow, short_energy, is_energy_metered)


def in_span(device: LadderDevice, rung: RungSummary) -> bool:
    """Whether a device was released in a rung's years."""
    return (rung.first_year or 0) <= year_of(device) <= (rung.last_year or 0)


def shade(axes: Axes, rung: RungSummary, devices: Sequence[LadderDevice], last: float) -> None:
    """A rung's own time: from its first to its last year, from its best to its worst device, the median through it."""
    figures = [device.efficiency_j_per_th for device in devices if device.efficiency_j_per_th]
    if not figures or rung.first_year is None or rung.last_year is None or rung.efficiency_j_per_th is None:
        return
    colour, middle = colour_of(rung.rung), rung.efficiency_j_per_th.median
    low, high = min(figures) / 1.5, max(figures) * 1.5
    start, end = rung.first_year, min(rung.last_year + 1, last)
    box = Rectangle((start, low), end - start, high - low, facecolor=colour, alpha=0.16, linewidth=0, zorder=1.2)
    axes.add_patch(box)
    axes.add_patch(Rectangle((start, low), end - start, high - low, fill=False, edgecolor=colour, linewidth=0.9))
    axes.plot([start, end], [middle, middle], color=colour, linewidth=3, solid_capstyle="butt", zorder=2)
    axes.plot([end, last], [middle, middle], color=colour, linewidth=1, linestyle=(0, (2, 3)), zorder=1.5)


def draw_frontier(axes: Axes, scene: Scene, narrow: bool) -> None:
    """The best so far as a line of steps, a name where it passes to another rung, and at its end."""
    line = scene.ladder.frontier
    if not line:
        return
    xs, ys = [best.year for best in line], [best.j_per_th for best in line]
    axes.plot([*xs, scene.last], [*ys, ys[-1]], color=INK, linewidth=1.8, drawstyle="steps-post", zorder=2.6)
    first, *later = handovers(line)
    # The line falls to the right: there is room above its beginning, and to the left below each later step.
    name_best(axes, first, (first.year, first.j_per_th * 1.5), (0, 3), 30 if narrow else 60, narrow)
    for best in later:
        since = next(rung.first_year for rung in scene.ladder.rungs if rung.rung == best.kind)
        name_handover(axes, best, best.year if since is None else since, narrow)
    newest = line[-1]
    name_best(axes, newest, (scene.last, newest.j_per_th), (-2, -9), 24 if narrow else 60, narrow)


def energy_ladder(axes: Axes, ladder: Progression, narrow: bool) -> None:
    """The medians beside the panel, and between them by what the energy was divided."""
    rungs, ratios = (*ladder.rungs, ladder.today), ratios_of(ladder)
    known = [
        (rung, ratio, rung.efficiency_j_per_th.median)
        for rung, ratio in zip(rungs, ratios, strict=True)
        if rung.efficiency_j_per_th
    ]
    beside = axes.get_yaxis_transform()
    for index, (rung, ratio, middle) in enumerate(known):
        name = "today" if rung is ladder.today else rung.rung.upper()
        words = f"{name}\n{short_energy(middle)}" if narrow else f"{name}  {short_energy(middle)}"
        colour = colour_of(rung.rung)
        axes.text(
            1.02,
            middle,
            words,
            transform=beside,
            color=colour,
            fontweight="bold",
            va="center",
            linespacing=1.05,
            fontsize=look_of(narrow).small if narrow else FONT_PX,
            clip_on=False,
        )
        if ratio is not None and index:
            between = (middle * known[index - 1][2]) ** 0.5
            axes.text(
                1.02,
                between,
                f"↓ {division_text(ratio)}",
                transform=beside,
                color=INK,
                va="center",
                fontsize=FONT_PX if narrow else FONT_PX * 1.08,
                clip_on=False,
            )


def draw_rates(axes: Axes, scene: Scene, narrow: bool) -> None:
    """The panel of the hashrates, with the rungs' medians beside it."""
    placed = [
        (device, device.year, device.hashrate_hs)
        for device in scene.dated
        if device.year is not None and device.hashrate_hs is not None
    ]
    own = [(point, point.year or 0, point.hashrate_hs) for point in scene.own if point.hashrate_hs]
    figures = [y for *_, y in placed] + [y for *_, y in own if y]
    axes.set_yscale("log")
    axes.set_ylim(min(figures, default=1) / 5, max(figures, default=1) * 5)
    draw_devices(axes, placed)
    ladder = scene.ladder
    known = [(rung, rung.hashrate_hs.median) for rung in (*ladder.rungs, ladder.today) if rung.hashrate_hs]
    low, high = (log10(bound) for bound in axes.get_ylim())
    decade_px = height_px(axes) / (high - low)
    heights = spread([log10(middle) * decade_px for _, middle in known], FONT_PX * (2.3 if narrow else 1.25))
    for (rung, middle), height in zip(known, heights, strict=True):
        name = "today" if rung is ladder.today else rung.rung.upper()
        rate = rate_words(middle)
        axes.text(
            1.02,
            10 ** (height / decade_px),
            f"{name}\n{rate}" if narrow else f"{name}  {rate}",
            transform=axes.get_yaxis_transform(),
            color=colour_of(rung.rung),
            fontweight="bold",
            va="center",
            linespacing=1.05,
            fontsize=look_of(narrow).small,
            clip_on=False,
        )
    logarithmic(axes.yaxis, "", prefixed, 12)
    axes.set_title("hashrate, H/s (more is better)")
    draw_own(axes, own, narrow, rate_words, is_rate_measured)


def rate_words(rate_hs: float) -> str:
    """A rate in three digits.

    >>> rate_words(5_055_000), rate_words(579.75e9)
    ('5.05 MH/s', '580 GH/s')
    """
    number, unit = hashrate_text(rate_hs).split(" ")
    value = float(number)
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}" if value >= 10 else f"{value:.2f} {unit}"


def draw_difficulty(axes: Axes) -> None:
    """The panel of the network's difficulty, dashed from where its times are derived."""
    series = epochs()
    times = [time_of_block(epoch.block_time_unix) for epoch in series]
    levels = [epoch.difficulty for epoch in series]
    derived = next((index for index, epoch in enumerate(series) if epoch.time_origin == "derived"), len(series) - 1)
    axes.set_yscale("log")
    axes.plot(times[: derived + 1], levels[: derived + 1], color=INK, linewidth=1.4, drawstyle="steps-post")
    dashes: dict[str, Any] = {"linewidth": 1.4, "linestyle": (0, (3, 1.5)), "drawstyle": "steps-post"}
    axes.plot(times[derived:], levels[derived:], color=INK, **dashes)
    logarithmic(axes.yaxis, "", prefixed, 5)
    axes.set_title("Bitcoin’s difficulty")
