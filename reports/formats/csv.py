"""`.csv`: a row for each device of each run, or for each figure of the ladder, for spreadsheets and scripts."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping

import msgspec

from ..document.report import Report
from ..layout import ladder_figures as ladder_records
from ..layout.plain_figures import COLUMNS, records
from ..wording.visible import visible

# What a spreadsheet takes for the start of a formula, in ASCII and full width.
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
LIMIT = 500
_AFTER_SEMICOLON = re.compile(f'(;[\\s"]*)(?=[{re.escape(FORMULA_STARTS)}])')


def render(report: Report) -> bytes:
    """The table, in plain units: the devices in the order of `records`, or the ladder's figures in the data's order."""
    about_ladder = report.subject == "ladder"
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(ladder_records.COLUMNS if about_ladder else COLUMNS)
    rows: Iterator[Mapping[str, object]] = (
        ladder_records.ladder_records(report.ladder) if about_ladder else records(report.collection)
    )
    for record in rows:
        writer.writerow(map(cell_of, record.values()))
    # Without the mark, Excel takes UTF-8 for the system's old code page; all others skip it.
    return codecs.BOM_UTF8 + buffer.getvalue().encode()


def cell_of(value: object) -> object:
    """A figure as it is, text made harmless, and several named values as JSON."""
    if isinstance(value, dict):
        return text_cell(msgspec.json.encode(value).decode())
    return text_cell(value) if isinstance(value, str) else value


def text_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula, on one line.

    >>> text_cell("=HYPERLINK(1)"), text_cell("a;=1+1"), text_cell("cpu")
    ("'=HYPERLINK(1)", "a;'=1+1", 'cpu')
    """
    # Where a comma is the sign of fractions, spreadsheets part cells at semicolons, whatever is in quotes.
    shown = _AFTER_SEMICOLON.sub(r"\1'", visible(text, LIMIT))
    return f"'{shown}" if shown.lstrip()[:1] in tuple(FORMULA_STARTS) else shown
