"""The progression CPU → GPU → FPGA → ASIC, over the years and by rung, each figure with the mark of its origin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.ticker import FuncFormatter, MultipleLocator

from ...bench.result.model import Origin
from ..ladder.network import epochs
from ..ladder.progression import MedianRange, Point, Progression, RungSummary
from ..ladder.reference import RUNGS, Rung
from ..wording.ratios import range_text
from ..wording.units import hashrate_text
from .canvas import Chart, Frame
from .scales import logarithmic, prefixed, whole
from .style import INK, colour_of, mark, origin_handles

PANEL_PX = 250
DIFFICULTY_PX = 190
LEGEND_PX = 60
LEFT_PX = 88
BOTTOM_PX = 56
LABEL_PX = 34
GAP_PX = 36
# Where a rung's name stands in the panel of hashrates: below its points where there is no room beside the last one.
NAMED_BELOW = frozenset({"gpu", "fpga"})
LATE_FPGA = 2015
# Own measurements are drawn last and so lie on top.
DRAWN: tuple[Origin, ...] = ("cited", "estimated", "modelled", "reported", "measured")
SPREAD = 0.62
YEAR_SECONDS = 365.25 * 86_400

Figure = Callable[[Point], float | None]
Summary = Callable[[RungSummary], MedianRange | None]


def hashrate(point: Point) -> float | None:
    """The figure of the panels of hashrates."""
    return point.hashrate_hs


def efficiency(point: Point) -> float | None:
    """The figure of the panels of efficiencies."""
    return point.efficiency_j_per_th


def origin_of(point: Point, figure: Figure) -> Origin:
    """Whose word the figure is."""
    return point.energy_origin or point.origin if figure is efficiency else point.origin


def year_chart(ladder: Progression, name: str) -> Chart:
    """Efficiency, hashrate and the network's difficulty over the years."""
    dated = [point for point in ladder.points if point.year is not None]
    own = [point for point in ladder.points if point.origin == "measured"]
    first, last = epochs()[0], epochs()[-1]
    return Chart(
        name=name,
        title="The progression over the years",
        alt=(
            f"{len(dated)} figures with a year, {len(own)} of them measured here: energy a hash falls and hashrate "
            f"rises from GPUs (2008 to 2012) over FPGAs (2011 to 2012) to ASICs (from 2013), while the network's "
            f"difficulty rises from {first.difficulty:g} ({first.date}) to {last.difficulty:.3g} ({last.date})."
        ),
        caption=(
            f"{len(dated)} of {len(ladder.points)} figures have a year; measured devices stand at the day of their "
            "measurement. All vertical axes are logarithmic."
        ),
        height_px=lambda size: 2 * PANEL_PX + DIFFICULTY_PX + LEGEND_PX,
        draw=lambda figure, frame: draw_years(figure, frame, dated),
    )


def rung_chart(ladder: Progression, name: str) -> Chart:
    """Efficiency and hashrate by rung, with the medians of the cited devices."""
    told = "; ".join(
        f"{rung.rung.upper()} {median_text(rung.hashrate_hs, 'H/s')}, {median_text(rung.efficiency_j_per_th, 'J/TH')}"
        for rung in ladder.rungs
    )
    return Chart(
        name=name,
        title="The progression by rung",
        alt=f"Medians of the cited devices: {told}.",
        caption="Strokes, and the figures below, are medians of the cited devices; a mark is one source's figure, a "
        "thin upright line how far a model of ours may be off. Both vertical axes are logarithmic.",
        height_px=lambda size: (2 * PANEL_PX + 2 * LABEL_PX if size.narrow else PANEL_PX * 1.25) + LEGEND_PX,
        draw=lambda figure, frame: draw_rungs(figure, frame, ladder),
    )


def median_text(middle: MedianRange | None, unit: str) -> str:
    """A median in words, short enough to stand under its column."""
    if middle is None:
        return "none"
    return hashrate_text(middle.low) if unit == "H/s" else f"{range_text(middle.low, middle.high)} {unit}".strip()


def draw_years(figure: FigureBase, frame: Frame, dated: Sequence[Point]) -> None:
    """Three panels over one time axis."""
    panels = figure.subplots(
        3,
        1,
        sharex=True,
        height_ratios=[PANEL_PX, PANEL_PX, DIFFICULTY_PX],
        gridspec_kw=frame.grid(LEFT_PX, BOTTOM_PX, 3, GAP_PX),
    )
    for axes, what, unit, label, title in (
        (panels[0], efficiency, "", whole, "energy, J/TH (less is better)"),
        (panels[1], hashrate, "H/s", prefixed, "hashrate (more is better)"),
    ):
        points = [point for point in dated if what(point) is not None]
        axes.set_yscale("log")
        draw_points(axes, points, what, [point.year or 0 for point in points])
        label_rungs(axes, points, what)
        logarithmic(axes.yaxis, unit, label)
        axes.margins(y=0.14)
        axes.set_title(title)
    times = [1970 + epoch.block_time_unix / YEAR_SECONDS for epoch in epochs()]
    panels[2].set_yscale("log")
    panels[2].plot(times, [epoch.difficulty for epoch in epochs()], color=INK, linewidth=1.4, drawstyle="steps-post")
    logarithmic(panels[2].yaxis, "", prefixed, 6)
    panels[2].set_title("the network's difficulty")
    years = [*times, *(point.year for point in dated if point.year is not None)]
    panels[2].set_xlim(min(years) - 1, max(years) + 1)
    panels[2].xaxis.set_major_locator(MultipleLocator(4 if frame.narrow else 2))
    panels[2].xaxis.set_major_formatter(FuncFormatter(lambda year, _: f"{year:.0f}"))
    add_legend(figure, frame, [origin_of(point, what) for point in dated for what in (hashrate, efficiency)])


