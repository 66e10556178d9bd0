"""The command line starts at once: nothing heavy is imported before a command needs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hashwatt.cli.app import hashwatt

from .terminal import Outcome, run_apart, run_here

HEAVY = (
    "numba",
    "llvmlite",
    "numpy",
    "pyopencl",
    "rich",
    "msgspec",
    "psutil",
    "archspec",
    "matplotlib",
    "jinja2",
    "asyncio",
)
COMMANDS = tuple(hashwatt.commands)


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ended.stderr.split())


# One process for all commands: none of them may have imported it.
@pytest.mark.parametrize(
    "statement",
    [
        "import hashwatt",
        "import hashwatt.__main__",
        "from hashwatt.cli.app import execute; execute(['--help'])",
        f"from hashwatt.cli.app import execute; [execute([command, '--help']) for command in {COMMANDS}]",
    ],
    ids=["the package", "its main module", "its help", "each command's help"],
)
def test_nothing_heavy_is_imported_for_help(statement: str) -> None:
    assert modules_after(statement) & set(HEAVY) == set()


def test_hashing_on_the_cpu_imports_no_numba() -> None:
    """Its import and registries took half a second of each run's start."""
    scan = ("scan", "-d", "cpu", "--json", "--header", "00" * 80, "--zero-bits", "32", "--count", "200")
    loaded = modules_after(f"from hashwatt.cli.app import execute; execute({[*scan]})")
    assert "llvmlite.binding" in loaded
    assert "numba" not in loaded


def test_importing_hashwatt_imports_none_of_its_parts() -> None:
    loaded = {name for name in modules_after("import hashwatt") if name.startswith("hashwatt.")}
    assert loaded == set()


def test_help_takes_no_longer_than_a_blink() -> None:
    """Counted rather than timed: a module costs a millisecond, more or less, and seconds are the machine's."""
    clicks = modules_after("import click.core, click.formatting, click.shell_completion")
    helps = modules_after("from hashwatt.cli.app import execute; execute(['--help'])")
    assert len(helps - clicks) < 130


def test_version_is_the_installed_one() -> None:
    from importlib.metadata import version

    assert run_apart("--version") == Outcome(0, f"hashwatt {version('hashwatt')}\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_teaches_by_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run_here(capsys, command, "--help")
    assert outcome.code == 0
    assert f"hashwatt {command}" in outcome.out.split("Example")[1]


def test_help_shows_on_a_console_that_knows_neither_utf_8_nor_dashes() -> None:
    for encoding in ("cp1252", "ascii"):
        assert run_apart("run", "--help", PYTHONIOENCODING=encoding).code == 0
