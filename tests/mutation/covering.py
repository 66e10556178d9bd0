"""Which tests run a line at all: only those can notice what is changed in it, so only those are tried."""

from __future__ import annotations

import ast
import json
import sys
import threading
from collections import defaultdict
from collections.abc import Generator, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

# Lines that run while tests are collected: with the import of the module.
AT_IMPORT = ""


class Watch:
    """A plugin that notes, of some modules, the lines that each test runs, its fixtures' among them.

    What a fixture of more than one test runs is put down for all tests that ask for it.
    """

    def __init__(self, tree: Path, modules: Sequence[str], to: Path) -> None:
        """To be written to `to` when the session ends, for `Covering.read`."""
        self._names = {str((tree / module).resolve()): module for module in modules}
        self._to = to
        self._runs = AT_IMPORT
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
        """A test's own lines."""
        self._runs = item.nodeid
        self._fixtures[item.nodeid] = list(getattr(item, "fixturenames", ()))
        try:
            return (yield)
        finally:
            self._runs = AT_IMPORT

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Those of a fixture that others may share."""
        before, self._runs = self._runs, f"fixture {fixturedef.argname}"
        try:
            return (yield)
        finally:
            self._runs = before

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """How long each takes."""
        self._seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        """All is known."""
        sys.settrace(None)
        tests: dict[str, set[tuple[str, int]]] = {}
        for test, fixtures in self._fixtures.items():
            tests[test] = self._lines[test].union(*(self._lines[f"fixture {name}"] for name in fixtures))
        written = {
            test: {"seconds": self._seconds[test], "lines": sorted(lines)} for test, lines in tests.items() if lines
        }
        self._to.write_text(json.dumps(written), encoding="utf-8")


class Covering:
    """For each line of some modules the tests that run it, the quickest first."""

    def __init__(self, tests: dict[str, dict[str, Any]]) -> None:
        """From what a `Watch` noted."""
        self._tests: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._of_module: dict[str, list[str]] = defaultdict(list)
        for test in sorted(tests, key=lambda name: tests[name]["seconds"]):
            for module, line in tests[test]["lines"]:
                self._tests[module, line].append(test)
            for module in sorted({module for module, _ in tests[test]["lines"]}):
                self._of_module[module].append(test)

    @classmethod
    def read(cls, path: Path) -> Covering:
        """What a `Watch` wrote."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def tests_of(self, module: str, source: str, line: int) -> list[str]:
        """The tests that run the statement in that line; of one that runs at import: those that run the module."""
        lines = statement_lines(source, line)
        if lines is None:
            return self._of_module[module]
        wanted = {test for one in lines for test in self._tests.get((module, one), ())}
        return [test for test in self._of_module[module] if test in wanted]


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
