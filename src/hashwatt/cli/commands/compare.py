"""`hashwatt compare`: is a device faster or slower than it was, and what else differed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...kernels.errors import CheckFailed, InputError
from ..output import Output, as_unicode, shared_options

if TYPE_CHECKING:
    from ...reports.compare.comparison import Comparison

NOTE = "The intervals speak of these two runs; how much a device varies from run to run, `hashwatt history` shows."


@click.command(
    epilog="""\b
Examples:
  hashwatt compare before.json after.json
  hashwatt compare base.json new.json --fail-if-slower 5     exit code 1 where a device surely lost over 5 %
  hashwatt compare base.json .benchmarks/…/0001_x.json       files of pytest-benchmark do, too

\b
Verdicts: faster or slower where the ratio's 95 % interval excludes 1, same where it lies within 1 %
of it, cannot tell otherwise.
"""
)
@click.argument("base", type=click.Path())
@click.argument("new", type=click.Path())
@click.option(
    "--fail-if-slower", "percent", type=float, metavar="PERCENT",
    help="Exit with 1 if a device is surely slower by more than this, or gave no verified figure.",
)  # fmt: skip
@shared_options
@click.pass_obj
def compare(output: Output, base: str, new: str, percent: float | None) -> None:
    """Compare two runs, device by device: faster, slower, same, or cannot tell."""
    from ...reports.compare.comparison import compare as compare_series
    from ...reports.compare.comparison import failures
    from ...reports.compare.rate_series import read_series

    if percent is not None and not 0 <= percent < 100:
        raise InputError(f"--fail-if-slower {percent:g} is no share of a rate; give 0 to 100 per cent")
    comparisons = compare_series(read_series(base), read_series(new))
    broken = failures(comparisons, percent) if percent is not None else []
    if output.as_json:
        document = {"base": as_unicode(base), "new": as_unicode(new), "comparisons": comparisons, "failures": broken}
        output.document(document)
    else:
        show(output, comparisons)
    if broken:
        raise CheckFailed("; ".join(broken))


def show(output: Output, comparisons: list[Comparison]) -> None:
    """A paragraph for each device."""
    from ...reports.compare.sentences import comparison_lines

    for comparison in comparisons:
        for line in comparison_lines(comparison):
            output.line(line)
        output.line()
    output.line(NOTE)
