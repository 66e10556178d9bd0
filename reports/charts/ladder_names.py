"""The names in the one picture: who took over the best so far, and which devices are the user's."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log10

from matplotlib.axes import Axes

from ..ladder.frontier import Best
from ..ladder.points import Point
from ..wording.visible import shortened
from .canvas import UNITS_PER_INCH
from .ladder_marks import own_mark, spread
from .style import FONT_PX, INK, MUTED, PAPER

# More of the user's devices than these are drawn, but not named.
# What the maker calls the processor, behind its name.
NUMBERS = re.compile(r" \([^()]*(?:family|implementer|part) [^()]*\)")
MOST_NAMED = 6
MOST_NAMED_NARROW = 3
# A name beside a handover: at most so many lines, and so many letters where there is no room for it.
MOST_LINES = 3
NARROWEST = 11


@dataclass(frozen=True)
class Look:
    """What depends on the width: margins in CSS pixels, lengths of names."""

    left_px: float
    right_px: float
    letters: int
    small: float


WIDE = Look(left_px=52, right_px=128, letters=26, small=FONT_PX * 0.92)
NARROW = Look(left_px=48, right_px=68, letters=16, small=10)


def look_of(narrow: bool) -> Look:
    """The look for a width."""
    return NARROW if narrow else WIDE


def name_best(
    axes: Axes, best: Best, place: tuple[float, float], offset: tuple[float, float], letters: int, narrow: bool
) -> None:
    """A device's name and year at a place: to its upper right, or to its lower left where `offset` goes down."""
    below = offset[1] < 0
    axes.annotate(
        textwrap.fill(f"{best.device}, {best.date[:4]}", letters),
        place,
        xytext=offset,
        textcoords="offset points",
        ha="right" if below else "left",
        va="top" if below else "bottom",
        fontsize=look_of(narrow).small,
        linespacing=1.12,
        color=INK,
        zorder=5,
    )


def name_handover(axes: Axes, best: Best, since: float, narrow: bool) -> None:
    """The name of a device that took the line over: below to the left of its rung's box, which begins at `since`.

    Where that is too narrow it stands at the panel's edge under the box, with a line to its device.
    """
    start, end = axes.get_xlim()
    left = min(best.year, since)
    letter_px = look_of(narrow).small * 0.57
    letters = int(((left - start) / (end - start) * width_px(axes) - 8) / letter_px)
    words = f"{best.device}, {best.date[:4]}"
    if letters >= max(map(len, words.split())) and len(textwrap.wrap(words, letters)) <= MOST_LINES:
        name_best(axes, best, (left, best.j_per_th), (-5, -10), letters, narrow)
        return
    axes.annotate(
        textwrap.fill(words, NARROWEST),
        (best.year, best.j_per_th),
        xytext=(start, best.j_per_th / 6.5),
        textcoords="data",
        ha="left",
        va="top",
        fontsize=look_of(narrow).small,
        linespacing=1.12,
        color=INK,
        zorder=5,
        arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 3},
    )


def width_px(axes: Axes) -> float:
    """The panel's width in CSS pixels, in which fonts are measured."""
    return float(axes.get_window_extent().width) / (axes.figure.get_dpi() / UNITS_PER_INCH)


def height_px(axes: Axes) -> float:
    """The panel's height in CSS pixels."""
    return float(axes.get_window_extent().height) / (axes.figure.get_dpi() / UNITS_PER_INCH)


def brief(label: str, letters: int) -> str:
    """A device's name within so many letters: rather without its maker's numbers than cut in the middle.

    >>> brief("AMD EPYC (zen4, family 25 model 17 stepping 1)", 24), brief("AMD EPYC (family 25)", 24)
    ('AMD EPYC', 'AMD EPYC (family 25)')
    """
    return shortened(label if len(label) <= letters else NUMBERS.sub("", label), letters)


Placed = tuple[Point, float, float | None]


def draw_own(
    axes: Axes, own: Sequence[Placed], narrow: bool, figure: Callable[[float], str], measured: Callable[[Point], bool]
) -> None:
    """The user's devices, ringed; the names and figures of the first of them, kept apart from one another."""
    most = MOST_NAMED_NARROW if narrow else MOST_NAMED
    for point, x, y in own:
        axes.plot([x], [y or 1], zorder=6, **own_mark(point.rung, measured(point), len(own)))
    named = [(point, x, y) for point, x, y in own if y][:most]
    low, high = (log10(bound) for bound in axes.get_ylim())
    decade_px = height_px(axes) / (high - low)
    heights = spread([log10(y or 1) * decade_px for *_, y in named], FONT_PX * 1.5)
    for (point, x, y), height in zip(named, heights, strict=True):
        letters = look_of(narrow).letters
        words = brief(point.label, letters)
        if not narrow:
            words = f"{words}  {figure(y or 1)}{' (reported)' if point.origin == 'reported' else ''}"
        # To the left of its point, or to the right where the point stands early.
        early = x < sum(axes.get_xlim()) / 2
        shift = height - log10(y or 1) * decade_px
        axes.annotate(
            words,
            (x, y or 1),
            xytext=(11 if early else -11, shift),
            textcoords="offset points",
            ha="left" if early else "right",
            va="center",
            color=INK,
            fontweight="bold",
            zorder=7,
            bbox={"facecolor": PAPER, "edgecolor": MUTED, "linewidth": 0.6, "pad": 2.5, "alpha": 0.9},
        )
