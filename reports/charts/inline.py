"""Fitting a drawn SVG into a page: its styles become classes, its colours the page's own, its ids unique.

With no style attribute left, a page can forbid inline styles, and dark mode is a matter of the page's variables.
"""

from __future__ import annotations

import re
from html import escape

from .canvas import Chart, Size, svg
from .style import GRID, INK, KIND_COLOURS, MUTED, PAPER

VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    PAPER: "--paper",
    **{colour: f"--{kind}" for kind, colour in KIND_COLOURS.items()},
}
_COLOUR = re.compile("|".join(map(re.escape, VARIABLES)))
_TAG = re.compile(r"<[^<>]+>")
_STYLE = re.compile(r' style="([^"]*)"')
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r'(?:url\(#|xlink:href="#)([^)"]+)')
_BODY = re.compile(r'<svg [^>]*viewBox="([^"]*)"[^>]*>(.*)</svg>', re.DOTALL)
# matplotlib's own style element and metadata; the page says the same in its style sheet.
_PREAMBLE = re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)


class StyleSheet:
    """The styles of all charts of a page, a class for each."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}

    def class_of(self, style: str) -> str:
        """The class that stands for a style attribute."""
        declared = _COLOUR.sub(lambda found: f"var({VARIABLES[found[0]]})", style).replace(
            "'DejaVu Sans'", "var(--sans)"
        )
        return self._classes.setdefault(declared, f"k{len(self._classes)}")

    @property
    def css(self) -> str:
        """The rules."""
        return "\n".join(f".{name}{{{declared}}}" for declared, name in self._classes.items())


def inline(chart: Chart, size: Size, sheet: StyleSheet) -> str:
    """The chart as an element for a page: an image to assistive technology, with the chart's words as its name."""
    found = _BODY.search(svg([chart], size))
    assert found is not None
    view, body = found[1], _PREAMBLE.sub("", found[2])
    kind = "narrow" if size.narrow else "wide"
    referenced = {reference for tag in _TAG.findall(body) for reference in _REFERENCE.findall(tag)}

    def rewritten(tag: re.Match[str]) -> str:
        text = _ID.sub(lambda found: f' id="{chart.name}-{kind}-{found[1]}"' if found[1] in referenced else "", tag[0])
        text = _REFERENCE.sub(lambda found: found[0].replace(f"#{found[1]}", f"#{chart.name}-{kind}-{found[1]}"), text)
        text = text.replace("xlink:href", "href")
        return _STYLE.sub(lambda found: f' class="{sheet.class_of(found[1])}"', text)

    # Only tags are rewritten: a device's name may look like anything.
    body = _TAG.sub(rewritten, body)
    packed = "\n".join(line.strip() for line in body.splitlines() if line.strip())
    return (
        f'<svg class="chart {kind}" viewBox="{view}" role="img" aria-label="{escape(chart.alt, quote=True)}">'
        f"{packed}</svg>"
    )
