"""Small reads from the kernel's files, each opened, read and closed again: no descriptor stays open."""

from __future__ import annotations

import os
from pathlib import Path

from ..meter import MeterError

# A sysfs attribute is at most one page.
PAGE_BYTES = 4096
FROM_MICRO = 1e-6


def read_text(path: Path) -> str:
    """The text of a small file without the space around it. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        return os.read(descriptor, PAGE_BYTES).decode("utf-8", "replace").strip()
    finally:
        os.close(descriptor)


def read_count(path: Path) -> int:
    """A number that cannot be negative. Raises OSError, and MeterError where the file holds something else."""
    text = read_text(path)
    # isdecimal alone would take other scripts' digits, which the kernel never writes.
    if not (text.isascii() and text.isdecimal()) or len(text) > 20:
        raise MeterError(f"{path} holds {text!r:.40} where a count was expected")
    return int(text)


def count_or_none(path: Path) -> int | None:
    """A number that cannot be negative, None where the file is missing, unreadable or holds something else."""
    try:
        return read_count(path)
    except (OSError, MeterError):
        return None


def text_or_none(path: Path) -> str | None:
    """The text of a small file, None where it is missing, unreadable or empty."""
    try:
        return read_text(path) or None
    except OSError:
        return None


def is_virtual_machine(root: Path) -> bool:
    """Whether the kernel sees a hypervisor under it (x86 says so in the CPU's feature flags)."""
    try:
        with (root / "proc/cpuinfo").open("rb") as stream:
            head = stream.read(64 * 1024)
    except OSError:
        return False
    flags = next((line for line in head.splitlines() if line.startswith(b"flags")), b"")
    return b"hypervisor" in flags.split()
