"""Which logical CPUs this process may use, and keeping a thread on one of them, as far as the system has that."""

from __future__ import annotations

import os
import platform

from ...system.windows import processors as windows


def usable_cpus() -> list[int]:
    """The numbers of the logical CPUs that this process may run on; all there are where the system does not tell."""
    if hasattr(os, "sched_getaffinity"):
        try:
            return sorted(os.sched_getaffinity(0))
        except OSError:
            # A sandbox may refuse the call; then nobody can be kept on a CPU either.
            pass
    elif platform.system() == "Windows":
        try:
            return list(windows.read_processors().usable(*windows.own_affinity())) or _all()
        except (OSError, ValueError):
            pass
    return _all()


def pin_to(cpu: int) -> bool:
    """Keep the calling thread on one logical CPU; False where the system does not allow it."""
    try:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {cpu})
            return True
        # macOS leaves it to its scheduler.
        return platform.system() == "Windows" and windows.keep_thread_on(cpu)
    except (OSError, OverflowError):
        return False


def _all() -> list[int]:
    return list(range(os.cpu_count() or 1))
