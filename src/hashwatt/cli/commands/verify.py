"""`hashwatt verify`: check a result file without trusting it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ...kernels.errors import CheckFailed, DeviceError
from ..integers import INTEGER
from ..live.progress import progress_for
from ..output import Output, as_unicode, can_show, hanging, shared_options
from ..sections import SectionedCommand

if TYPE_CHECKING:
    from ...bench.verification.verdict import Check

# More checks are not read one by one; those that fail are told all the same.
MOST_LINES = 60
# For how many CPU seconds work is done again unless stated.
EFFORT_S = 0.3


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt verify hashwatt-20250512T101500Z-1f0c9a3e.json
  hashwatt verify friend.json --challenge "said on the phone"   and only for this challenge
  hashwatt verify friend.json --effort 60         look into the work for a minute
  hashwatt verify friend.json --recompute 20      do 20 parts of the claimed work again
  hashwatt verify friend.json --json | jq '.checks[] | select(.ok | not)'
""",
)
@click.argument("file", type=click.Path())
@click.option("--challenge", metavar="TEXT", help="What the result must answer: the challenge that you gave.")
@click.option(
    "--effort",
    type=float,
    metavar="SECONDS",
    help=f"CPU time for doing work again at places drawn in secret; 0: none ({EFFORT_S:g}).",
)
@click.option(
    "--recompute",
    type=INTEGER,
    default=0,
    metavar="N",
    help="Do N randomly chosen parts of the work again and compare all of them (0).",
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
def verify(
    output: Output,
    file: str,
    challenge: str | None,
    effort: float | None,
    recompute: int,
    certificates: tuple[str, ...],
    quiet: bool,
) -> None:
    """Check a result file without trusting it.

    It proves the work, not the clock: that so much work was done for this challenge, not how long it took.
    """
    from ...bench import api
    from ...reports.run.clock import clock_lines

    by_default = EFFORT_S if not recompute else 0.0
    progress = progress_for(quiet)
    not_done = ""
    try:
        effort_s = by_default if effort is None else effort
        verdict = api.verify(
            file, recompute, progress, effort_s=effort_s, challenge=challenge, certificates=certificates
        )
    except DeviceError as error:
        if recompute or effort is not None:
            raise
        # Nobody asked for it: where this machine cannot do it, the rest is checked all the same.
        verdict = api.verify(file, challenge=challenge, certificates=certificates)
        not_done = f"Nothing was done again: {error}"
    if output.as_json:
        output.document({"file": as_unicode(file), **as_fields(verdict)})
    elif not (quiet and verdict.ok):
        good, bad = ("✓", "✗") if can_show("✓✗") else ("ok    ", "FAILED")
        for ok, sentence in told(verdict.checks):
            for part in hanging(f"{good if ok else bad} {sentence}", indent=len(good) + 1):
                output.line(part)
        for line in (*filter(None, [not_done]), verdict.statement, *clock_lines(verdict)):
            for part in hanging(line):
                output.line(part)
        if verdict.ok and verdict.trusted:
            own_word = f"{len(verdict.trusted):,} of its figures and texts no check covers (seconds, joules, names, …)"
            for part in hanging(f"{own_word}; --json lists them as `trusted`."):
                output.line(part)
    if not verdict.ok:
        failed = sum(not check.ok for check in verdict.checks)
        raise CheckFailed(f"{file} is refused: {failed} of {len(verdict.checks)} checks failed")


def told(checks: Sequence[Check]) -> list[tuple[bool, str]]:
    """The checks in sentences; of the many that hold for the machines of a fleet, how many of each kind."""
    from ...reports.run.table import about

    shown = checks if len(checks) <= MOST_LINES else [check for check in checks if not check.ok or not check.machine]
    lines = [
        (check.ok, f"{f'machine {check.machine}, ' if check.machine else ''}{about(check.device, check.sentence)}")
        for check in shown
    ]
    if len(shown) < len(checks):
        holding = Counter(check.code for check in checks if check.ok and check.machine)
        lines += [(True, f"{count:,} times: {code}, of the machines’ devices") for code, count in holding.items()]
    return lines


def as_fields(verdict: object) -> dict[str, object]:
    """The verdict's fields, for the JSON document."""
    import msgspec

    fields: dict[str, object] = msgspec.to_builtins(verdict)
    return fields
