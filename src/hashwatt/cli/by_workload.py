"""Options that may be given for one workload by its name: NAME=VALUE."""

from __future__ import annotations

from collections.abc import Sequence

import click

EXAMPLE = "give 10 or stream=2.5"


def seconds_by_name(texts: Sequence[str]) -> float | dict[str, float] | None:
    """The sampling time for all, or by workload; None where none is given. Raises click.UsageError.

    Where there is a time for all besides those of some, its name is the empty one.
    """
    times: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if name in times:
            whose = repr(name)[:42] if name else "all work"
            raise click.BadParameter(f"{whose} has two times; give it one", param_hint="'-t' / '--seconds'")
        try:
            # Python would read 1_0 as ten, and the digits of any script.
            if (equals and not name) or "_" in value or not value.isascii():
                raise ValueError(text)
            times[name] = float(value)
        except ValueError:
            raise click.BadParameter(f"{text!r:.60} is no time; {EXAMPLE}", param_hint="'-t' / '--seconds'") from None
    return times[""] if list(times) == [""] else times or None


def sizes_by_name(texts: Sequence[str]) -> dict[str, str] | None:
    """Sizes by workload, as they were written; None where none is given. Raises click.UsageError."""
    sizes: dict[str, str] = {}
    for text in texts:
        name, there, value = text.partition("=")
        if not there or not name or not value:
            raise click.BadParameter(f"{text!r:.60} is no NAME=N; give one like stream=1GiB", param_hint="'--size'")
        if name in sizes:
            raise click.BadParameter(f"{name!r:.40} has two sizes; give it one", param_hint="'--size'")
        sizes[name] = value
    return sizes or None
