"""Writing reports: whole or not at all, and refused before the work is done rather than after."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..kernels.errors import InputError
from ..kernels.files import write_atomically
from ..reports.wording.visible import visible

if TYPE_CHECKING:
    from ..reports.document.report import Report


def check_targets(paths: Iterable[str]) -> None:
    """Raise InputError unless every path names a known format and can be written."""
    from ..bench.result.file import check_writable
    from ..reports.formats import format_for

    for path in paths:
        format_for(path)
        check_writable(path)


def write_reports(report: Report, paths: Iterable[str]) -> None:
    """Write the report in the format that each path asks for. Raises InputError."""
    from ..reports.formats import format_for

    for path in paths:
        write_whole(path, format_for(path).render(report))


def write_whole(path: str, data: bytes) -> None:
    """Write a file: another program sees the old one or the new one, never a part. Raises InputError."""
    try:
        write_atomically(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise InputError(
            f"{visible(path, 200)} cannot be written ({error.strerror}); choose a place where you may write"
        ) from None
