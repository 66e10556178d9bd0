"""What a user reads where something is wrong is one sentence that fits on a line: at most 120 characters.

Read from the source, since no test meets every error. What is filled in counts as a short word, or is looked up.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from hashwatt.kernels import errors
from hashwatt.kernels.system.installing import install_extra

TREE = Path(__file__).parents[2]
FOLDERS = ("kernels", "bench", "reports", "src/hashwatt/cli")
LONGEST = 120
FILLED_IN = 6
# What a stranger, a user or a driver may make long is bounded where it is filled in. Few come near their bound: more
# than this counts as this.
QUOTED = 20
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
TELLING = {*ERRORS, "Missing", "MeterMissing", "MeterError", "NoLibrary", "BadToken", "NoAnswer", "fail", "warn"}
BOUNDED = ("printable", "visible", "shortened")
Constants = Mapping[str, ast.expr]


def constants_of(tree: ast.Module) -> dict[str, ast.expr]:
    """What stands behind names in capitals at the top of a module."""
    return {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
    }


def length(text: ast.expr, constants: Constants) -> int:
    """The length of a sentence, whatever it is put together from; 0 for what is no text."""
    if isinstance(text, ast.Constant):
        return len(str(text.value))
    if isinstance(text, ast.JoinedStr):
        return sum(filled_in(part, constants) for part in text.values)
    if isinstance(text, ast.IfExp):
        return max(length(text.body, constants), length(text.orelse, constants))
    if isinstance(text, ast.BinOp):
        return length(text.left, constants) + length(text.right, constants)
    if isinstance(text, ast.Name) and text.id in constants:
        return length(constants[text.id], {name: value for name, value in constants.items() if name != text.id})
    if isinstance(text, ast.Call) and getattr(text.func, "id", "") == "install_extra":
        return len(install_extra("oclgrind"))
    return 0


def filled_in(part: ast.expr, constants: Constants) -> int:
    """How long a part of an f-string becomes."""
    if not isinstance(part, ast.FormattedValue):
        return length(part, constants)
    if known := length(part.value, constants):
        return known
    bound = re.fullmatch(
        r"\.(\d+)", "".join(map(ast.unparse, getattr(part.format_spec, "values", ()))).replace("'", "")
    )
    if bound:
        return min(QUOTED, max(FILLED_IN, int(bound[1])))
    name = getattr(part.value.func, "id", "") if isinstance(part.value, ast.Call) else ""
    return QUOTED if name in BOUNDED else FILLED_IN


def sentences(source: str, constants: Constants) -> Iterator[tuple[int, int, str]]:
    """Line, length and text of each sentence that is given to an error, or printed."""
    tree = ast.parse(source)
    known = {**constants, **constants_of(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in TELLING:
                for given in (*node.args, *(keyword.value for keyword in node.keywords)):
                    yield node.lineno, length(given, known), ast.unparse(given)


@cache
def all_constants() -> dict[str, ast.expr]:
    """Those of the whole program: a sentence may be imported."""
    found: dict[str, ast.expr] = {}
    for folder in FOLDERS:
        for path in sorted((TREE / folder).rglob("*.py")):
            found |= constants_of(ast.parse(path.read_text(encoding="utf-8")))
    return found


def test_the_reader_of_sentences_sees_them() -> None:
    source = (
        'HELP = "try another one"\n'
        'raise InputError(f"{name} is wrong; " "try another")\n'
        'missing = Missing("cpu", reason="none")\n'
        'raise DeviceError(f"{path!r:.80}: {HELP}" if path else HELP)\n'
        'print("x")'
    )
    assert [(line, size) for line, size, _ in sentences(source, {}) if size] == [(2, 28), (3, 3), (3, 4), (4, 37)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_error_fits_on_a_line(folder: str) -> None:
    paths = sorted((TREE / folder).rglob("*.py"))
    seen = [(path, *one) for path in paths for one in sentences(path.read_text(encoding="utf-8"), all_constants())]
    assert len(seen) > 5, "there is something to see"
    assert [f"{path}:{line}: {size}: {text}" for path, line, size, text in seen if size > LONGEST] == []
