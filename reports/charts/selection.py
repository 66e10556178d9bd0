"""Which charts a report has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..document.report import Report
from ..layout.tables import ranking_title
from .by_rung import rung_chart
from .canvas import Chart
from .devices import efficiency_chart, rate_chart
from .ladder import progression_chart
from .samples import samples_chart

# Beyond these the page would be slow to make and long to scroll; a report of fewer files shows the others.
MOST_SAMPLE_CHARTS = 6
MOST_IN_PICTURE = 3


@dataclass(frozen=True)
class Charts:
    """The charts by what they show; `devices` has one pair a ranking."""

    subject: Literal["devices", "ladder"]
    devices: tuple[tuple[Chart, ...], ...]
    samples: tuple[Chart, ...]
    ladder: tuple[Chart, ...]

    @property
    def picture(self) -> list[Chart]:
        """The charts of a report that is one picture: the ladder alone where that is the subject."""
        if self.subject == "ladder":
            return list(self.ladder)
        ranked = [chart for pair in self.devices for chart in pair]
        return [*ranked, *self.samples[:MOST_IN_PICTURE], *self.ladder]


def charts_of(report: Report) -> Charts:
    """All charts of a report."""
    devices = []
    several = len(report.collection.rankings) > 1
    for number, ranking in enumerate(report.collection.rankings):
        work = ranking_title(ranking) if several else ""
        pair = (rate_chart(ranking, f"rate-{number}", work), efficiency_chart(ranking, f"energy-{number}", work))
        devices.append(tuple(chart for chart in pair if chart is not None))
    # What a server counted is one sample, and what a device says of itself none: neither is a course.
    shown = [group for group in report.collection.groups if len(group.newest.samples) > 1][:MOST_SAMPLE_CHARTS]
    return Charts(
        subject=report.subject,
        devices=tuple(devices),
        samples=tuple(samples_chart(group.newest, f"samples-{number}", several) for number, group in enumerate(shown)),
        ladder=(progression_chart(report.ladder, "progression"), rung_chart(report.ladder, "rungs")),
    )
