"""`hashwatt claims`: the white paper's claims, each with the evidence and a computed verdict."""

from __future__ import annotations

import click

from ..files import warn_of_unreadable
from ..output import Output, shared_options
from ..sections import SectionedCommand
from .ladder import made_from


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt claims                          from the published figures
  hashwatt claims hashwatt-….json          with your own measurements as further evidence
  hashwatt claims --json | jq '.claims[] | [.id, .finding.judgement]'
""",
)
@click.argument("files", nargs=-1, metavar="[FILE…]", type=click.Path())
@shared_options
@click.pass_obj
def claims(output: Output, files: tuple[str, ...]) -> None:
    """Hold the white paper's claims against the data."""
    made = made_from(files)
    warn_of_unreadable(output, made.collection.unreadable)
    if output.as_json:
        output.document({"claims": made.claims})
        return
    from ...reports.terminal import claim_parts

    for part in claim_parts(made.claims):
        output.table(part)
