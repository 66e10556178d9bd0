"""Help that fits a terminal of 80 columns: every summary whole, everything in a section, commands to copy unbroken."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from hashwatt.cli.app import SECTIONS, hashwatt
from hashwatt.cli.sections import OTHER_OPTIONS, SectionedCommand

WIDTH = 80


def every_command(group: click.Group = hashwatt, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, *path, name)
        else:
            yield (*path, name)


def help_of(*path: str) -> list[str]:
    return CliRunner().invoke(hashwatt, [*path, "--help"], terminal_width=WIDTH).output.splitlines()


@pytest.mark.parametrize("path", list(every_command()), ids=lambda path: " ".join(path) or "hashwatt")
def test_no_line_is_wider_than_the_terminal_but_a_command_to_copy(path: tuple[str, ...]) -> None:
    lines = help_of(*path)
    assert lines[0].startswith("Usage: hashwatt")
    for line in lines:
        to_copy = line.startswith("    ") and line.lstrip().startswith(("hashwatt ", "minerd ", "tar ", "HASHWATT_"))
        assert len(line) <= WIDTH or (to_copy and "   " not in line.strip()), line


def test_every_command_stands_in_one_section_with_its_summary_whole() -> None:
    lines = help_of()
    text = " ".join(" ".join(lines).split())
    listed = [command.name or "" for commands in SECTIONS.values() for command in commands]
    assert sorted(listed) == sorted(hashwatt.commands)
    for title, commands in SECTIONS.items():
        assert f"{title}:" in lines
        for command in commands:
            summary = " ".join((command.help or "").split("\n\n")[0].split())
            assert summary.endswith(".")
            assert f"{command.name} {summary}" in text


def test_every_option_of_run_stands_in_one_section_and_a_section_names_nothing_else() -> None:
    run = hashwatt.commands["run"]
    assert isinstance(run, SectionedCommand)
    named = [name for names in run.sections.values() for name in names]
    assert len(named) == len(set(named))
    declared = {parameter.name for parameter in run.params}
    assert set(named) <= declared
    # Only what is of no topic.
    assert declared - set(named) == {"debug"}
    lines = help_of("run")
    assert [line for line in lines if line.endswith(":") and not line.startswith(" ")] == [
        *(f"{title}:" for title in run.sections),
        f"{OTHER_OPTIONS}:",
    ]
    for parameter in run.params:
        assert sum(line.startswith("  ") and parameter.opts[-1] in line.split()[:2] for line in lines) == 1


def test_a_remark_that_has_no_room_beside_its_command_stands_below_it() -> None:
    lines = help_of("compare")
    at = next(index for index, line in enumerate(lines) if "--fail-if-slower 5" in line)
    assert lines[at].endswith("--fail-if-slower 5")
    assert lines[at + 1].strip().startswith("exit code 1")
