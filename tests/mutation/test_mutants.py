"""The tool that tries the tests is tried, too: what it changes, and that a change is one thing only."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from .accepted import REASONS
from .covering import Covering, statement_lines
from .mutants import mutants_of, mutated
from .targets import AREAS

ROOT = Path(__file__).resolve().parents[2]

SOURCE = '''"""A module."""

from __future__ import annotations

Alias = dict[str, 5]
MOST: int = 3


def few(values: list[float], most: int = MOST) -> float | None:
    """Not so many."""
    assert values
    if len(values) > most or not values:
        raise ValueError(f"more than {most + 1}")
    total = sum(value * 2.5 for value in values if value >= 0)
    total -= min(values)
    return total if total else None
'''


def changes() -> list[tuple[str, str]]:
    return [(mutant.before, mutant.after) for mutant in mutants_of("m.py", SOURCE)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("3", "4"),
        ("len(values) > most", "len(values) >= most"),
        ("len(values) > most or not values", "len(values) > most and (not values)"),
        ("not values", "values"),
        ("value * 2.5", "value / 2.5"),
        ("2.5", "5.0"),
        ("value >= 0", "value > 0"),
        ("0", "1"),
        ("total -= min(values)", "total += min(values)"),
        ("total -= min(values)", "pass"),
        ("min(values)", "max(values)"),
        ("total if total else None", "total if not total else None"),
        ("return total if total else None", "return None"),
        ("for value in values if value >= 0", "for value in values"),
    ],
)
def test_what_decides_is_changed(before: str, after: str) -> None:
    assert (before, " ".join(after.split())) in [(one.strip(), two) for one, two in changes()]


def test_types_words_and_assertions_are_left_alone() -> None:
    before = [one for one, _ in changes()]
    assert not any("dict" in text or text in ("5", "most + 1", "values") for text in before)
    assert not any("ValueError" in text and not text.startswith(("raise", "if")) for text in before)


def test_each_change_is_one_and_leaves_a_module_that_can_be_read() -> None:
    plain = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in mutants_of("m.py", SOURCE):
        changed = ast.unparse(ast.parse(mutated(SOURCE, mutant))).splitlines()
        differing = [line for line in changed if line not in plain] or [line for line in plain if line not in changed]
        assert 1 <= len(differing) <= 2, mutant


def test_all_targets_and_reasons_are_about_what_is_there() -> None:
    for area in AREAS:
        for path in (*area.modules, *area.tests, *area.without):
            file, _, test = path.partition("::")
            assert (ROOT / file).exists(), path
            assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8") if test else True, path


def test_each_reason_is_about_one_change_of_a_line_as_it_stands() -> None:
    tried = {module for area in AREAS for module in area.modules}
    for module, reasons in REASONS.items():
        assert module in tried
        there = Counter(
            (one.source, one.before, one.after, one.line)
            for one in mutants_of(module, (ROOT / module).read_text(encoding="utf-8"))
        )
        for change, reason in reasons.items():
            found = [number for (*place, _), number in there.items() if tuple(place) == change]
            assert found, f"{module} has no such change any more: {change}"
            # Twice in one line it would stand for a change that nobody looked at.
            assert set(found) == {1}, (module, change)
            assert reason


def test_a_line_s_statement_is_what_the_tests_that_run_it_are_known_by() -> None:
    lines = SOURCE.splitlines()

    def of(start: str) -> list[str] | None:
        number = next(at for at, line in enumerate(lines, 1) if line.strip().startswith(start))
        found = statement_lines(SOURCE, number)
        return None if found is None else [lines[at - 1].strip() for at in found]

    assert of("MOST") is None, "runs at import"
    assert of("def few") is None
    assert of("if len") == ["if len(values) > most or not values:"]
    assert of("raise") == ['raise ValueError(f"more than {most + 1}")']
    assert of("total -=") == ["total -= min(values)"]


def test_only_tests_that_run_a_line_are_tried_for_it_the_quickest_first() -> None:
    def noted(seconds: float, *lines: int) -> dict[str, object]:
        return {"seconds": seconds, "lines": [("m.py", line) for line in lines]}

    covering = Covering({"slow": noted(2.0, 14, 16), "quick": noted(0.1, 14, 15), "elsewhere": noted(0.01, 12)})
    assert covering.tests_of("m.py", SOURCE, 14) == ["quick", "slow"]
    assert covering.tests_of("m.py", SOURCE, 16) == ["slow"]
    assert covering.tests_of("m.py", SOURCE, 6) == ["elsewhere", "quick", "slow"]
    assert covering.tests_of("m.py", SOURCE, 15) == ["quick"]


def test_the_quickest_tests_are_tried_up_to_so_much_time_and_one_at_least() -> None:
    noted = {
        name: {"seconds": seconds, "lines": [("m.py", 14)]} for name, seconds in (("a", 1.0), ("b", 2.0), ("c", 4.0))
    }
    covering = Covering(noted)
    every = covering.tests_of("m.py", SOURCE, 14)
    assert [covering.within(every, seconds) for seconds in (0.5, 2.9, 3.0, 9.0)] == [["a"], ["a"], ["a", "b"], every]


def test_guards_are_left_alone() -> None:
    assert not [
        one
        for one in mutants_of("m.py", "def pairs(a, b):\n    return zip(a, b, strict=True)\n")
        if one.before == "True"
    ]
