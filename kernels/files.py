"""Files that hashwatt keeps for itself: where, and written so that nobody ever sees half of one."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from .trust import is_own

APPLICATION = "hashwatt"


def cache_folder(*parts: str) -> Path | None:
    """A folder for what can be made again, made if it is not there.

    None where none can be written, where there is no home to have it in, or where others may write (`trust`): what is
    kept there is run.
    """
    from platformdirs import user_cache_path

    try:
        base = user_cache_path(APPLICATION)
    except RuntimeError:
        # Neither HOME nor an entry of this user in the system's list, as in many containers.
        return None
    # Older versions of platformdirs leave the ~ as it is then.
    if not base.is_absolute():
        return None
    folder = base.joinpath(*parts)
    try:
        for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) and is_own(folder) else None


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is, at every moment, either the old one or the whole new one. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{APPLICATION}-", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp's file is for the user alone; this one gets the permissions that any new file would.
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    # It can be read only by setting it.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
