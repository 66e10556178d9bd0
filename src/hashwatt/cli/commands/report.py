"""`hashwatt report`: results, from here or elsewhere, as a page, a table or a picture."""

from __future__ import annotations

import click

from ..files import check_targets, warn_of_unreadable, write_reports
from ..output import Output, as_unicode, shared_options
from ..sections import SectionedCommand


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt report hashwatt-….json                    in the terminal
  hashwatt report results/ -o page.html              one offline page of all results in a folder
  hashwatt report mine.json friend.json -o both.md -o both.csv
  hashwatt report mine.json -o chart.svg -o chart.png
  hashwatt report suite.json -o roofline.svg         the rooflines alone
  hashwatt report mine.json -o rounds.json           for `pytest-benchmark compare`

\b
Every result's proof is checked; what does not verify is shown apart and not ranked. A file that is no
result is named and left out. A file that is read, or that holds a measurement, is never written over.
""",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path())
@click.option(
    "-o", "--output", "paths", multiple=True, metavar="OUT",
    help="Write a report; the suffix chooses the format: .html, .md, .csv, .svg, .png, .json (repeat for more).",
)  # fmt: skip
@click.option("--date", "day", metavar="YYYY-MM-DD", help="Show the share of the Bitcoin network on this day.")
@shared_options
@click.pass_obj
def report(output: Output, files: tuple[str, ...], paths: tuple[str, ...], day: str | None) -> None:
    """Merge result files, check their proofs, and compare the devices."""
    from ...reports.collect.gather import gather
    from ...reports.document.report import report_on
    from ...reports.ladder.network import parse_date

    check_targets(paths, files)
    made = report_on(gather(files), parse_date(day) if day else None)
    write_reports(made, paths)
    if output.as_json or paths:
        warn_of_unreadable(output, made.collection.unreadable)
    if output.as_json:
        from ...reports.layout.summary import summary

        output.document({"files": [as_unicode(path) for path in paths], **summary(made)})
    elif paths:
        from ...reports.layout.headline import headline

        for sentence in headline(made.collection):
            output.line(sentence)
        output.line(f"Written: {', '.join(paths)}")
    else:
        from ...reports.terminal import report_parts

        for part in report_parts(made):
            output.table(part)
