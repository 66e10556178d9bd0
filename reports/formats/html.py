"""`.html`: one page that needs nothing else, neither the network nor a script.

Everything a result says is escaped by the template engine; the page's policy forbids whatever is not
in it from the start: any request, any script but its own, any inline style.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ..charts.canvas import NARROW, WIDE, Chart
from ..charts.inline import StyleSheet, inline
from ..charts.selection import charts_of
from ..claims.ledger import paper_title
from ..document.archive import archive
from ..document.report import Report
from ..ladder.story import story
from ..layout import ladder_tables, tables
from ..layout.fleet_tables import fleet_parts
from ..layout.headline import headline
from ..layout.reading import energy_units, statement
from ..layout.run_details import run_details
from ..layout.suite_table import suite_table

# Base64 takes a third more than the raw results themselves; the rest is room for the sentence about them.
MOST_PAGE_BYTES = 2_900_000
# How many runs are described in full; the raw results have the others.
MOST_RUNS = 12
# A table of more rows is closed at first, and its cells are one line each: it would make the page heavy.
MOST_OPEN = 60
JUDGEMENT_MARKS = {"reproduced": "✓", "partly": "◐", "not reproduced": "✗", "cannot be tested here": "?"}


class Figure:
    """A chart in both widths, drawn into the page's one style sheet."""

    def __init__(self, chart: Chart, sheet: StyleSheet) -> None:
        self.title = chart.title
        self.caption = chart.caption
        # Safe to insert: `inline` escapes the words, and matplotlib the texts of the picture.
        self.pictures = Markup(inline(chart, WIDE, sheet) + inline(chart, NARROW, sheet))


def render(report: Report) -> bytes:
    """The page, with as many raw results in it as keep it below 3 MB."""
    sheet = StyleSheet()
    charts = charts_of(report)
    figures = {
        "rooflines": [Figure(chart, sheet) for chart in charts.rooflines],
        "devices": [[Figure(chart, sheet) for chart in pair] for pair in charts.devices],
        "samples": [Figure(chart, sheet) for chart in charts.samples],
        "ladder": [Figure(chart, sheet) for chart in charts.ladder],
    }
    results = report.collection.results
    css, script = resource("page.css") + sheet.css, resource("page.js")
    template = environment().from_string(resource("page.html.jinja"))

    fleet = fleet_parts(report)

    def page(raw: bytes, raw_kept: int) -> bytes:
        return template.render(
            report=report,
            headline=headline(report.collection),
            results=results,
            tables=tables,
            suite=suite_table(report.collection),
            ladder_tables=ladder_tables,
            fleet=fleet,
            most_open=MOST_OPEN,
            figures=figures,
            samples_of=charts.samples_of,
            statement=statement(report.collection),
            energy_units=energy_units(report.collection),
            story=story(report.ladder),
            about_ladder=report.subject == "ladder" or not results,
            paper=paper_title(),
            judgement_marks=JUDGEMENT_MARKS,
            runs=[details for result in results[:MOST_RUNS] for details in run_details(result)],
            runs_left=max(len(results) - MOST_RUNS, 0),
            raw=base64.b64encode(raw).decode(),
            raw_kept=raw_kept,
            css=Markup(css),
            css_hash=hash_of(css),
            script=Markup(script),
            script_hash=hash_of(script),
        ).encode()

    bare = page(b"", 0)
    raw, raw_kept = archive(results, (MOST_PAGE_BYTES - len(bare)) * 3 // 4)
    return page(raw, raw_kept) if raw else bare


def environment() -> Environment:
    """An engine that escapes everything and stumbles over what is not there."""
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def resource(name: str) -> str:
    """A file of the page's folder."""
    return (files("hashwatt.reports") / "page" / name).read_text(encoding="utf-8")


def hash_of(text: str) -> str:
    """The digest by which the page's policy admits a style sheet or a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
