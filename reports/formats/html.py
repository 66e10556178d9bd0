"""`.html`: one page that needs nothing else, neither the network nor a script.

Everything a result says is escaped by the template engine; the page's policy forbids whatever is not
in it from the start: any request, any script but its own, any inline style. It embeds the figures; the evidence stays
in the raw results, which it links to where it knows that they lie beside it (`Report.links`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup
from msgspec.structs import replace

from ..charts.canvas import NARROW, WIDE, Chart
from ..charts.inline import StyleSheet, inline
from ..charts.selection import ladder_charts, roofline_charts
from ..claims.ledger import paper_title
from ..collect.device_name import device_name
from ..document.report import Report
from ..ladder.story import story
from ..layout import ladder_tables, tables
from ..layout.fleet_tables import fleet_parts
from ..layout.headline import headline
from ..layout.reading import energy_units, statement
from ..layout.together_tables import MEANING, together_tables
from ..page.lines import works_of
from ..page.runs import run_lines
from ..page.sheets import sheets_of
from ..wording.directions import isolated
from .csv import render as csv_of

# Figures as a table take a third more in the page than as a file; above this, `-o FILE.csv` has them.
MOST_CSV_BYTES = 300_000
MOST_RUNS = 200
# A table of more rows is closed at first, and its cells are one line each: it would make the page heavy.
MOST_OPEN = 60
MOST_TITLED = 3
# The sheets of so many devices are printed whole; of more, those that are open.
FEW = 3
JUDGEMENT_MARKS = {"reproduced": "✓", "partly": "◐", "not reproduced": "✗", "cannot be tested here": "?"}
# Between a figure and what it is written in.
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=[%×]|[A-Za-zµ]+/[A-Za-z])")


class Figure:
    """A chart in both widths, drawn into the page's one style sheet."""

    def __init__(self, chart: Chart, sheet: StyleSheet) -> None:
        self.title = chart.title
        self.caption = chart.caption
        # Safe to insert: `inline` escapes the words, and matplotlib the texts of the picture.
        self.pictures = Markup(inline(chart, WIDE, sheet) + inline(chart, NARROW, sheet))


def render(report: Report) -> bytes:
    """The page. Raw results are linked where `report.links` says where they lie."""
    results = report.collection.results
    about_ladder = report.subject == "ladder" or not results
    sheet = StyleSheet()
    figures = {
        "rooflines": [Figure(chart, sheet) for chart in roofline_charts(report)],
        # Where devices are compared, the rungs' medians stand in their table.
        "ladder": [Figure(chart, sheet) for chart in ladder_charts(report)[: None if about_ladder else 1]],
    }
    css, script = resource("page.css") + sheet.css, resource("page.js")
    sheets = sheets_of(report)
    fleet = fleet_parts(report)
    together = together_tables(report.collection)
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            report=report,
            title=title_of(report, about_ladder),
            headline=headline(report.collection),
            contents=contents_of(report, about_ladder, is_fleet=bool(fleet), is_together=bool(together)),
            results=results,
            tables=tables,
            works=works_of(report.collection),
            sheets=sheets,
            linked={one.ident for one in sheets},
            devices_total=len(report.collection.groups),
            ladder_tables=ladder_tables,
            fleet=fleet,
            together=together,
            together_meaning=MEANING,
            most_open=MOST_OPEN,
            few=FEW,
            figures=figures,
            statement=statement(report.collection),
            energy_units=energy_units(report.collection),
            story=story(report.ladder),
            about_ladder=about_ladder,
            paper=paper_title(),
            judgement_marks=JUDGEMENT_MARKS,
            runs=run_lines(report, MOST_RUNS),
            csv=csv_figures(report),
            css=Markup(css),
            css_hash=hash_of(css),
            script=Markup(script),
            script_hash=hash_of(script),
        )
        .encode()
    )


def title_of(report: Report, about_ladder: bool) -> str:
    """What the window is called: the first devices by name."""
    if about_ladder:
        return "hashwatt: from CPU to ASIC"
    names = list(dict.fromkeys(device_name(group.newest.device) for group in report.collection.groups))
    if not names:
        return "hashwatt report"
    more = f" and {len(names) - MOST_TITLED} more" if len(names) > MOST_TITLED else ""
    return f"{', '.join(names[:MOST_TITLED])}{more} – hashwatt report"


def contents_of(report: Report, about_ladder: bool, is_fleet: bool, is_together: bool) -> list[tuple[str, str]]:
    """The page's chapters in their order: each one's name in the address, and its words."""
    found = report.collection
    chapters = [
        ("ladder", "The progression", about_ladder),
        ("fleet", "Machines", is_fleet),
        ("devices", "Devices", bool(found.rankings)),
        ("together", "All at once", is_together),
        ("apart", "Not verified", bool(found.apart or found.unreadable)),
        ("unmeasured", "Not measured", bool(found.unmeasured)),
        ("details", "Device by device", bool(found.rankings)),
        ("ladder", "From CPU to ASIC", not about_ladder),
        ("claims", "The white paper’s claims", True),
        ("runs", "Runs and raw results", bool(found.results)),
        ("reading", "How to read this", True),
    ]
    return [(ident, words) for ident, words, there in chapters if there]


def csv_figures(report: Report) -> str:
    """The devices' plain figures as a table in base 64; empty where there are none, or too many."""
    if not report.collection.results:
        return ""
    table = csv_of(replace(report, subject="devices"))
    return base64.b64encode(table).decode() if len(table) <= MOST_CSV_BYTES else ""


def environment() -> Environment:
    """An engine that escapes everything and stumbles over what is not there."""
    made = Environment(
        loader=FunctionLoader(resource),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["coded"] = coded
    made.filters["held"] = held
    made.filters["isolated"] = isolated
    return made


def held(text: str) -> str:
    """Text whose figures are not parted from their units where a line ends."""
    return _BEFORE_UNIT.sub("\u00a0", text)


def coded(text: str) -> Markup:
    """Text with what stands between backticks as code: commands in our own sentences are written so.

    >>> coded("see `hashwatt meters` & others")
    Markup('see <code>hashwatt meters</code> &amp; others')
    """
    pieces = text.split("`")
    # A lone backtick is one.
    whole = len(pieces) if len(pieces) % 2 else len(pieces) - 1
    marked = [
        isolated(piece) if place % 2 == 0 else Markup("<code>{}</code>").format(piece)
        for place, piece in enumerate(pieces[:whole])
    ]
    return Markup("").join([*marked, *(Markup("`{}").format(isolated(piece)) for piece in pieces[whole:])])


def resource(name: str) -> str:
    """A file of the page's folder."""
    return (files("hashwatt.reports") / "page" / name).read_text(encoding="utf-8")


def hash_of(text: str) -> str:
    """The digest by which the page's policy admits a style sheet or a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
