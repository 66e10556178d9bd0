"""Help in sections that fits its terminal: what belongs together stands together, commands and options alike.

Our own, because the library for it (cloup) takes as long to import as Click itself, and each command line would wait.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

# Where no section names an option.
OTHER_OPTIONS = "Other options"
# The line that begins the examples of an epilog, and what parts a command line from the remark on it.
EXAMPLES = "Examples:"
REMARK = re.compile(r"(?<=\S) {2,}(?=\S)")


class _Epilog(click.Command):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, remarks below where there is no room beside, and wrap all other paragraphs."""
        for paragraph in inspect.cleandoc(self.epilog or "").split("\n\n"):
            lines = paragraph.removeprefix("\b\n").splitlines()
            formatter.write_paragraph()
            with formatter.indentation():
                if lines[:1] == [EXAMPLES]:
                    _write_examples(lines, formatter)
                else:
                    formatter.write_text(" ".join(lines))


class SectionedGroup(_Epilog, click.Group):
    """A group whose commands are listed in sections, each with its summary whole."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        """Without commands, as Click makes it; see `add_sections`."""
        super().__init__(*arguments, **keywords)
        self._sections: Mapping[str, Sequence[click.Command]] = {}

    def add_sections(self, sections: Mapping[str, Sequence[click.Command]]) -> None:
        """Add each section's commands under its title."""
        self._sections = sections
        for commands in sections.values():
            for command in commands:
                self.add_command(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections, their commands in one column."""
        longest = max((len(name) for name in self.commands), default=0)
        for title, commands in (self._sections or {"Commands": tuple(self.commands.values())}).items():
            rows = [(one.name.ljust(longest), _summary(one)) for one in commands if one.name and not one.hidden]
            with formatter.section(title):
                formatter.write_dl(rows)


class SectionedCommand(_Epilog):
    """A command whose options may be listed in sections: by title, the names of their parameters."""

    def __init__(self, *arguments: Any, sections: Mapping[str, Iterable[str]] | None = None, **keywords: Any) -> None:
        """Options that no section names come last, under OTHER_OPTIONS."""
        super().__init__(*arguments, **keywords)
        self.sections = {title: tuple(names) for title, names in (sections or {}).items()}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections, options in the order in which they are declared."""
        if not self.sections:
            return super().format_options(ctx, formatter)
        title_of = {name: title for title, names in self.sections.items() for name in names}
        rows: dict[str, list[tuple[str, str]]] = {title: [] for title in (*self.sections, OTHER_OPTIONS)}
        for parameter in self.get_params(ctx):
            if (row := parameter.get_help_record(ctx)) is not None:
                rows[title_of.get(parameter.name or "", OTHER_OPTIONS)].append(row)
        for title, found in rows.items():
            if found:
                with formatter.section(title):
                    formatter.write_dl(found)
        return None


def _summary(command: click.Command) -> str:
    """The first paragraph of a command's help, which is one sentence."""
    return " ".join((command.help or "").split("\n\n")[0].split())


def _write_examples(lines: Sequence[str], formatter: click.HelpFormatter) -> None:
    for line in lines:
        indent = " " * formatter.current_indent
        if len(indent + line) <= formatter.width:
            formatter.write(f"{indent}{line}\n")
            continue
        # A command line is there to be copied, so it is never wrapped.
        command, *remark = REMARK.split(line, maxsplit=1)
        formatter.write(f"{indent}{command}\n")
        formatter.write("".join(f"{indent}      {one}\n" for one in remark))


SectionedGroup.command_class = SectionedCommand
