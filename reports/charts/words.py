"""Names from anywhere within a picture: cut where they would run over others, and drawn from left to right."""

from __future__ import annotations

import unicodedata

from matplotlib.figure import FigureBase
from matplotlib.text import Text

from ..wording.directions import marked
from ..wording.visible import shortened
from .style import FONT_PX

# A name of fewer letters tells nothing.
FEWEST_LETTERS = 8


def fit(words: Text, room_px: float) -> None:
    """Cut drawn words in the middle, as far as they need it to be no wider than so many CSS pixels."""
    while (wide_px := width_of(words)) > room_px and len(words.get_text()) > FEWEST_LETTERS:
        text = words.get_text()
        words.set_text(shortened(text, max(FEWEST_LETTERS, min(len(text) - 1, int(len(text) * room_px / wide_px)))))


def width_of(words: Text) -> float:
    """How wide they are in CSS pixels; letters that matplotlib's font lacks are as wide as a line is high elsewhere."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in words.get_text())
    figure = words.get_figure(root=True)
    assert figure is not None
    # A figure has as many points an inch as a page has CSS pixels.
    return max(float(words.get_window_extent(dpi=figure.dpi).width), FONT_PX * float(wide))


def keep_direction(figure: FigureBase) -> None:
    """Let no word from right to left turn the figures beside it: for pictures whose every text is drawn."""
    for words in figure.findobj(Text):
        assert isinstance(words, Text)
        if not words.get_text().isascii():
            words.set_text(marked(words.get_text()))
