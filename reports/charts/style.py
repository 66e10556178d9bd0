"""How charts look: shape and fill tell the origin, colour and words tell the kind of device."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matplotlib.lines import Line2D

from ...bench.result.measurement import Origin

FONT_PX = 12

# Every colour is used for one thing, so that a page can exchange them for its own (see `inline`).
INK = "#1b1f24"
MUTED = "#5b636e"
GRID = "#dde1e6"
PAPER = "#ffffff"
# Told apart by the colour-blind (after Okabe and Ito; a test simulates their eyes), and the last one darker in grey.
KIND_COLOURS = {"cpu": "#0a5fa8", "gpu": "#c24e00", "fpga": "#007a5a", "asic": "#5b1049", "accelerator": "#4d555f"}

ORIGINS: tuple[Origin, ...] = ("measured", "reported", "modelled", "cited", "estimated")
_SHAPES: dict[Origin, str] = {"measured": "o", "reported": "s", "modelled": "D", "cited": "o", "estimated": "v"}
_FILLED: frozenset[Origin] = frozenset({"measured", "reported"})
_SIZES: dict[Origin, float] = {"measured": 8, "reported": 7, "modelled": 6, "cited": 5, "estimated": 6}

RC: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": FONT_PX,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": FONT_PX,
    "axes.titlelocation": "left",
    # A fixed place: looking for a free one takes a quarter of the drawing time.
    "axes.titley": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": PAPER,
    "figure.dpi": 72,
    "savefig.dpi": 72,
    "legend.frameon": False,
    "path.simplify": False,
}


def mark(origin: Origin, colour: str) -> dict[str, Any]:
    """The marker of a figure of that origin: keyword arguments of `Axes.plot`."""
    return {
        "marker": _SHAPES[origin],
        "markersize": _SIZES[origin],
        "markeredgecolor": colour,
        "markerfacecolor": colour if origin in _FILLED else PAPER,
        "markeredgewidth": 1.4,
        "linestyle": "none",
    }


def colour_of(kind: str) -> str:
    """The colour of a kind of device."""
    return KIND_COLOURS.get(kind, INK)


def origin_handles(origins: Iterable[Origin]) -> list[Line2D]:
    """Legend entries for the origins that occur, in their fixed order."""
    present = set(origins)
    return [Line2D([], [], label=origin, **mark(origin, INK)) for origin in ORIGINS if origin in present]
