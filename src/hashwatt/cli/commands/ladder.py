"""`hashwatt ladder`: the progression CPU → GPU → FPGA → ASIC, with this machine's devices on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..files import check_targets, warn_of_unreadable, write_reports
from ..output import Output, as_unicode, shared_options
from ..sections import SectionedCommand

if TYPE_CHECKING:
    from ...reports.document.report import Report


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt ladder                                the published devices alone
  hashwatt ladder hashwatt-….json                with your own devices among them
  hashwatt ladder mine.json --date 2013-06-30    their share of the Bitcoin network on that day
  hashwatt ladder mine.json -o ladder.html -o ladder.svg
  hashwatt ladder --json | jq -c '.rungs[] | [.kind, .median_j_per_th, .ratio_to_previous]'
""",
)
@click.argument("files", nargs=-1, metavar="[FILE…]", type=click.Path())
@click.option(
    "-o",
    "--output",
    "paths",
    multiple=True,
    metavar="OUT",
    help="Write it as .html, .md, .csv, .json, .svg or .png (repeat).",
)
@click.option("--date", "day", metavar="YYYY-MM-DD", help="Show the share of the Bitcoin network on this day.")
@shared_options
@click.pass_obj
def ladder(output: Output, files: tuple[str, ...], paths: tuple[str, ...], day: str | None) -> None:
    """Show your devices on mining's way from CPU to GPU, FPGA and ASIC."""
    check_targets(paths, files)
    made = made_from(files, day)
    write_reports(made, paths)
    warn_of_unreadable(output, made.collection.unreadable)
    if output.as_json:
        from ...reports.layout.ladder_figures import ladder_summary

        output.document({"files": [as_unicode(path) for path in paths], **ladder_summary(made)})
    elif paths:
        output.line(f"Written: {', '.join(paths)}")
    else:
        from ...reports.terminal import ladder_parts

        for part in ladder_parts(made):
            output.table(part)


def made_from(files: tuple[str, ...], day: str | None = None) -> Report:
    """The report on these files, or on our own data alone. Raises InputError."""
    from ...reports.collect.gather import NOTHING, gather
    from ...reports.document.report import report_on
    from ...reports.ladder.network import parse_date

    return report_on(gather(files) if files else NOTHING, parse_date(day) if day else None, "ladder")
