"""A report as one JSON document: what the terminal shows, in plain figures."""

from __future__ import annotations

from typing import Any

import msgspec

from ..document.report import Report
from .headline import headline
from .plain_figures import records


def summary(report: Report) -> dict[str, Any]:
    """The headline and every device of every run."""
    return {
        "verdict": headline(report.collection),
        "devices": list(records(report.collection)),
        "unreadable": report.collection.unreadable,
        "places": msgspec.to_builtins(report.places),
    }
