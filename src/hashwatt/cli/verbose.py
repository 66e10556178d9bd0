"""The option -v: details for which no sentence has room, such as a driver's whole build log, on stderr."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import click

from ..reports.wording.visible import visible

Command = TypeVar("Command", bound=Callable[..., object])
LOGGER = "hashwatt"


class Details(logging.Handler):
    """Prints what is logged on stderr, line by line; what a terminal would obey is made visible."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        print_details(record.getMessage())


def print_details(text: str) -> None:
    """Print a text of many lines on stderr."""
    for line in text.splitlines():
        click.echo(visible(line), err=True)


def verbose_option(command: Command) -> Command:
    """Declare -v, which works by itself; the command is not told."""
    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=listen,
        help="Show all warnings, and the build log of each driver.",
    )(command)


def listen(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    """From now on, or from now on not: one process may run several command lines."""
    logger = logging.getLogger(LOGGER)
    for handler in [each for each in logger.handlers if isinstance(each, Details)]:
        logger.removeHandler(handler)
    if wanted:
        logger.addHandler(Details())
        logger.setLevel(logging.INFO)
    context.obj.verbose = wanted
