"""How long one device may take in all: every wait for its driver gets what is left of that, and no more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .plan import BATCH_S, Plan

# Besides its samples and its warm-up, for opening, compiling, racing, checking and its limit. A device that is well
# needs a few seconds for that, so that a runtime which hangs at every turn costs a run 40 s more. Whoever asks for a
# device or for a time has more patience.
PATIENCE_S = 46.0
PATIENCE_WHEN_ASKED_S = 120.0
# For all backends together to say which devices there are.
FIND_S = 30.0
# Between the samples answers are checked, and the last sample may begin just before the time is up.
SLACK_S = 5.0

# The moment (of time.monotonic) at which the budget of what this thread is doing ends.
_END_S: ContextVar[float | None] = ContextVar("end of the budget", default=None)


@contextmanager
def budget(seconds: float) -> Iterator[None]:
    """What is done within, in this thread, has `seconds` in all; a budget around this one goes on counting."""
    outer = _END_S.get()
    end_s = time.monotonic() + seconds
    token = _END_S.set(end_s if outer is None else min(end_s, outer))
    try:
        yield
    finally:
        _END_S.reset(token)


def left_s(wished_s: float) -> float:
    """The seconds that a wait may take: those wished for, or what is left of the budget (0 where nothing is)."""
    end_s = _END_S.get()
    return wished_s if end_s is None else max(0.0, min(wished_s, end_s - time.monotonic()))


def device_seconds(plan: Plan, patience_s: float) -> float:
    """What one device may take in all, in seconds, from opening it to its limit.

    Warming up again before each round of a short run is within its patience, of which a device that is well needs a
    small part.
    """
    again_s = 0.0 if plan.until_narrow else (plan.rounds - 1) * plan.warmup_again_s
    return patience_s + plan.warmup_s + again_s + plan.seconds + BATCH_S * plan.batches_per_sample + SLACK_S
