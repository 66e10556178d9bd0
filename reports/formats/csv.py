"""`.csv`: a row for each device of each run, figures in plain units, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io

from ..document.report import Report
from ..layout.plain_figures import COLUMNS, records
from ..wording.visible import visible

# What a spreadsheet takes for the start of a formula, in ASCII and full width.
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
LIMIT = 500


def render(report: Report) -> bytes:
    """The table, in the order of `records`."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records(report.collection):
        writer.writerow(text_cell(cell) if isinstance(cell, str) else cell for cell in record.values())
    return buffer.getvalue().encode()


def text_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula, on one line.

    >>> text_cell("=HYPERLINK(1)"), text_cell("cpu")
    ("'=HYPERLINK(1)", 'cpu')
    """
    shown = visible(text, LIMIT)
    return f"'{shown}" if shown.lstrip()[:1] in tuple(FORMULA_STARTS) else shown
