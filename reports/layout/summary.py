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


def ladder_summary(report: Report) -> dict[str, Any]:
    """The rungs, the steps between them, every point, and the devices' places in the network."""
    return {
        "rungs": msgspec.to_builtins(report.ladder.rungs),
        "steps": msgspec.to_builtins(report.ladder.steps),
        "points": msgspec.to_builtins(report.ladder.points),
        "places": msgspec.to_builtins(report.places),
    }
