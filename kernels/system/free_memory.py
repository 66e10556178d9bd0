"""How much memory may still be used: by the system's word, and by that of the container."""

from __future__ import annotations

import psutil

from .system_files import count_or_none

# cgroup v2 and v1, each with the limit and what is used of it ("max" is no number, and so no limit).
LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def free_bytes() -> int | None:
    """What is free without anybody having to swap, None where nobody tells. Never raises."""
    told = [_of_the_system(), *(_of_a_container(*paths) for paths in LIMITS)]
    return min((count for count in told if count is not None), default=None)


def _of_the_system() -> int | None:
    try:
        return int(psutil.virtual_memory().available) or None
    except (psutil.Error, OSError, ValueError, ArithmeticError, LookupError, RuntimeError):
        # Emulated and sandboxed systems write into /proc what psutil does not expect.
        return None


def _of_a_container(limit_path: str, used_path: str) -> int | None:
    limit, used = count_or_none(limit_path), count_or_none(used_path)
    return None if limit is None else max(0, limit - (used or 0))
