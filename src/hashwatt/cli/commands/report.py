"""`hashwatt report`: results, from here or elsewhere, as a page, a table, a picture or a site."""

from __future__ import annotations

import os

import click

from ..files import check_targets, warn_of_unreadable, write_reports
from ..output import Output, as_unicode, shared_options
from ..publishing import gathered, name_fields, published, say_site, site_among, site_fields
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
  hashwatt report results/ -o site/ --anonymous      a site of files, with the raw results, to publish

\b
Every result's proof is checked; what does not verify is shown apart and not ranked. A file that is no
result is named and left out. A file that is read, or that holds a measurement, is never written over.

\b
A site goes into a folder of its own: a new or an empty one, or one that an earlier site is in. What hashwatt did
not write there is neither changed nor removed.
""",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path())
@click.option(
    "-o", "--output", "paths", multiple=True, metavar="OUT",
    help="Write a report; the suffix chooses the format: .html, .md, .csv, .svg, .png, .json (repeat for more). "
    "A folder, or a name that ends with /, gets a site.",
)  # fmt: skip
@click.option("--date", "day", metavar="YYYY-MM-DD", help="Show the share of the Bitcoin network on this day.")
@click.option(
    "--anonymous", is_flag=True,
    help="Leave out notes, addresses, and the names of hosts and workers; say what is still told.",
)  # fmt: skip
@shared_options
@click.pass_obj
def report(output: Output, files: tuple[str, ...], paths: tuple[str, ...], day: str | None, anonymous: bool) -> None:
    """Merge result files, check their proofs, and compare the devices."""
    from ...reports.document.report import report_on
    from ...reports.ladder.network import parse_date

    target = site_among(paths)
    single = [path for path in paths if path != target]
    check_targets(single, files)
    chosen = parse_date(day) if day else None
    found = published(files, target) if anonymous else gathered(files, target)
    if output.as_json or paths:
        warn_of_unreadable(output, found.unreadable)
    if found.site is not None and not single and not output.as_json:
        say_site(output, found)
        return
    made = report_on(found.collection, chosen)
    write_reports(made, single)
    if output.as_json:
        from ...reports.layout.summary import summary

        # A document that names nobody does not name the folders of whoever made it, either.
        written = [as_unicode(os.path.basename(path) if anonymous else path) for path in single]
        output.document(
            {"files": written, **summary(made), "site": site_fields(found), "anonymous": name_fields(found)}
        )
    elif paths:
        from ...reports.layout.headline import headline

        for sentence in headline(made.collection):
            output.line(sentence)
        output.line(f"Written: {', '.join(single)}")
        say_site(output, found)
    else:
        from ...reports.terminal import report_parts

        for part in report_parts(made):
            output.table(part)
        say_site(output, found)
