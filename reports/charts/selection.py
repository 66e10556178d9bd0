"""Which charts a report has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..collect.gather import Group, Ranking
from ..document.report import Report
from ..fleet.outliers import outliers
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
# Of more devices than this so few courses say nothing of the others: two are drawn, of those unlike their twins.
MANY_DEVICES = 100
MOST_COURSES_OF_MANY = 2
MOST_IN_PICTURE = 3
MOST_ROOFLINES = 6
# Of more kinds of work than this, those that several devices did are drawn; the table has all.
MOST_RANKINGS = 6


@dataclass(frozen=True)
class Charts:
    """The charts by what they show; `devices` has one pair a ranking.

    `samples_of`: of which devices `samples` are, in a sentence; empty where of all.
    """

    subject: Literal["devices", "ladder", "roofline"]
    rooflines: tuple[Chart, ...]
    devices: tuple[tuple[Chart, ...], ...]
    samples: tuple[Chart, ...]
    samples_of: str
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
    shown, which = courses_of(report.collection.groups)
    return Charts(
        subject=report.subject,
        rooflines=roofline_charts(report),
        devices=tuple(devices),
        samples=tuple(samples_chart(group.newest, f"samples-{number}", several) for number, group in enumerate(shown)),
        samples_of=which,
        ladder=ladder_charts(report),
    )


def roofline_charts(report: Report) -> tuple[Chart, ...]:
    """The rooflines of the first devices that have one."""
    lines = [line for line in rooflines_of(report.collection) if line.can_be_drawn]
    return tuple(roofline_chart(line, f"roofline-{number}") for number, line in enumerate(lines[:MOST_ROOFLINES]))


def ladder_charts(report: Report) -> tuple[Chart, ...]:
    """The progression over time, and by rung."""
    return progression_chart(report.ladder, "progression"), rung_chart(report.ladder, "rungs")


def courses_of(groups: Sequence[Group]) -> tuple[Sequence[Group], str]:
    """The devices whose samples are drawn, and in a sentence which of them these are; empty where they are all."""
    # What a server counted is one sample, and what a device says of itself none: neither is a course.
    known = [group for group in groups if len(group.newest.samples) > 1]
    of_all, others = f"of {len(groups):,} devices", "a report of fewer results shows the others."
    if len(known) > MANY_DEVICES:
        unlike = [outlier.group for outlier in outliers(groups) if len(outlier.group.newest.samples) > 1]
        chosen = (unlike or known)[:MOST_COURSES_OF_MANY]
        whose = "most unlike its twins" if len(chosen) == 1 else "most unlike their twins"
        return chosen, f"Shown for {len(chosen)} {of_all}{f', {whose}' if unlike else ''}; {others}"
    chosen = known[:MOST_SAMPLE_CHARTS]
    return chosen, f"Shown for the first {len(chosen)} {of_all}; {others}" if len(groups) > MOST_SAMPLE_CHARTS else ""


def drawn_rankings(rankings: Sequence[Ranking]) -> Sequence[Ranking]:
    """The rankings that have charts of their own."""
    if len(rankings) <= MOST_RANKINGS:
        return rankings
    return [ranking for ranking in rankings if len(ranking.groups) > 1][:MOST_RANKINGS]
