"""Turning a chart into SVG or PNG. Equal charts give equal bytes: no dates, no random ids, no user's settings.

matplotlib is imported here and in the charts only, and without pyplot: no global figures.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D

from .style import FONT_PX, RC
from .words import fit, keep_direction

WIDE_PX = 860
NARROW_PX = 340
# Two picture points a CSS pixel: sharp on phones and in print.
PNG_SCALE = 2
# One CSS pixel is one point of the SVG's own measure.
UNITS_PER_INCH = 72
# Above a chart's own title, above its panels (their headings), and beside them.
TITLE_PX = 52
TOP_PX = 24
RIGHT_PX = 32
TITLE_FONT: dict[str, Any] = {"fontsize": FONT_PX * 1.25, "fontweight": "bold"}


@dataclass(frozen=True)
class Size:
    """The width a chart is drawn for, in CSS pixels; `narrow` for a phone."""

    width_px: int

    @property
    def narrow(self) -> bool:
        """Whether there is little room beside one another."""
        return self.width_px < 600


WIDE = Size(WIDE_PX)
NARROW = Size(NARROW_PX)


@dataclass(frozen=True)
class Frame:
    """The room that one chart has in its figure, in CSS pixels."""

    width_px: float
    height_px: float
    title_px: float
    narrow: bool

    def grid(
        self,
        left: float,
        bottom: float,
        panels: int = 1,
        gap: float = 0,
        columns: bool = False,
        right: float = RIGHT_PX,
    ) -> dict[str, Any]:
        """Where panels go, `gap` apart: keyword arguments for a grid. Fixed margins, because fitting them is slow."""
        top = self.title_px + TOP_PX
        across = self.width_px - left - right if columns else self.height_px - top - bottom
        spacing = gap * panels / (across - gap * (panels - 1)) if panels > 1 else 0
        return {
            "left": left / self.width_px,
            "right": 1 - right / self.width_px,
            "top": 1 - top / self.height_px,
            "bottom": bottom / self.height_px,
            "wspace" if columns else "hspace": spacing,
        }

    def legend(self, figure: FigureBase, handles: Sequence[Line2D], columns: int) -> None:
        """A legend in the lower left corner, in rows of so many entries."""
        figure.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(6 / self.width_px, 2 / self.height_px),
            ncols=columns,
            handletextpad=0.3,
            columnspacing=1.2,
            borderpad=0,
            borderaxespad=0,
        )


@dataclass(frozen=True)
class Chart:
    """A picture to be drawn, with what it shows in words. `name` is unique in a report and fit for a file name."""

    name: str
    title: str
    alt: str
    caption: str
    height_px: Callable[[Size], float]
    draw: Callable[[FigureBase, Frame], None]


def svg(charts: Sequence[Chart], size: Size = WIDE) -> str:
    """The charts, one below the other, as an SVG document with its texts as texts."""
    with figure_of(charts, size) as figure:
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def png(charts: Sequence[Chart], size: Size = WIDE) -> bytes:
    """The charts, one below the other, as a PNG."""
    with figure_of(charts, size) as figure:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=UNITS_PER_INCH * PNG_SCALE, metadata={"Software": None})
    return buffer.getvalue()


@contextmanager
def figure_of(charts: Sequence[Chart], size: Size) -> Iterator[Figure]:
    """The drawn figure; settings of the user's own matplotlib do not reach it."""
    with mpl.rc_context(), warnings.catch_warnings():
        # A name in a script that the font lacks: a browser has another font for it, a PNG shows boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        mpl.rcdefaults()
        settings: Any = RC | {"svg.hashsalt": "-".join(chart.name for chart in charts)}
        mpl.rcParams.update(settings)
        title_px = TITLE_PX if len(charts) > 1 else 0
        heights = [chart.height_px(size) + title_px for chart in charts]
        figure = Figure(figsize=(size.width_px / UNITS_PER_INCH, sum(heights) / UNITS_PER_INCH))
        parts = figure.subfigures(len(charts), 1, height_ratios=heights, squeeze=False, hspace=0)[:, 0]
        for chart, part, height in zip(charts, parts, heights, strict=True):
            if title_px:
                y = 1 - 20 / height
                title = part.suptitle(chart.title, x=6 / size.width_px, y=y, ha="left", va="top", **TITLE_FONT)
                fit(title, size.width_px - 12)
            chart.draw(part, Frame(size.width_px, height, title_px, size.narrow))
        keep_direction(figure)
        yield figure
