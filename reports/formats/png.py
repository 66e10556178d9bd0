"""`.png`: the report's charts in one picture."""

from __future__ import annotations

from ..charts.canvas import png
from ..charts.selection import charts_of
from ..document.report import Report


def render(report: Report) -> bytes:
    """The picture, at two picture points a CSS pixel."""
    return png(charts_of(report).picture)
