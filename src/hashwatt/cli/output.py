"""What all commands share: the --json and --debug options, and the two streams.

stdout carries the answer (a table, or exactly one JSON document), stderr progress, warnings and errors.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar, cast

import click

from ..reports.wording.visible import visible
from .one_line import LONGEST, on_one_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Command = TypeVar("Command", bound=Callable[..., object])

# Wide enough for every table, where nobody's window sets the width.
WIDTH_OF_A_FILE = 120
# What a sentence on stderr begins with, as other programs' do.
NAME = "hashwatt: "


@dataclass
class Output:
    """Where one command line writes, and in which form. `arguments`: the words of the command line."""

    as_json: bool
    debug: bool
    arguments: Sequence[str] = ()
    verbose: bool = field(default=False, init=False)
    answered: bool = field(default=False, init=False)

    def document(self, document: object) -> None:
        """Print the JSON document on stdout: once a command line. ASCII, so that every console can carry it."""
        import msgspec

        self._print(msgspec.to_builtins(document, str_keys=True))

    def line(self, text: str = "") -> None:
        """Print one line on stdout; control characters in it are made visible."""
        click.echo(visible(text))

    def table(self, table: RenderableType) -> None:
        """Print a table of rich on stdout."""
        console().print(table)

    def warn(self, text: str) -> None:
        """Print one line on stderr, after what stdout has so far; in a narrow window it hangs below its mark."""
        sys.stdout.flush()
        for part in hanging(visible(text), indent=2 if text.startswith("! ") else None, stream=sys.stderr):
            click.echo(part, err=True)

    def details(self, error: BaseException) -> None:
        """With -v, print on stderr what was noted beside an error's sentence, line by line."""
        from ..kernels.errors import details_of
        from .verbose import print_details

        if self.verbose:
            print_details(details_of(error))

    def fail(self, sentence: str, hint: str = "") -> None:
        """Say why the command line cannot be carried out: on stderr, and as the document where one is owed.

        One line, whatever the user gave that the sentence quotes. `hint`: what is added where it fits.
        """
        sentence = on_one_line(sentence, hint, self.arguments, LONGEST - len(NAME))
        # Where stderr is gone (a terminal that was closed), the exit code still tells.
        with suppress(OSError, ValueError):
            click.echo(NAME + sentence, err=True)
        if self.as_json and not self.answered:
            # Without msgspec, which may be what is missing.
            self._print({"error": sentence})

    def _print(self, builtins: object) -> None:
        self.answered = True
        click.echo(json.dumps(builtins, indent=2, allow_nan=False))


def shared_options(command: Command) -> Command:
    """Declare --json and --debug; `execute` has read them already, because errors need them before click is done.

    The command's body is the way to NumPy, so whether it can be loaded is asked at its door, and not for --help.
    """

    @wraps(command)
    def on_a_cpu_that_can(*arguments: object, **options: object) -> object:
        from ..kernels.system.baseline import require_numpy_to_load

        require_numpy_to_load()
        return command(*arguments, **options)

    debug = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
    document = click.option("--json", is_flag=True, expose_value=False, help="Print one JSON document.")
    return document(debug(cast(Command, on_a_cpu_that_can)))


def console() -> Console:
    """A console of rich on stdout, of fixed width where stdout is no terminal."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH_OF_A_FILE
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)


def hanging(line: str, indent: int | None = None, stream: TextIO | None = None) -> list[str]:
    """A line in as many as a terminal's window needs, the later ones indented; as it is where nobody's window is.

    What scripts read is never broken. `indent`: 4 more than the line's own unless given; `stream`: stdout unless given.
    """
    if not (stream or sys.stdout).isatty():
        return [line]
    spaces = " " * (len(line) - len(line.lstrip()) + 4 if indent is None else indent)
    width = max(40, shutil.get_terminal_size().columns)
    parts = textwrap.wrap(
        line, width, subsequent_indent=spaces, break_on_hyphens=False, break_long_words=False, drop_whitespace=True
    )
    return parts or [line]


def discard_stdout() -> None:
    """Nobody gets what is still to be written: without this Python would try once more at exit, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def make_streams_forgiving() -> None:
    """A stream that was closed swallows what it gets; one that cannot show a character (cp1252) shows `?` for it."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (it stays open)
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (it stays open)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")


def as_unicode(path: str) -> str:
    """A file's name for a JSON document, which cannot hold the bytes that are no text."""
    return os.fsencode(path).decode("utf-8", "replace")


def can_show(text: str) -> bool:
    """Whether stdout's encoding has all characters of `text`."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
