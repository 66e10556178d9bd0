"""What a user is told where something is wrong is one sentence that fits on a line: at most 120 characters.

Read from the source, since no test meets every error. What is filled in counts as a short word.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashwatt.kernels import errors

TREE = Path(__file__).parents[2]
FOLDERS = ("kernels", "bench", "reports", "src/hashwatt/cli")
LONGEST = 120
FILLED_IN = 6
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
TELLING = {*ERRORS, "CheckFailed", "Missing", "MeterMissing", "MeterError"}


def length(text: ast.expr) -> int:
    """The length of a literal; 0 for what is no literal."""
    if isinstance(text, ast.Constant):
        return len(str(text.value))
    if isinstance(text, ast.JoinedStr):
        return sum(length(part) if isinstance(part, ast.Constant) else FILLED_IN for part in text.values)
    return 0


def sentences(source: str) -> Iterator[tuple[int, int, str]]:
    """Line, length and text of each sentence that is given to an error."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in TELLING:
                for given in (*node.args, *(keyword.value for keyword in node.keywords)):
                    yield node.lineno, length(given), ast.unparse(given)


def test_the_reader_of_sentences_sees_them() -> None:
    source = 'raise InputError(f"{name} is wrong; " "try another")\nmissing = Missing("cpu", reason="none")\nprint("x")'
    assert [(line, size) for line, size, _ in sentences(source) if size] == [(1, 28), (2, 3), (2, 4)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_error_fits_on_a_line(folder: str) -> None:
    paths = sorted((TREE / folder).rglob("*.py"))
    seen = [(path, *one) for path in paths for one in sentences(path.read_text(encoding="utf-8"))]
    assert len(seen) > 5, "there is something to see"
    assert [f"{path}:{line}: {size}: {text}" for path, line, size, text in seen if size > LONGEST] == []
