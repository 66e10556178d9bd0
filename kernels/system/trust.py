"""Whether a folder holds only what this user has put there: machine code and pickles are loaded from no other.

As ssh asks of its keys' folder: it, and every folder above it up to the home folder, belongs to this user or to root,
and nobody else may write there. Systems without POSIX owners keep the caches in the user's own profile.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LOG = logging.getLogger(__name__)


def is_own(folder: Path) -> bool:
    """Whether nobody but this user (and root) can have put something into an existing folder; says why not, once."""
    fault = fault_of(folder)
    if fault:
        _say_once(f"{fault}, so nothing is kept there and kernels are compiled and raced anew")
    return not fault


def holds_only_own(folder: Path) -> bool:
    """Whether everything below an existing folder, too, is this user's and written by nobody else."""
    try:
        entries = list(folder.rglob("*")) if os.name == "posix" else []
        foreign = next((place for place in entries if is_foreign(place.lstat())), None)
    except OSError as error:
        _say_once(f"the cache folder {folder} cannot be looked at ({error.strerror}), so nothing is loaded from it")
        return False
    if foreign is not None:
        _say_once(f"{foreign} is another user's or may be written by others, so nothing is loaded from its folder")
    return foreign is None


def is_foreign(status: os.stat_result) -> bool:
    """Whether another user (but root) has or may have written the file or folder; never without POSIX owners."""
    if os.name != "posix":
        return False
    return status.st_uid not in (0, os.geteuid()) or (not stat.S_ISLNK(status.st_mode) and others_may_write(status))


def fault_of(folder: Path) -> str:
    """In one sentence whose folder it is or who may write there, empty where it is this user's alone."""
    if os.name != "posix":
        return ""
    try:
        # The way as it is written, links included, and the way that the links lead.
        for place in dict.fromkeys((*_way(folder.absolute()), *_way(folder.resolve()))):
            status = place.stat()
            if status.st_uid not in (0, os.geteuid()):
                return f"the cache folder {place} belongs to another user (number {status.st_uid})"
            if others_may_write(status):
                return f"the cache folder {place} may be written by others (`chmod go-w` would end that)"
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its links lead round in a circle"
        return f"the cache folder {folder} cannot be looked at ({reason})"
    return ""


def others_may_write(status: os.stat_result) -> bool:
    """Whether users other than the owner and root may write a file, put files into a folder or replace those in it."""
    if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX and status.st_uid == 0:
        # As /tmp: everybody may add, and nobody may replace what is another's.
        return False
    if status.st_mode & stat.S_IWOTH:
        return True
    return bool(status.st_mode & stat.S_IWGRP) and not _is_private_group(status.st_gid)


def _way(folder: Path) -> Iterator[Path]:
    """The folder and those above it, up to the home folder if it lies in there."""
    home = os.environ.get("HOME")
    ends = {Path(home), Path(home).resolve()} if home else set()
    for place in (folder, *folder.parents):
        yield place
        if place in ends:
            return


@cache
def _is_private_group(group: int) -> bool:
    """Whether the group has one member, this user: many systems give each user one, and let it write."""
    import grp
    import pwd

    try:
        user = pwd.getpwuid(os.geteuid())
        entry = grp.getgrgid(group)
    except KeyError:
        return False
    return user.pw_gid == group and entry.gr_name == user.pw_name and set(entry.gr_mem) <= {user.pw_name}


@cache
def _say_once(sentence: str) -> None:
    LOG.info("%s", sentence)
