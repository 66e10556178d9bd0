"""Fitting a drawn SVG into a page: its styles become classes, its colours the page's own, its ids unique.

With no style attribute left, a page can forbid inline styles, and dark mode is a matter of the page's variables.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

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
# Hundredths of a CSS pixel: what is finer makes the page heavy, and nobody sees it.
_PLACES = ("d", "x", "y", "width", "height")
_FINE = re.compile(r"-?\d+\.\d{3,}")
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
# A reference stands for itself (`#name`) or within a style (`url(#name)`).
_REFERENCE = re.compile(r"(?<=^#)[^)]+|(?<=url\(#)[^)]+")


class StyleSheet:
    """The styles of all charts of a page, a class for each; and short names for what their parts refer to."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def id_of(self, name: str) -> str:
        """The id that stands for a part of a chart, whose `name` is unique on the page."""
        return self._ids.setdefault(name, f"i{len(self._ids)}")

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
    drawn = ElementTree.fromstring(svg([chart], size))
    kind = "narrow" if size.narrow else "wide"
    _drop_preamble(drawn)
    elements = list(drawn.iter())[1:]
    referenced = {
        name for element in elements for value in element.attrib.values() for name in _REFERENCE.findall(value)
    }
    for element in elements:
        _rewrite(element, f"{chart.name}-{kind}-", referenced, sheet)
    picture = ElementTree.Element(
        "svg",
        {"class": f"chart {kind}", "viewBox": drawn.attrib["viewBox"], "role": "img", "aria-label": chart.alt},
    )
    picture.extend(drawn)
    _unwrap_bare_groups(picture)
    return ElementTree.tostring(picture, encoding="unicode")


def _drop_preamble(drawn: Element) -> None:
    """Leave out matplotlib's own metadata and style element; the page says the same in its style sheet."""
    for child in list(drawn):
        if child.tag == f"{_SVG}metadata" or (child.tag == f"{_SVG}defs" and child.find(f"{_SVG}style") is not None):
            drawn.remove(child)


def _unwrap_bare_groups(element: Element) -> None:
    """Put the content of groups that say nothing of their own in their places."""
    children: list[Element] = []
    for child in element:
        _unwrap_bare_groups(child)
        children.extend(child if child.tag == "g" and not child.attrib else (child,))
    element[:] = children


def _rewrite(element: Element, prefix: str, referenced: set[str], sheet: StyleSheet) -> None:
    """One element of the picture as one of the page; ids that nothing refers to are left out."""
    element.tag = element.tag.removeprefix(_SVG)
    given = dict(element.attrib)
    element.attrib.clear()
    for name, value in given.items():
        if name == "style":
            element.set("class", sheet.class_of(value))
        elif name == "id":
            if value in referenced:
                element.set("id", sheet.id_of(prefix + value))
        elif name in _PLACES:
            element.set(name, _FINE.sub(_hundredths, " ".join(value.split())))
        else:
            element.set(
                "href" if name == _LINK else name,
                _REFERENCE.sub(lambda found: sheet.id_of(prefix + found[0]), " ".join(value.split())),
            )
    # Nothing but the space between tags: a text's own words stay as they are.
    element.text = element.text if (element.text or "").strip() else None
    element.tail = "\n"


def _hundredths(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
