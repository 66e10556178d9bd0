"""The clock that short measurements on one thread are taken with, judged by the steps that it is seen to make."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from ...errors import DeviceError

Clock = Callable[[], float]

# A clock that steps by more than this cannot time what takes milliseconds.
COARSEST_STEP_S = 2e-5
# Windows' clock of a thread steps by 15.6 ms, while Python says that it resolves 100 ns: seen rather than believed. So
# many looks take less than a millisecond, whatever else the CPU is given to meanwhile.
LOOKS = 1000
# Work that no clock sees passing, so many times over, is not worth waiting for.
MOST_TIMES = 1 << 20


class Timed(NamedTuple):
    """How many times the work was done, and the seconds that all of it took."""

    times: int
    seconds: float


def steps_finely(clock: Clock) -> bool:
    """Whether the clock is seen to move by a small step while this thread does nothing but look at it.

    One is enough: another program may take the CPU between two looks, which makes any clock leap.
    """
    before_s = clock()
    for _ in range(LOOKS):
        now_s = clock()
        if 0 < now_s - before_s <= COARSEST_STEP_S:
            return True
        before_s = now_s
    return False


def finest_clock() -> Clock:
    """The thread's own CPU time, which leaves out what other programs took; where that is coarse, time itself."""
    thread_time = getattr(time, "thread_time", None)
    if thread_time is None:
        return time.perf_counter
    try:
        return thread_time if steps_finely(thread_time) else time.perf_counter
    except OSError:
        return time.perf_counter


def counts_cpu_time(clock: Clock) -> bool:
    """Whether it is the thread's own CPU time, and not what a system gives instead that has only a coarse one."""
    return clock is getattr(time, "thread_time", None)


def timed(work: Callable[[], object], clock: Clock | None = None) -> Timed:
    """Do the work until the clock (by default `thread_seconds`) has moved: at least once, and never in no time.

    Raises DeviceError where the clock stands still.
    """
    read = thread_seconds if clock is None else clock
    started_s = read()
    done, wanted = 0, 1
    while done < MOST_TIMES:
        while done < wanted:
            work()
            done += 1
        seconds = read() - started_s
        if seconds > 0:
            return Timed(done, seconds)
        wanted *= 2
    raise DeviceError("this system's clock stands still, so nothing can be timed; set it right and try again")


thread_seconds = finest_clock()
