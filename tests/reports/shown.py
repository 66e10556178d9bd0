"""Reports of results that many tests look at: each is made once, since drawing one takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Literal

import pytest

from hashwatt.bench.result.model import Result
from hashwatt.reports.collect.gather import NOTHING, gather_results
from hashwatt.reports.document.report import Report, report_on
from hashwatt.reports.formats import format_for

from ..run_folder import found_once
from . import hostile
from .factory import fleet, showcase
from .served import reported, served, served_result
from .suite import suite

Example = Literal["showcase", "suite", "fleet", "served", "hostile", "unprintable", "nothing"]
RESULTS: dict[str, Callable[[], list[Result]]] = {
    "showcase": showcase,
    "suite": lambda: [suite(joules=True), suite(run=1, faster=1.1)],
    "fleet": lambda: [fleet()],
    "served": lambda: [served_result(served(), reported())],
    "hostile": hostile.results,
    "unprintable": lambda: hostile.results(hostile.UNPRINTABLE),
    "nothing": list,
}


@cache
def about(example: Example, subject: Literal["devices", "ladder"] = "devices") -> Report:
    """The report; no test changes it."""
    results = RESULTS[example]()
    return report_on(gather_results(results) if results else NOTHING, subject=subject)


@cache
def shown(example: Example, suffix: str, subject: Literal["devices", "ladder"] = "devices") -> bytes:
    """The report as a file of that kind, drawn once for all processes of the run."""
    return found_once(
        f"shown-{example}-{subject}{suffix}", lambda: format_for(f"x{suffix}").render(about(example, subject))
    )


def leave_out_the_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pages without its pictures: they show published figures, whatever the results, and take most of the time."""

    monkeypatch.setattr("hashwatt.reports.formats.html.ladder_charts", lambda report: ())
