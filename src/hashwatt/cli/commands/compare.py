"""`hashwatt compare`: is a device faster or slower than it was, and what else differed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ...kernels.errors import CheckFailed, InputError
from ...reports.wording.visible import visible
from ..exits import Untold
from ..files import check_paths, warn_of_unreadable, write_whole
from ..output import Output, as_unicode, hanging, shared_options
from ..sections import SectionedCommand

if TYPE_CHECKING:
    from ...reports.compare.shown.document import ComparisonDocument

SUFFIXES = (".md", ".json")


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt compare before.json after.json
  hashwatt compare before/ after/                    several runs a side: folders, and better verdicts
  hashwatt compare 'main-*.json' 'branch-*.json'     or patterns (in quotes)
  hashwatt compare a1.json b1.json --base a2.json --new b2.json
  hashwatt compare base/ new/ --fail-if-slower 5     exit code 1 where a device surely lost over 5 %
  hashwatt compare base/ new/ -o compare.md          for a pull request or a job's summary
  hashwatt compare ab.json                           the settings that one run alternated (run --ab)
  hashwatt compare base.json .benchmarks/…/0001_x.json       files of pytest-benchmark do, too

\b
Verdicts: same where the ratio's 95 % interval lies within 2 % of 1 (--threshold), faster or slower where
it excludes 1, cannot tell otherwise, with the reason and what helps. With several runs a side the
interval is from how far runs lie apart; with one, a prior says that the ratio of two runs of the same
code scatters by 2 %, so that less than 4 % is not judged. Another processor, number of CPUs or threads,
or a battery on one side forbids a verdict; where others took the CPUs, work ÷ CPU time is compared.

\b
Exit codes: 0 compared, whatever the verdict. With --fail-if-slower: 0 nothing is surely slower by more;
1 something is, gave no verified figure, or nothing could be compared; 3 conditions forbid every verdict.
2 bad input or usage.
""",
)
@click.argument("base", type=click.Path())
@click.argument("new", type=click.Path(), required=False)
@click.option("--base", "more_base", multiple=True, metavar="PATH", help="A further run of the base (repeat for more).")
@click.option("--new", "more_new", multiple=True, metavar="PATH", help="A further run of the new side.")
@click.option(
    "--threshold", type=float, metavar="PERCENT", help="Call a change within this the same (2; alternated 1)."
)
@click.option(
    "--fail-if-slower", "percent", type=float, metavar="PERCENT",
    help="Exit with 1 if a device is surely slower by more than this, or gave no verified figure.",
)  # fmt: skip
@click.option(
    "-o", "--output", "paths", multiple=True, metavar="OUT",
    help="Write it down; the suffix chooses the format: .md, .json (repeat for more).",
)  # fmt: skip
@shared_options
@click.pass_obj
def compare(
    output: Output,
    base: str,
    new: str | None,
    more_base: tuple[str, ...],
    more_new: tuple[str, ...],
    threshold: float | None,
    percent: float | None,
    paths: tuple[str, ...],
) -> None:
    """Compare two sides: faster, slower, same, or cannot tell.

    Each side is a result file, a folder of them, or a pattern. A single file of a run that alternated two settings
    (`run --ab`) is judged by itself.
    """
    from ...reports.compare.shown.document import ComparisonDocument
    from ...reports.compare.sides.sides import read_side
    from ...reports.compare.verdicts.alternated import THRESHOLD_ALTERNATED, read_alternated
    from ...reports.compare.verdicts.comparison import compare as compare_sides
    from ...reports.compare.verdicts.failures import failures, untold
    from ...reports.compare.verdicts.judgement import checked_threshold

    if percent is not None and not 0 <= percent < 100:
        raise InputError(f"--fail-if-slower {percent:g} is no share of a rate; give 0 to 100 per cent")
    share = checked_threshold(threshold)
    sides = ((base, *more_base), (*([] if new is None else [new]), *more_new))
    check_outputs(paths, [path for side in sides for path in side])
    left_out: list[str] = []
    if sides[1]:
        before, now = (read_side(side) for side in sides)
        comparisons, left_out = compare_sides(before, now, share), [*before.left_out, *now.left_out]
    elif more_base:
        raise InputError("the new side is missing; give a result file, a folder or a pattern for it")
    else:
        comparisons = read_alternated(base, THRESHOLD_ALTERNATED if threshold is None else share)
    document = ComparisonDocument(
        base=tuple(map(as_unicode, sides[0])),
        new=tuple(map(as_unicode, sides[1])),
        limit_percent=percent,
        comparisons=comparisons,
        failures=failures(comparisons, percent) if percent is not None else [],
        left_out=left_out,
    )
    write(document, paths)
    if output.as_json:
        output.document(document)
    else:
        show(output, document)
    warn_of_unreadable(output, document.left_out)
    if document.failures:
        raise CheckFailed("; ".join(document.failures))
    if percent is not None and (why := untold(comparisons)):
        raise Untold(why)


def check_outputs(paths: tuple[str, ...], inputs: list[str]) -> None:
    """Raise InputError unless every path names a format that there is, can be written, and holds nothing measured."""
    for path in paths:
        if os.path.splitext(path)[1].lower() not in SUFFIXES:
            raise InputError(f"{visible(path, 200)} names no known format; end it with one of {', '.join(SUFFIXES)}")
    if paths:
        from ...reports.compare.sides.sides import paths_of

        check_paths(paths, paths_of(inputs))


def write(document: ComparisonDocument, paths: tuple[str, ...]) -> None:
    """Each file in the format that its name asks for."""
    import msgspec

    from ...reports.compare.shown.markdown import render

    for path in paths:
        if os.path.splitext(path)[1].lower() == ".md":
            write_whole(path, render(document))
        else:
            write_whole(path, msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def show(output: Output, document: ComparisonDocument) -> None:
    """A paragraph for each device."""
    from ...reports.compare.shown.sentences import comparison_lines

    for number, comparison in enumerate(document.comparisons):
        if number:
            output.line()
        for line in comparison_lines(comparison):
            for part in hanging(line):
                output.line(part)
