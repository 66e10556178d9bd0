"""Everything can be imported on every system: what only POSIX has is imported where it is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
FOLDERS = ("kernels", "bench", "reports", "src/hashwatt", "tests")
# Modules of the standard library that Windows lacks; curses and readline are left out of its Python, too.
POSIX_ONLY = {
    *("fcntl", "termios", "pty", "tty", "pwd", "grp", "resource", "syslog", "posix", "spwd", "crypt", "nis"),
    *("curses", "readline"),
}


def imported_at_once(tree: ast.Module) -> Iterator[str]:
    """The modules that importing this one imports, whatever the system: none in a function, a `try` or an `if`."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def sources() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((TREE / folder).rglob("*.py"))]


def test_no_module_imports_at_once_what_only_posix_has() -> None:
    assert len(sources()) > 300
    for path in sources():
        modules = set(imported_at_once(ast.parse(path.read_text(encoding="utf-8"))))
        assert not modules & POSIX_ONLY, f"{path.relative_to(TREE)} imports {modules & POSIX_ONLY}"


@pytest.mark.parametrize("line", ["import fcntl", "from pty import fork", "import os, termios as t"])
def test_such_an_import_is_found(line: str) -> None:
    assert set(imported_at_once(ast.parse(line))) & POSIX_ONLY


@pytest.mark.parametrize("text", ["def wire():\n    import fcntl", "if True:\n    import fcntl", "from . import pty"])
def test_an_import_that_waits_or_asks_first_is_none(text: str) -> None:
    assert not set(imported_at_once(ast.parse(text))) & POSIX_ONLY
