"""`hashwatt verify`: check a result file without trusting it."""

from __future__ import annotations

import click

from ...kernels.errors import CheckFailed
from ..integers import INTEGER
from ..output import Output, as_unicode, can_show, shared_options
from ..progress import progress_for


@click.command(
    epilog="""\b
Examples:
  hashwatt verify hashwatt-20250512T101500Z-1f0c9a3e.json
  hashwatt verify friend.json --recompute 20      also do 20 parts of the claimed work again
  hashwatt verify friend.json --json | jq '.checks[] | select(.ok | not)'
"""
)
@click.argument("file", type=click.Path())
@click.option(
    "--recompute",
    type=INTEGER,
    default=0,
    metavar="N",
    help="Do N randomly chosen parts of the work again and compare (0).",
)
@click.option(
    "--tsa-cert",
    "certificates",
    multiple=True,
    metavar="FILE",
    help="Trust this root certificate for time-stamps, PEM or DER (repeat for more; the system's unless given).",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing where all is well.")
@shared_options
@click.pass_obj
def verify(output: Output, file: str, recompute: int, certificates: tuple[str, ...], quiet: bool) -> None:
    """Check a result file without trusting it.

    It proves the work, not the clock: that so much work was done for this challenge, not how long it took.
    """
    from ...bench import api
    from ...reports.run.table import about

    verdict = api.verify(file, recompute, progress_for(quiet), certificates)
    if output.as_json:
        output.document({"file": as_unicode(file), **as_fields(verdict)})
    elif not (quiet and verdict.ok):
        good, bad = ("✓", "✗") if can_show("✓✗") else ("ok    ", "FAILED")
        for check in verdict.checks:
            output.line(f"{good if check.ok else bad} {about(check.device, check.sentence)}")
        output.line(verdict.statement)
    if not verdict.ok:
        failed = sum(not check.ok for check in verdict.checks)
        raise CheckFailed(f"{file} is refused: {failed} of {len(verdict.checks)} checks failed")


def as_fields(verdict: object) -> dict[str, object]:
    """The verdict's fields, for the JSON document."""
    import msgspec

    fields: dict[str, object] = msgspec.to_builtins(verdict)
    return fields
