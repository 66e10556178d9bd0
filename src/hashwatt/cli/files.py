"""Writing reports: whole or not at all, and refused before the work is done rather than after."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..kernels.errors import InputError
from ..kernels.system.own_files import write_atomically
from ..reports.wording.visible import visible

if TYPE_CHECKING:
    from ..reports.document.report import Report
    from .output import Output


# A picture of this name has the rooflines alone.
ROOFLINE: Literal["roofline"] = "roofline"
PICTURES = (".svg", ".png")
PAGE = ".html"


def check_targets(paths: Iterable[str], inputs: Iterable[str] = ()) -> None:
    """Raise InputError unless every path names a known format, can be written, and holds nothing that was measured."""
    from ..reports.formats import format_for

    paths = list(paths)
    for path in paths:
        format_for(path)
    check_paths(paths, inputs)


def check_paths(paths: Iterable[str], inputs: Iterable[str] = ()) -> None:
    """Raise InputError unless every path can be written, and holds nothing that was measured."""
    from ..bench.result.file import check_writable, is_result
    from ..reports.collect.files import expanded

    paths = list(paths)
    for path in paths:
        check_writable(path)
    present = [path for path in paths if os.path.exists(path)]
    # The folders' files are asked for only where something could be lost.
    for given in expanded(inputs) if present else []:
        refuse_to_overwrite(present, given)
    for path in present:
        if is_result(path):
            raise InputError(f"{visible(path, 200)} holds a measurement; write the report under another name")


def refuse_to_overwrite(paths: Iterable[str], given: str | Path) -> None:
    """Raise InputError where one of the paths is the very file that is given, by whatever name or link."""
    for path in paths:
        with suppress(OSError):
            if os.path.samefile(path, given):
                raise InputError(f"{visible(path, 200)} is one of the inputs; write to another name")


def refuse_no_name(path: str) -> None:
    """Raise InputError where the name of an output is empty, as a variable of a script is that was never set."""
    if not path.strip():
        raise InputError("-o needs the name of a file, not an empty one; give one, or leave -o out")


def refuse_unless_new(path: str, force: bool) -> None:
    """Raise InputError where there is something of that name that is not to be written over."""
    if not force and os.path.lexists(path):
        raise InputError(f"{visible(path, 200)} exists already; choose another name, or write over it with --force")


def warn_of_unreadable(output: Output, sentences: Iterable[str]) -> None:
    """Name on stderr the files that were left out."""
    for sentence in sentences:
        output.warn(f"! left out: {sentence}")


def write_reports(report: Report, paths: Iterable[str]) -> None:
    """Write the report in the format that each path asks for. Raises InputError."""
    from ..reports.formats import format_for

    for path in paths:
        write_whole(path, format_for(path).render(about(path, report)))


def about(path: str, report: Report) -> Report:
    """What a file of that name shows: the rooflines alone where it is a picture named so; a page links to raw results.

    Raises InputError.
    """
    from msgspec.structs import replace

    name = Path(path)
    if name.suffix.lower() == PAGE and not report.links:
        from ..reports.document.links import links_beside

        return replace(report, links=links_beside(path, report.collection.files))
    if report.subject != "devices" or name.suffix.lower() not in PICTURES or not name.stem.lower().startswith(ROOFLINE):
        return report
    from ..reports.layout.roofline import rooflines_of

    if not any(line.can_be_drawn for line in rooflines_of(report.collection)):
        raise InputError(f"no roofline for {visible(path, 80)}: no result has ceilings; measure with `run --suite`")
    return replace(report, subject=ROOFLINE)


def write_whole(path: str, data: bytes) -> None:
    """Write a file: another program sees the old one or the new one, never a part. Raises InputError."""
    try:
        write_atomically(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise InputError(
            f"{visible(path, 200)} cannot be written ({error.strerror}); choose a place where you may write"
        ) from None
