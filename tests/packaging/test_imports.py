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


# What `os`, `signal` and `time` lack on Windows.
POSIX_ATTRIBUTES = {
    "os": {
        *("fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "getpgrp", "getpgid", "getsid", "setsid"),
        *("killpg", "mkfifo", "mknod", "chown", "fchmod", "uname", "wait", "waitid", "WNOHANG", "P_PID", "openpty"),
        *("sched_getaffinity", "sched_setaffinity", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "sysconf", "statvfs"),
    },
    "signal": {"SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGSTOP", "SIGCHLD", "setitimer"},
    "time": {"clock_gettime", "CLOCK_MONOTONIC", "tzset"},
}


def asked_at_once(tree: ast.AST) -> Iterator[str]:
    """What POSIX alone has of these modules, where importing this one asks for it: in no function or lambda.

    Behind `or`, `and` or an `if` of its own something else has been asked first.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in (*node.decorator_list, *node.args.defaults):
                yield from asked_at_once(ast.Expression(part))
        elif isinstance(node, ast.BoolOp):
            yield from asked_at_once(ast.Expression(node.values[0]))
        elif not isinstance(node, ast.Lambda | ast.If | ast.IfExp | ast.Try):
            if isinstance(node, ast.Attribute) and node.attr in POSIX_ATTRIBUTES.get(ast.unparse(node.value), ()):
                yield ast.unparse(node)
            yield from asked_at_once(node)


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


@pytest.mark.elsewhere
def test_no_module_asks_at_once_for_what_only_posix_has() -> None:
    for path in sources():
        asked = set(asked_at_once(ast.parse(path.read_text(encoding="utf-8"))))
        assert not asked, f"{path.relative_to(TREE)} asks for {asked} when it is imported"


@pytest.mark.elsewhere
@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("MAKE = {'a pipe': (os.mkfifo, 1)}", {"os.mkfifo"}),
        ("@skip(os.geteuid() == 0)\ndef test(): pass", {"os.geteuid"}),
        ("@skip(os.name != 'posix' or os.geteuid() == 0)\ndef test(): pass", set()),
        ("def test(): os.fork()", set()),
        ("class C:\n    ENDS = signal.SIGHUP", {"signal.SIGHUP"}),
        ("HUP = getattr(signal, 'SIGHUP', None)", set()),
        ("MAKE = lambda path: os.mkfifo(path)", set()),
    ],
)
def test_such_a_question_is_found(line: str, asked: set[str]) -> None:
    assert set(asked_at_once(ast.parse(line))) == asked
