"""`.svg`: the report's charts in one picture."""

from __future__ import annotations

from ..charts.canvas import svg
from ..charts.selection import charts_of
from ..document.report import Report


def render(report: Report) -> bytes:
    """The picture, with its texts as texts."""
    return svg(charts_of(report).picture).encode()
