"""Files that hashwatt keeps for itself: where, and written so that nobody ever sees half of one."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from .trust import is_foreign, is_own

APPLICATION = "hashwatt"
# What files are called while they are written.
PART_PREFIX, PART_SUFFIX = f".{APPLICATION}-", ".part"


def cache_folder(*parts: str) -> Path | None:
    """A folder for what can be made again, made if it is not there.

    None where none can be written, where there is no home to have it in, or where others may write (`trust`): what is
    kept there is run.
    """
    from platformdirs import user_cache_path

    try:
        # Windows would have the application's name twice, and its paths are bounded.
        base = user_cache_path(APPLICATION, appauthor=False)
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


def temporary_folder() -> Path:
    """A new folder that goes with this process: `remove_temporary_folders` finds it by the id. Raises OSError."""
    return Path(tempfile.mkdtemp(prefix=f"{APPLICATION}-{os.getpid()}-"))


def remove_temporary_folders(process_id: int) -> None:
    """Remove the temporary folders of a process that has ended, or is about to: one that is killed removes nothing."""
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).glob(f"{APPLICATION}-{process_id}-*"):
            shutil.rmtree(folder, ignore_errors=True)


class NotAFile(OSError):
    """There is something else of that name: a folder, a pipe, a device."""


class NotOwn(OSError):
    """Another user can have written the file."""


def read_regular(path: str | Path, most_bytes: int) -> bytes:
    """The content of a regular file, its first `most_bytes` + 1 bytes if it has more. Raises OSError, ValueError.

    Asked before opening, since opening some devices does something; opened without waiting, since opening a pipe would
    wait for a writer; and asked again once it is open, since the name may lead elsewhere by then.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise NotAFile
    with _opened(path) as file:
        return file.read(most_bytes + 1) or b""


def read_own(path: Path, most_bytes: int) -> bytes:
    """The same of a file that is no link and that only this user or root can have written. Raises OSError, ValueError.

    Its owner is asked of the open file: what is read is what was judged.
    """
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise NotAFile
    with _opened(path, "O_NOFOLLOW") as file:
        if is_foreign(os.fstat(file.fileno())):
            raise NotOwn
        return file.read(most_bytes + 1) or b""


def _opened(path: str | Path, *flags: str) -> IO[bytes]:
    """A regular file, open for reading, by whichever of the flags this system has. Raises OSError, ValueError."""
    wanted = (*flags, "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
    file = os.fdopen(os.open(path, os.O_RDONLY | sum(getattr(os, name, 0) for name in wanted)), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotAFile
    return file


def write_atomically(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Write a file so that it is, at every moment, either the old one or the whole new one. Raises OSError.

    `sync`: wait until it is on the disk, so that a loss of power cannot leave an empty one.
    """
    # Named before it is made: an interrupt may come while the system makes it, and must not leave it behind.
    name = path.parent / f"{PART_PREFIX}{secrets.token_hex(8)}{PART_SUFFIX}"
    try:
        # The permissions are those of any new file.
        with open(name, "xb") as file:
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def remove_parts(folder: Path, older_than_s: float = 0.0) -> None:
    """Remove the halves of files that `write_atomically` left in a folder, by processes that were killed.

    `older_than_s`: where others may be writing at this moment, leave theirs.
    """
    with suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(PART_PREFIX) and name.endswith(PART_SUFFIX):
                with suppress(OSError):
                    if not older_than_s or time.time() - os.lstat(folder / name).st_mtime > older_than_s:
                        os.unlink(folder / name)
