"""The clock that short measurements on one thread are taken with."""

from __future__ import annotations

import time
from collections.abc import Callable


def _thread_clock() -> Callable[[], float]:
    # A thread's own CPU time leaves out what other programs took from it; Windows counts it in steps of 16 ms only.
    fine = hasattr(time, "thread_time") and time.get_clock_info("thread_time").resolution < 1e-5
    return time.thread_time if fine else time.perf_counter


thread_seconds = _thread_clock()
