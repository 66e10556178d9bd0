"""The Markdown for a pull request: the verdict first, short, and no word of a stranger's file is obeyed."""

from __future__ import annotations

from hashwatt.reports.compare.shown.document import ComparisonDocument
from hashwatt.reports.compare.shown.markdown import MOST_CONDITIONS, render
from hashwatt.reports.compare.sides.sides import Side
from hashwatt.reports.compare.verdicts.comparison import compare
from hashwatt.reports.compare.verdicts.failures import failures

from ...factory import machine, result, verified
from ...hostile import PRINTABLE
from ..sides.test_pairs import side_of


def rendered(base: Side, new: Side, percent: float | None = None, paths: tuple[str, ...] = ("base", "new")) -> str:
    comparisons = compare(base, new)
    document = ComparisonDocument(
        base=paths[:1],
        new=paths[1:],
        limit_percent=percent,
        comparisons=comparisons,
        failures=[] if percent is None else failures(comparisons, percent),
        left_out=[*base.left_out, *new.left_out],
    )
    return render(document).decode()


def runs(rate: float, first: int, count: int = 4) -> Side:
    return side_of(*(result(verified(run=run, rate=rate), run=run) for run in range(first, first + count)))


def test_the_verdict_comes_first_and_the_way_to_repeat_it_last() -> None:
    text = rendered(runs(25e6, 0), runs(20e6, 10), 5, ("main results", "branch", "more"))
    lines = text.splitlines()
    assert lines[0] == "### hashwatt: 1 slower – fails"
    assert lines[4].startswith("| sha256d\\[cpu\\] | slower | −")
    assert "- sha256d\\[cpu\\] is slower by more than 5 %" in lines
    assert lines[-1] == "    hashwatt compare 'main results' branch --new more --fail-if-slower 5"
    assert len(lines) < 25


def test_why_it_cannot_be_told_stands_there() -> None:
    base = side_of(result(verified(run=0), run=0, machines=(machine(cpu_model="EPYC"),)))
    new = side_of(result(verified(run=1), run=1, machines=(machine(cpu_model="Xeon"),)))
    text = rendered(base, new)
    assert text.startswith("### hashwatt: 1 cannot tell\n")
    assert "another processor; compare runs of one machine" in text
    assert "- processor: EPYC → Xeon" in text


def test_foreign_words_are_shown_and_not_obeyed() -> None:
    for text in PRINTABLE:
        base = side_of(result(verified(run=0), run=0))
        new = side_of(result(verified(run=1, driver=text), run=1, libraries={"numba": text}))
        page = rendered(base, new)
        assert "<script" not in page
        assert "](" not in page.replace("\\](", "").replace("\\]\\(", "")
        assert "\x1b" not in page


def test_many_conditions_are_cut() -> None:
    libraries = {f"library{number}": "1" for number in range(30)}
    page = rendered(
        side_of(result(verified(run=0), run=0)), side_of(result(verified(run=1), run=1, libraries=libraries))
    )
    assert page.count("- library") == MOST_CONDITIONS
    assert f"- and {30 - MOST_CONDITIONS} more" in page
