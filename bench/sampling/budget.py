"""How long a run and each of its devices may take: every wait for a driver gets what is left of that, and no more."""

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
# What a run takes that is well: the start, finding devices, idleness, the CPU and the end in the one, each device that
# has a process of its own in the other. PATIENCE_S of each such device is what hanging may cost besides.
RUN_S = 50.0
SHARE_S = 25.0
TROUBLE_S = 40.0
# Of that, what has passed when a run begins to count (the interpreter's start), what follows the last device (idleness,
# the file), and what it takes to end the process of a device, whatever that is doing.
START_S = 3.0
AFTER_S = 5.0
ENDING_S = 8.0
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


class Ledger:
    """The time of a whole run, which begins now: what one device has used up, finding it included, no other has.

    Devices take turns, and each turn may use what is left, but for what the other devices still need. So a run ends in
    time by construction, whatever hangs for how long in whichever phase, as far as it can be cut off (all that has a
    process of its own).
    """

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._isolated = 0
        self._needs_s: dict[object, float] = {}

    @staticmethod
    def run_seconds(devices: int) -> float:
        """What a run with so many devices in processes of their own may take in all."""
        return RUN_S + devices * SHARE_S + max(devices, 1) * TROUBLE_S

    def enter(self, device: object, isolated: bool) -> None:
        """A device is to be measured; `isolated`: in a process of its own. The others have their time in RUN_S."""
        self._isolated += isolated
        self._needs_s[device] = SHARE_S if isolated else 0.0

    def needs(self, device: object, seconds: float) -> None:
        """What a device that is under way still needs if it is well: no more than its share, and in the end nothing."""
        self._needs_s[device] = min(SHARE_S, seconds)

    def extend(self, seconds: float) -> None:
        """So long nobody was measured: it counts for nothing."""
        self._began_s += seconds

    def turn_seconds(self, device: object) -> float:
        """What a turn of that device has now."""
        to_come = sum(seconds for other, seconds in self._needs_s.items() if other is not device)
        end_s = self._began_s + self.run_seconds(self._isolated) - START_S - AFTER_S - ENDING_S - to_come
        return max(0.0, end_s - time.monotonic())


def device_seconds(plan: Plan, patience_s: float) -> float:
    """What one device may take in all, in seconds, from opening it to its limit.

    Warming up again before each round of a short run is within its patience, of which a device that is well needs a
    small part.
    """
    again_s = 0.0 if plan.until_narrow else (plan.rounds - 1) * plan.warmup_again_s
    return patience_s + plan.warmup_s + again_s + plan.seconds + BATCH_S * plan.batches_per_sample + SLACK_S
