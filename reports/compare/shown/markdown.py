"""A comparison as GitHub's Markdown, for a pull request or a job's summary: the verdict first, and short."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from ...formats.md import escape, table
from ...layout.tables import Table
from ...wording.ratios import change_text
from ...wording.units import UNKNOWN
from ...wording.visible import visible
from ..rates.ratio import Ratio
from ..verdicts.comparison import Comparison
from ..verdicts.judgement import Judgement
from .document import ComparisonDocument
from .sentences import rates_line, scatter_line

# Worst first.
ORDER: tuple[Judgement, ...] = ("slower", "cannot tell", "faster", "same")
MOST_CONDITIONS = 12


def render(document: ComparisonDocument) -> bytes:
    """The whole file."""
    return ("\n".join(lines(document)).rstrip() + "\n").encode()


def lines(document: ComparisonDocument) -> Iterator[str]:
    """Its lines."""
    comparisons = sorted(document.comparisons, key=lambda one: ORDER.index(one.judgement))
    yield f"### {headline(document)}"
    yield ""
    yield from table(verdict_table(comparisons))
    for title, told in (
        ("Fails", [escape(failure) for failure in document.failures]),
        (
            "Why no verdict",
            [f"{escape(one.name)}: {escape(one.because)}" for one in comparisons if one.because],
        ),
        ("What differs", list(differing(comparisons))),
        ("What it rests on", list(grounds(comparisons))),
        ("Left out", [escape(sentence) for sentence in document.left_out]),
    ):
        if told:
            yield from ("", f"**{title}**", "", *(f"- {line}" for line in told))
    yield from ("", "**To repeat it**", "", f"    {visible(repeat(document), 2_000)}")


def headline(document: ComparisonDocument) -> str:
    """The verdicts, counted."""
    counts = Counter(one.judgement for one in document.comparisons)
    told = ", ".join(f"{counts[judgement]} {judgement}" for judgement in ORDER if counts[judgement])
    return f"hashwatt: {told or 'nothing to compare'}" + (" – fails" if document.failures else "")


def verdict_table(comparisons: list[Comparison]) -> Table:
    """A row a device and work."""
    return Table(
        caption="",
        columns=("device", "verdict", "rate", "95 % interval", "base → new", "energy for the same work"),
        rows=tuple(
            (
                one.name,
                one.judgement,
                change(one.ratio),
                interval(one.ratio),
                rates_line(one) if one.ratio else UNKNOWN,
                f"{one.energy}: {change(one.energy_ratio)}" if one.energy_ratio else UNKNOWN,
            )
            for one in comparisons
        ),
    )


def change(ratio: Ratio | None) -> str:
    """By how much, in per cent."""
    return UNKNOWN if ratio is None else change_text(ratio.value)


def interval(ratio: Ratio | None) -> str:
    """Between what and what."""
    return UNKNOWN if ratio is None else f"{change_text(ratio.low)} to {change_text(ratio.high)}"


def differing(comparisons: list[Comparison]) -> Iterator[str]:
    """The conditions that differ: those of several devices once."""
    where: dict[str, list[str]] = {}
    for one in comparisons:
        for condition in one.conditions:
            where.setdefault(condition, []).append(one.name)
    for condition, names in list(where.items())[:MOST_CONDITIONS]:
        told = "" if len(names) == len(comparisons) else f" ({', '.join(names)})"
        yield escape(f"{condition}{told}")
    if len(where) > MOST_CONDITIONS:
        yield f"and {len(where) - MOST_CONDITIONS} more"


def grounds(comparisons: list[Comparison]) -> Iterator[str]:
    """What the intervals rest on, each sentence once."""
    for one in comparisons:
        if one.ratio is not None:
            basis = f"compared by {one.basis}: {one.basis_because}; " if one.basis_because else ""
            yield escape(f"{one.name}: {basis}{scatter_line(one)}; the same within {100 * one.threshold:g} %")


def repeat(document: ComparisonDocument) -> str:
    """The command that says it again, where the files are."""
    sides = [
        part
        for name, side in (("--base", document.base[1:]), ("--new", document.new[1:]))
        for path in side
        for part in (name, path)
    ]
    limit = [] if document.limit_percent is None else ["--fail-if-slower", f"{document.limit_percent:g}"]
    return shlex.join(["hashwatt", "compare", document.base[0], *document.new[:1], *sides, *limit])