def draw_rungs(figure: FigureBase, frame: Frame, ladder: Progression) -> None:
    """Two panels, one column a rung."""
    grid = frame.grid(
        LEFT_PX, BOTTOM_PX + LABEL_PX, 2, GAP_PX + LABEL_PX if frame.narrow else GAP_PX + LEFT_PX, not frame.narrow
    )
    panels = figure.subplots(*((2, 1) if frame.narrow else (1, 2)), gridspec_kw=grid).flat
    sides: tuple[tuple[Figure, Summary, str, Callable[[float, str], str], str], ...] = (
        (efficiency, lambda rung: rung.efficiency_j_per_th, "", whole, "energy, J/TH (less is better)"),
        (hashrate, lambda rung: rung.hashrate_hs, "H/s", prefixed, "hashrate (more is better)"),
    )
    for axes, (what, middle, unit, label, title) in zip(panels, sides, strict=True):
        axes.set_yscale("log")
        points = [point for point in ladder.points if what(point) is not None]
        draw_points(axes, points, what, columns_of(points, what))
        for column, rung in enumerate(ladder.rungs):
            draw_median(axes, column, middle(rung), colour_of(rung.rung))
        medians = [median_text(middle(rung), unit) for rung in ladder.rungs]
        broken = [text.replace(" ", "\n") if frame.narrow else text for text in medians]
        axes.set_xticks(
            range(len(RUNGS)), [f"{rung.upper()}\n{text}" for rung, text in zip(RUNGS, broken, strict=True)]
        )
        axes.set_xlim(-0.6, len(RUNGS) - 0.4)
        axes.grid(axis="x", visible=False)
        logarithmic(axes.yaxis, unit, label)
        axes.margins(y=0.1)
        axes.set_title(title)
    add_legend(figure, frame, [origin_of(point, what) for point in ladder.points for what in (hashrate, efficiency)])


def columns_of(points: Sequence[Point], what: Figure) -> list[float]:
    """A place in its rung's column for each point: spread by rank, so that equal figures lie beside one another."""
    places = []
    for point in points:
        peers = sorted((what(peer) or 0, index) for index, peer in enumerate(points) if peer.rung == point.rung)
        # Golden-ratio steps spread neighbours in rank far apart, without chance.
        rank = peers.index((what(point) or 0, next(index for index, peer in enumerate(points) if peer is point)))
        offset = (rank * 0.618034) % 1 - 0.5 if len(peers) > 1 else 0
        places.append(RUNGS.index(point.rung) + offset * SPREAD)
    return places


def draw_points(axes: Axes, points: Sequence[Point], what: Figure, places: Sequence[float]) -> None:
    """Every point with its origin's mark and the bounds of its efficiency, the user's own on top."""
    groups: dict[tuple[int, Origin, Rung], list[tuple[float, float]]] = {}
    for point, place in zip(points, places, strict=True):
        origin = origin_of(point, what)
        groups.setdefault((DRAWN.index(origin), origin, point.rung), []).append((place, what(point) or 0))
        if what is efficiency and point.efficiency_low is not None and point.efficiency_high is not None:
            bounds = point.efficiency_low, point.efficiency_high
            axes.vlines(place, *bounds, color=colour_of(point.rung), linewidth=0.9, zorder=2.5)
    for _, origin, rung in sorted(groups):
        axes.plot(*zip(*groups[_, origin, rung], strict=True), zorder=3, **mark(origin, colour_of(rung)))


def draw_median(axes: Axes, column: int, middle: MedianRange | None, colour: str) -> None:
    """The stroke of a rung's median, behind its points and longer than they are spread."""
    for value in sorted({middle.low, middle.high}) if middle else ():
        axes.plot([column - 0.46, column + 0.46], [value, value], color=colour, linewidth=2.4, zorder=2)


def label_rungs(axes: Axes, points: Sequence[Point], what: Figure) -> None:
    """Each rung's name beside its cited points: colour alone does not tell the rungs apart."""
    for rung in RUNGS:
        cited = [
            (point.year or 0, what(point) or 0) for point in points if point.rung == rung and point.origin == "cited"
        ]
        if not cited:
            continue
        below = what is hashrate and rung in NAMED_BELOW
        # Hobby boards of later years do not mark where the rung stands.
        years = [year for year, _ in cited if rung != "fpga" or year < LATE_FPGA]
        last = max(years)
        under = median(years), min(value for _, value in cited)
        beside = last, median(value for year, value in cited if year == last)
        place = under if below else beside
        axes.annotate(
            rung.upper(),
            place,
            xytext=(0, -9) if below else (10, 0),
            textcoords="offset points",
            ha="center" if below else "left",
            va="top" if below else "center",
            color=colour_of(rung),
            fontweight="bold",
        )


def add_legend(figure: FigureBase, frame: Frame, origins: Sequence[Origin]) -> None:
    """The origins' marks, below the panels."""
    frame.legend(figure, origin_handles(origins), 3 if frame.narrow else 5)
