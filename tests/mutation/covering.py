"""Which tests run a line at all: only those can notice what is changed in it, so only those are tried."""

from __future__ import annotations

import ast
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

# Lines that run beside the tests.
BESIDE = ""

# Of each test: the CPU time that it takes, and the lines that it runs.
Noted = dict[str, dict[str, Any]]


class Watch:
    """A plugin that notes, of some modules, the lines that each test runs, its fixtures' among them.

    What a fixture of more than one test runs is put down for all tests that ask for it.
    """

    def __init__(self, tree: Path, modules: Iterable[str]) -> None:
        """Of modules that are named from the top of the tree."""
        self._names = {str((tree / module).resolve()): module for module in modules}
        self._runs = BESIDE
        self._lines: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self._fixtures: dict[str, Sequence[str]] = {}
        self._seconds: dict[str, float] = defaultdict(float)
        self._known: dict[str, str | None] = {}
        self._unseen: dict[tuple[str, CodeType], set[int]] = {}

    def start(self) -> None:
        """From now on."""
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def _trace(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        code = frame.f_code
        if code.co_filename not in self._known:
            self._known[code.co_filename] = self._names.get(str(Path(code.co_filename).resolve()))
        module = self._known[code.co_filename]
        if module is None:
            return None
        # Code that a test has seen all of is not looked at again: tracing every line of a loop takes for ever.
        unseen = self._unseen.setdefault((self._runs, code), {line for *_, line in code.co_lines() if line})
        if not unseen:
            return None
        seen = self._lines[self._runs]

        def line(frame: FrameType, _event: str, _argument: Any) -> Any:
            seen.add((module, frame.f_lineno))
            unseen.discard(frame.f_lineno)
            return line if unseen else None

        return line(frame, _event, _argument)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """A test's own lines, and how long it takes."""
        self._runs = item.nodeid
        self._fixtures[item.nodeid] = list(getattr(item, "fixturenames", ()))
        started = time.process_time()
        try:
            return (yield)
        finally:
            self._seconds[item.nodeid] += time.process_time() - started
            self._runs = BESIDE

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Those of a fixture that others may share."""
        before, self._runs = self._runs, f"fixture {fixturedef.argname}"
        started = time.process_time()
        try:
            return (yield)
        finally:
            self._seconds[self._runs] = max(self._seconds[self._runs], time.process_time() - started)
            self._runs = before

    def noted(self) -> Noted:
        """What came of it, for `Covering`; a shared fixture's time is in that of all that ask for it."""
        sys.settrace(None)
        found = {}
        for test, fixtures in self._fixtures.items():
            parts = [test, *(f"fixture {name}" for name in fixtures)]
            lines = set().union(*(self._lines[part] for part in parts))
            if lines:
                found[test] = {"seconds": sum(self._seconds[part] for part in parts), "lines": sorted(lines)}
        return found


class Covering:
    """For each line of some modules the tests that run it, the quickest first."""

    def __init__(self, noted: Noted) -> None:
        """From what a `Watch` noted."""
        self._noted = noted
        self._tests: dict[tuple[str, int], set[str]] = defaultdict(set)
        self._of_module: dict[str, list[str]] = defaultdict(list)
        for test in sorted(noted, key=lambda name: noted[name]["seconds"]):
            for module, line in noted[test]["lines"]:
                self._tests[module, line].add(test)
            for module in sorted({module for module, _ in noted[test]["lines"]}):
                self._of_module[module].append(test)

    def tests_of(self, module: str, source: str, line: int) -> list[str]:
        """The tests that run the statement in that line; of one that runs at import: those that run the module."""
        lines = statement_lines(source, line)
        if lines is None:
            return self._of_module[module]
        wanted: set[str] = set().union(*(self._tests.get((module, one), set()) for one in lines))
        return [test for test in self._of_module[module] if test in wanted]

    def within(self, tests: Sequence[str], seconds: float) -> list[str]:
        """Of these tests the first ones that take so much CPU time together, and one at least."""
        ends = accumulate(map(self.seconds_of, tests))
        return [
            test for number, (test, end) in enumerate(zip(tests, ends, strict=True)) if end <= seconds or not number
        ]

    def seconds_of(self, test: str) -> float:
        """The CPU time that it takes, with all its fixtures, watched."""
        return float(self._noted[test]["seconds"])


def statement_lines(source: str, line: int) -> range | None:
    """The lines of the innermost statement that has this one (of a compound one its head); None outside functions."""
    found: range | None = None
    within = False
    for node in _around(ast.parse(source), line):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = line >= node.body[0].lineno
            within, found = inside and not isinstance(node, ast.ClassDef), None
        elif within:
            body = getattr(node, "body", None)
            head_end = body[0].lineno if isinstance(body, list) and body else (node.end_lineno or node.lineno) + 1
            found = range(node.lineno, max(head_end, node.lineno + 1))
    return found if within else None


def _around(tree: ast.AST, line: int) -> list[ast.stmt]:
    """The statements that have the line, the outermost first."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            found.append(node)
    return sorted(found, key=lambda node: (node.lineno, -(node.end_lineno or node.lineno)))
