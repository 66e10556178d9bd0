"""Where cell libraries may lie on this machine. None is part of hashwatt: their licences are their owners'."""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import InputError

# Debian and Ubuntu's package qflow-tech-osu018: Oklahoma State University's cells for 180 nm.
KNOWN = (Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib"),)
HOW_TO_GET_ONE = "give one with --liberty; Debian's qflow-tech-osu018 has one"


def find_liberty() -> Path | None:
    """The first known library that is installed; None where there is none."""
    return next((path for path in KNOWN if path.is_file()), None)


def require_liberty(given: tuple[str, ...]) -> list[Path]:
    """The given files, or the one that is installed. Raises InputError."""
    if given:
        paths = [Path(name) for name in given]
        for path in paths:
            # Unlike Path.is_file, it says no of a name that is too long for this system.
            if not os.path.isfile(path):
                raise InputError(f"there is no Liberty file {str(path)!r:.80}; {HOW_TO_GET_ONE}")
        return paths
    found = find_liberty()
    if found is None:
        raise InputError(f"no Liberty file is installed here; {HOW_TO_GET_ONE}")
    return [found]
