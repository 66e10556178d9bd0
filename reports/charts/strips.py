"""Small drawings that a line of a table has room for: a device's rate as a bar, and a run's course as a strip.

Written by hand: two hundred of them cost milliseconds and a few hundred bytes each. They have no words in them but
their names for assistive technology; what they show stands in text beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

# The drawings' own units: they are stretched to the room that they get.
BAR = (1000, 18)
COURSE = (600, 64)
# A bar of less could not be seen, nor an interval.
LEAST = 3.0
# A roof that lies further away than so many of the scale's bars is told in words alone: it would flatten them all.
FARTHEST_ROOF = 2.0
# Strips of more pieces are drawn by the least and the greatest of each piece, so that no spike is lost.
MOST_PIECES = 100


@dataclass(frozen=True)
class Bar:
    """One device's figure on a common scale: `part`, `low`, `high` and `roof` as parts of `whole`."""

    value: float
    low: float | None
    high: float | None
    roof: float | None


@dataclass(frozen=True)
class Course:
    """The readings of one run in order: seconds since sampling began, the reading, whether it counts."""

    points: Sequence[tuple[float, float, bool]]


def scale_of(bars: Iterable[Bar]) -> float:
    """What the longest bar stands for: the greatest figure, interval or roof among them."""
    bars = list(bars)
    values = [figure for bar in bars for figure in (bar.value, bar.high) if figure]
    most = max(values, default=1.0)
    return max([most, *(bar.roof for bar in bars if bar.roof and bar.roof <= most * FARTHEST_ROOF)])


def bar(figure: Bar, scale: float, kind: str, words: str) -> Markup:
    """The figure as a bar, its interval on it, its roof as a tick; `words`: the same for those who listen.

    `kind`: the bar's class; a bar longer than the scale ends where the scale ends.
    """
    width, height = BAR
    shapes = [_box(kind, 0, 4, max(width * min(figure.value / scale, 1.0), LEAST), height - 8)]
    if figure.low is not None and figure.high is not None:
        start, end = (width * min(bound, scale) / scale for bound in (figure.low, figure.high))
        # A line with an edge is seen on the bar and beyond it.
        across = max(end - start, LEAST)
        shapes += [_box("edge", start, 6, across, height - 12), _box("interval", start, 8, across, height - 16)]
    if figure.roof is not None and figure.roof <= scale:
        shapes.append(_box("roof", min(width * figure.roof / scale, width - 4), 0, 4, height))
    return _picture("bar", BAR, words, Markup("").join(shapes))


def course(drawn: Course, kind: str, words: str, middle: tuple[float, float, float] | None = None) -> Markup:
    """The readings over time; `middle`: a figure with its interval, as a dashed line in a band."""
    width, height = COURSE
    readings = [value for _, value, _ in drawn.points]
    low, high = extent(readings, middle)
    end = drawn.points[-1][0] or 1.0

    def down(value: float) -> float:
        return height - (value - low) / (high - low) * height

    shapes = []
    if middle is not None:
        value, least, most = middle
        shapes.append(_box(f"{kind} band", 0, down(most), width, max(down(least) - down(most), 1.0)))
        shapes.append(Markup('<path class="{} middle" d="M0 {}H{}"/>').format(kind, _short(down(value)), width))
    for counted, run in _runs(thinned(drawn.points)):
        line = "L".join(f"{_short(width * at / end)} {_short(down(value))}" for at, value in run)
        # A single reading is a dot: a line needs two.
        path = f"M{line}" if len(run) > 1 else f"M{line}h0.1"
        shapes.append(Markup('<path class="{} line{}" d="{}"/>').format(kind, "" if counted else " left", path))
    return _picture("course", COURSE, words, Markup("").join(shapes))


def extent(readings: Sequence[float], middle: tuple[float, float, float] | None = None) -> tuple[float, float]:
    """The lower and upper edge of a strip: at least a tenth of the reading is in view, so that calm looks calm.

    What is never below nought has no room below it.
    """
    found = [*readings, *(middle or ())]
    low, high = min(found), max(found)
    room = max((high - low) * 0.1, abs(high) * 0.05, 1e-12)
    return max(low - room, 0.0) if low >= 0 else low - room, high + room


def thinned(points: Sequence[tuple[float, float, bool]]) -> list[tuple[float, float, bool]]:
    """Of many points the least and the greatest of each piece of time, in order."""
    if len(points) <= 2 * MOST_PIECES:
        return list(points)
    size = -(-len(points) // MOST_PIECES)
    kept: list[tuple[float, float, bool]] = []
    for start in range(0, len(points), size):
        piece = range(start, min(start + size, len(points)))
        ends = {min(piece, key=lambda place: points[place][1]), max(piece, key=lambda place: points[place][1])}
        kept.extend(points[place] for place in sorted(ends))
    return kept


def _runs(points: Sequence[tuple[float, float, bool]]) -> list[tuple[bool, list[tuple[float, float]]]]:
    """Neighbours that count, or do not, as lines of their own."""
    runs: list[tuple[bool, list[tuple[float, float]]]] = []
    for at, value, counted in points:
        if not runs or runs[-1][0] != counted:
            runs.append((counted, []))
        runs[-1][1].append((at, value))
    return runs


def _picture(name: str, size: tuple[int, int], words: str, content: Markup) -> Markup:
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(name, *size, words, content)


def _box(name: str, x: float, y: float, width: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        name, *map(_short, (x, y, width, height))
    )


def _short(value: float) -> str:
    """A coordinate in tenths: nobody sees less."""
    return f"{value:.1f}".removesuffix(".0")
