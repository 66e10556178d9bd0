"""Which charts a report has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..collect.gather import Ranking
from ..document.report import Report
from ..layout.roofline import rooflines_of
from ..layout.tables import ranking_title
from .by_rung import rung_chart
from .canvas import Chart
from .devices import efficiency_chart, rate_chart
from .ladder import progression_chart
from .roofline import roofline_chart
from .samples import samples_chart

# Beyond these the page would be slow to make and long to scroll; a report of fewer files shows the others.
MOST_SAMPLE_CHARTS = 6
MOST_IN_PICTURE = 3
MOST_ROOFLINES = 6
# Of more kinds of work than this, those that several devices did are drawn; the table has all.
MOST_RANKINGS = 6


@dataclass(frozen=True)
class Charts:
    """The charts by what they show; `devices` has one pair a ranking."""

    subject: Literal["devices", "ladder", "roofline"]
    rooflines: tuple[Chart, ...]
    devices: tuple[tuple[Chart, ...], ...]
    samples: tuple[Chart, ...]
    ladder: tuple[Chart, ...]

    @property
    def picture(self) -> list[Chart]:
        """The charts of a report that is one picture: the ladder or the rooflines alone where these are the subject."""
        if self.subject != "devices":
            return list(self.ladder if self.subject == "ladder" else self.rooflines)
        ranked = [chart for pair in self.devices for chart in pair]
        return [*self.rooflines, *ranked, *self.samples[:MOST_IN_PICTURE], *self.ladder]


def charts_of(report: Report) -> Charts:
    """All charts of a report."""
    devices = []
    several = len(report.collection.rankings) > 1
    for number, ranking in enumerate(drawn_rankings(report.collection.rankings)):
        work = ranking_title(ranking) if several else ""
        pair = (rate_chart(ranking, f"rate-{number}", work), efficiency_chart(ranking, f"energy-{number}", work))
        devices.append(tuple(chart for chart in pair if chart is not None))
    # What a server counted is one sample, and what a device says of itself none: neither is a course.
    shown = [group for group in report.collection.groups if len(group.newest.samples) > 1][:MOST_SAMPLE_CHARTS]
    return Charts(
        subject=report.subject,
        rooflines=roofline_charts(report),
        devices=tuple(devices),
        samples=tuple(samples_chart(group.newest, f"samples-{number}", several) for number, group in enumerate(shown)),
        ladder=ladder_charts(report),
    )


def roofline_charts(report: Report) -> tuple[Chart, ...]:
    """The rooflines of the first devices that have one."""
    lines = [line for line in rooflines_of(report.collection) if line.can_be_drawn]
    return tuple(roofline_chart(line, f"roofline-{number}") for number, line in enumerate(lines[:MOST_ROOFLINES]))


def ladder_charts(report: Report) -> tuple[Chart, ...]:
    """The progression over time, and by rung."""
    return progression_chart(report.ladder, "progression"), rung_chart(report.ladder, "rungs")


def drawn_rankings(rankings: Sequence[Ranking]) -> Sequence[Ranking]:
    """The rankings that have charts of their own."""
    if len(rankings) <= MOST_RANKINGS:
        return rankings
    return [ranking for ranking in rankings if len(ranking.groups) > 1][:MOST_RANKINGS]
