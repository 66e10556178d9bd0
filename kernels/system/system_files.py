"""Small reads of what systems tell about themselves, each opened, read and closed again.

Where HASHWATT_ROOT names a folder, all that is read of /proc and /sys comes from there: the tree of any machine can be
tried, and what is missing in it is unknown. What this very process can do (its affinity, its processor's instructions)
stays its own.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from ..errors import InputError

# An attribute in sysfs is at most one page.
PAGE_BYTES = 4096
# Of 64 bits.
MOST_DIGITS = 20
# Device trees end their texts with a NUL.
SPACE = "\0 \t\r\n"
SYSCTL = "/usr/sbin/sysctl"
ROOT_VARIABLE = "HASHWATT_ROOT"
SYSTEM_FOLDERS = ("/proc/", "/sys/")

# What is read, by its path, while somebody wants to know; None where it may not be read.
_seen: ContextVar[dict[str, bytes | None] | None] = ContextVar("seen", default=None)


def system_root() -> Path:
    """Where /proc and /sys are looked for: `/`, or the folder that HASHWATT_ROOT names."""
    return Path(os.environ.get(ROOT_VARIABLE) or "/")


def is_foreign_root() -> bool:
    """Whether HASHWATT_ROOT shows another machine's files in place of this one's."""
    return bool(os.environ.get(ROOT_VARIABLE))


def check_root() -> None:
    """Raise InputError where HASHWATT_ROOT names no folder: every fact would silently be unknown."""
    if is_foreign_root() and not system_root().is_dir():
        raise InputError(
            f"{ROOT_VARIABLE} names no folder ({str(system_root())!r:.60}); unpack a snapshot there, or unset it"
        )


def located(path: str | Path) -> Path:
    """Where a file of /proc or /sys is read: below the root that is set; any other path stays as it is."""
    path = Path(path)
    if not is_foreign_root() or not path.as_posix().startswith(SYSTEM_FOLDERS):
        return path
    return system_root() / path.as_posix().removeprefix("/")


@contextmanager
def noting_reads() -> Iterator[dict[str, bytes | None]]:
    """What this thread reads within, by path: the bytes, or None where they may not be read."""
    noted: dict[str, bytes | None] = {}
    token = _seen.set(noted)
    try:
        yield noted
    finally:
        _seen.reset(token)


def read_text(path: str | Path, most_bytes: int = PAGE_BYTES) -> str:
    """The text of a small file without the space around it. Raises OSError."""
    place = located(path)
    noted = _seen.get()
    try:
        # In somebody's tree a pipe may stand, which would keep a reader waiting.
        patience = getattr(os, "O_NONBLOCK", 0) if is_foreign_root() else 0
        descriptor = os.open(place, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | patience)
    except PermissionError:
        if noted is not None:
            noted[str(place)] = None
        raise
    try:
        data = b""
        # Files of proc give a page at a time, whatever is asked for.
        while len(data) < most_bytes and (more := os.read(descriptor, most_bytes - len(data))):
            data += more
    finally:
        os.close(descriptor)
    if noted is not None and len(data) >= len(noted.get(str(place)) or b""):
        noted[str(place)] = data
    return data.decode("utf-8", "replace").strip(SPACE)


def text_or_none(path: str | Path) -> str | None:
    """The text of a small file, None where it is missing, unreadable or empty."""
    try:
        return read_text(path) or None
    except OSError:
        return None


def read_line(path: str | Path) -> str | None:
    """The first line of a small text file, stripped; None if it is missing, unreadable or empty."""
    text = text_or_none(path)
    return text and text.split("\n", 1)[0].strip(SPACE)


def count_in(text: str) -> int | None:
    """The number, never negative, that a text of at most 20 digits stands for; None for any other text."""
    # isdecimal alone would take other scripts' digits, which no system writes.
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def counts_by_name(text: str) -> dict[str, int]:
    """The counts of a text that has a name and a count a line; lines of any other form are left out."""
    words = (line.split() for line in text.splitlines())
    pairs = ((pair[0], count_in(pair[1])) for pair in words if len(pair) == 2)
    return {name: count for name, count in pairs if count is not None}


def read_count(path: str | Path) -> int:
    """A number that cannot be negative. Raises OSError, and ValueError where the file holds something else."""
    text = read_text(path)
    count = count_in(text)
    if count is None:
        raise ValueError(f"{path} holds {text!r:.40} where a count was expected")
    return count


def count_or_none(path: str | Path) -> int | None:
    """A number that cannot be negative, None where the file is missing, unreadable or holds something else."""
    try:
        return read_count(path)
    except (OSError, ValueError):
        return None


def names_in(folder: str | Path) -> list[str]:
    """The names in a folder, sorted; none where it is missing or unreadable."""
    try:
        return sorted(os.listdir(located(folder)))
    except OSError:
        return []


def run_sysctl(name: str) -> str | None:
    """A value of macOS's sysctl."""
    try:
        done = subprocess.run([SYSCTL, "-n", name], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip() or None
