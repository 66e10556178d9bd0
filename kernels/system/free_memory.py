"""How much memory may still be used: by the system's word, and by that of this process's control groups."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil

from .control_groups import MEMORY_GROUPS, group_folders
from .system_files import count_or_none, counts_by_name, read_text

# cgroup v2 and v1: beyond the first a process is ended, beyond the second it is slowed down ("max": no limit).
LIMITS = ("memory.max", "memory.high", "memory.limit_in_bytes")
USED = ("memory.current", "memory.usage_in_bytes")
# Pages of files that nobody has looked at lately count as used, but go first. In v1 those of groups below by the longer
# name; in v2 they are in the shorter one.
FIRST_TO_GO = ("total_inactive_file", "inactive_file")
STAT_BYTES = 1 << 14


def free_bytes(root: Path = Path("/")) -> int | None:
    """What is free without anybody having to swap, None where nobody tells. Never raises."""
    told = [_of_the_system(), *(_of_a_group(folder) for folder in group_folders(MEMORY_GROUPS, root))]
    return min((count for count in told if count is not None), default=None)


def _of_the_system() -> int | None:
    try:
        return int(psutil.virtual_memory().available) or None
    except (psutil.Error, OSError, ValueError, ArithmeticError, LookupError, RuntimeError):
        # Emulated and sandboxed systems write into /proc what psutil does not expect.
        return None


def _of_a_group(folder: Path) -> int | None:
    limits = [count for name in LIMITS if (count := count_or_none(folder / name)) is not None]
    if not limits:
        return None
    used = next((count for name in USED if (count := count_or_none(folder / name)) is not None), 0)
    return max(0, min(limits) - max(0, used - _first_to_go(folder)))


def _first_to_go(folder: Path) -> int:
    counts: dict[str, int] = {}
    with suppress(OSError):
        counts = counts_by_name(read_text(folder / "memory.stat", STAT_BYTES))
    return next((counts[name] for name in FIRST_TO_GO if name in counts), 0)
