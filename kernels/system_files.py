"""Small reads of what systems tell about themselves, each opened, read and closed again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# An attribute in sysfs is at most one page.
PAGE_BYTES = 4096
# Device trees end their texts with a NUL.
SPACE = "\0 \t\r\n"
SYSCTL = "/usr/sbin/sysctl"


def read_text(path: str | Path, most_bytes: int = PAGE_BYTES) -> str:
    """The text of a small file without the space around it. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        data = b""
        # Files of proc give a page at a time, whatever is asked for.
        while len(data) < most_bytes and (more := os.read(descriptor, most_bytes - len(data))):
            data += more
    finally:
        os.close(descriptor)
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


def read_count(path: str | Path) -> int:
    """A number that cannot be negative. Raises OSError, and ValueError where the file holds something else."""
    text = read_text(path)
    # isdecimal alone would take other scripts' digits, which the kernel never writes.
    if not (text.isascii() and text.isdecimal()) or len(text) > 20:
        raise ValueError(f"{path} holds {text!r:.40} where a count was expected")
    return int(text)


def count_or_none(path: str | Path) -> int | None:
    """A number that cannot be negative, None where the file is missing, unreadable or holds something else."""
    try:
        return read_count(path)
    except (OSError, ValueError):
        return None


def run_sysctl(name: str) -> str | None:
    """A value of macOS's sysctl."""
    try:
        done = subprocess.run([SYSCTL, "-n", name], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip() or None
