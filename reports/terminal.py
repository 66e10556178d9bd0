"""The report in a terminal: the headline, then the tables, as renderables of rich."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .claims.ledger import Claim
from .document.report import Report
from .fitted_table import FittedTable
from .ladder.story import short_story
from .layout.fleet_tables import fleet_parts
from .layout.headline import headline
from .layout.ladder_tables import frontier_table, own_table, place_table, rung_table
from .layout.suite_table import suite_table
from .layout.tables import Table, apart_table, device_table, unmeasured_table
from .wording.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType

# Tables of more columns than this have short cells: the page and the files have the whole.
MOST_ROOMY = 5
# So many always stay, the first and what is said of it.
FEWEST_COLUMNS = 1
SHORT = 56
# A window holds no more; the page and the files have all.
MOST_MACHINES = 40
MOST_RANKINGS = 4
LONG = 400
# Columns whose cells are lists.
LISTS = ("warnings",)
MARKS = {"reproduced": "✓", "partly": "◐", "not reproduced": "✗", "cannot be tested here": "?"}


def report_parts(report: Report) -> Iterator[RenderableType]:
    """What the results say."""
    yield sentences(headline(report.collection))
    for _, content in fleet_parts(report, MOST_MACHINES):
        yield table(content)
    suite = suite_table(report.collection)
    if suite is not None:
        yield table(suite)
    # Where there are many kinds of work, the one table has what these would repeat.
    for ranking in report.collection.rankings if len(report.collection.rankings) <= MOST_RANKINGS else ():
        yield table(device_table(ranking))
    if report.collection.apart:
        yield table(apart_table(report))
    if report.collection.unreadable:
        yield sentences(report.collection.unreadable)
    if report.collection.unmeasured:
        yield table(unmeasured_table(report))


def ladder_parts(report: Report) -> Iterator[RenderableType]:
    """The progression in a line, the given devices, the rungs, the best so far, and the devices' places in the network.

    What was asked about comes first: a window is short.
    """
    yield sentences((short_story(report.ladder),))
    if report.ladder.own:
        yield table(own_table(report))
    yield table(rung_table(report.ladder))
    yield table(frontier_table(report.ladder, handovers_only=True))
    if report.places:
        yield table(place_table(report))


def claim_parts(claims: tuple[Claim, ...]) -> Iterator[RenderableType]:
    """The ledger."""
    from rich.text import Text

    for claim in claims:
        finding = claim.finding
        lines = [f"{MARKS[finding.judgement]} {finding.judgement}: {finding.because}", *finding.evidence]
        yield Text.assemble((claim.text, "bold"), "\n", "\n  ".join(visible(line) for line in lines), "\n")


def sentences(lines: tuple[str, ...]) -> RenderableType:
    """A line each."""
    from rich.text import Text

    return Text("\n".join(visible(line) for line in lines) + "\n")


def table(content: Table) -> RenderableType:
    """A table for any width of terminal; the last columns give way first."""
    crowded = len(content.columns) > MOST_ROOMY
    return FittedTable(
        content.columns,
        [
            [cell_text(cell, crowded, name in LISTS) for name, cell in zip(content.columns, row, strict=True)]
            for row in content.rows
        ],
        title=content.caption,
        expendable=content.columns[:FEWEST_COLUMNS:-1],
    )


def cell_text(cell: str, crowded: bool, is_list: bool = False) -> str:
    """A cell's lines, cut short between words where many columns share the width; a list between its entries."""
    limit = SHORT if crowded else LONG
    return "\n".join(_entries(line, limit) if is_list else _words(line, limit) for line in cell.split("\n"))


def _words(line: str, limit: int) -> str:
    if len(line) <= limit or " " not in line[:limit]:
        return visible(line, limit)
    return visible(line[:limit].rpartition(" ")[0].rstrip(",;:"), limit - 2) + " …"


def _entries(line: str, limit: int) -> str:
    entries = line.split(", ")
    shown = len(entries)
    while shown > 1 and len(", ".join(entries[:shown])) > limit:
        shown -= 1
    left_out = len(entries) - shown
    return visible(", ".join(entries[:shown]), limit) + (f" and {left_out} more" if left_out else "")
