"""Whether memory stands still where it is used again, as it does where a virtual machine's host moves its pages."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...kernels.cpu.cores.clock import counts_cpu_time, thread_seconds
from ...kernels.system.free_memory import free_bytes

Seconds = NDArray[np.float64]
# What a host maps at once: the larger pages of x86-64 and of AArch64.
PAGE_BYTES = 2 << 20
PAGES = 32
# A page has so many parts, each long beside a call and short beside a stall.
PARTS_A_PAGE = 8
NUMBER_BYTES = 8
# Nobody is brought into need of memory for it.
SPARE_TIMES = 8
# A part that took so many times the usual time stood still; for less than so long it was a neighbour or an interrupt.
STALL_TIMES = 3
LEAST_STALL_S = 50e-6
# The system's own faults explain stalls, too: of so few, they do not.
MOST_FAULTS = PAGES // 8


@dataclass(frozen=True)
class MemoryStalls:
    """Of so many used `pages` of 2 MiB, `stood_still` did at their next use, for `median_s` seconds each."""

    stood_still: int
    pages: int
    median_s: float


class MemoryWatch:
    """Memory that is used, left alone for a while, and read again by this thread.

    A host that moves or tracks the pages of its virtual machines holds up their next use (Xeon model 167: every few
    seconds 0.1 to 0.2 ms for each 2 MiB). The machine has no fault to count, and takes it for its own CPU time.
    """

    def __init__(self) -> None:
        """Use the memory for the first time, where there is enough of it. Never raises."""
        free = free_bytes()
        enough = free is None or free >= SPARE_TIMES * PAGES * PAGE_BYTES
        self._memory: Seconds | None = None
        # Without the faults' count and a fine clock of the thread nothing is found out.
        able = enough and _faults() is not None and counts_cpu_time(thread_seconds)
        # A limit of the process (`ulimit -v`) is told by nobody.
        with suppress(MemoryError):
            if able:
                self._memory = np.ones(PAGES * PAGE_BYTES // NUMBER_BYTES)

    def read(self) -> MemoryStalls | None:
        """What stood still; None where nobody can tell. Never raises.

        So it is without memory, without a fine clock of the thread, and where the system's own faults are unknown.
        To be called some seconds after the watch was made.
        """
        before = _faults()
        if self._memory is None or before is None:
            return None
        parts = self._memory.reshape(PAGES * PARTS_A_PAGE, -1)
        moments = [thread_seconds()]
        for part in parts:
            part.sum()
            moments.append(thread_seconds())
        after = _faults()
        if after is None or after - before > MOST_FAULTS:
            return None
        return stalls_of(np.diff(np.array(moments)))


def stalls_of(taken_s: Seconds) -> MemoryStalls:
    """What stood still by the seconds of each part, page after page."""
    usual_s = float(np.median(taken_s))
    longest_s = taken_s.reshape(-1, PARTS_A_PAGE).max(axis=1) - usual_s
    stood_still = longest_s[longest_s > max(LEAST_STALL_S, (STALL_TIMES - 1) * usual_s)]
    median_s = float(np.median(stood_still)) if len(stood_still) else 0.0
    return MemoryStalls(len(stood_still), len(longest_s), median_s)


def _faults() -> int | None:
    """Pages that the system itself had to find for this thread, None where it does not tell."""
    try:
        # Only POSIX has it, and only Linux tells it for a thread.
        import resource

        return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    except (ImportError, AttributeError, OSError, ValueError):
        return None
