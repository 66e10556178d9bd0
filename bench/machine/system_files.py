"""Small reads of what systems tell about themselves; every failure is None."""

from __future__ import annotations

import subprocess

MOST_CHARACTERS = 4096


def read_line(path: str) -> str | None:
    """The first line of a small text file, stripped; None if it is missing, unreadable or empty."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline(MOST_CHARACTERS).strip("\0 \t\r\n") or None
    except OSError:
        return None


def run_sysctl(name: str) -> str | None:
    """A value of macOS's sysctl."""
    try:
        done = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip() or None
