"""A lease on time: machines that are ready wait, and all are let go for the same moment.

The leader's clock alone counts. It says "in so many seconds", and the machine counts them from when it hears that; so
how far apart they begin is at most as long as the slowest question and its answer took. Clocks that differ by hours do
no harm.
"""

from __future__ import annotations

import asyncio
import time

from . import loss
from .loss import LostMachine

# How long the others wait for one that is not ready.
READY_S = 90.0
# From the decision to the moment: every machine must have heard of it by then.
LEAD_S = 3.0


class Lease:
    """The common start of so many machines. Each either is `ready` or `leaves`; nobody waits for who has left."""

    def __init__(self, machines: int) -> None:
        """A start that waits for so many."""
        self._awaited = machines
        self._ready = 0
        self._first_ready_s: float | None = None
        self._start_s: float | None = None
        self._decided = asyncio.Event()

    @property
    def start_s(self) -> float | None:
        """The moment, on the leader's monotonic clock, once it is decided."""
        return self._start_s

    async def ready(self) -> None:
        """Wait until all are ready, or READY_S after the first one was.

        Raises LostMachine for one that is ready too late.
        """
        if self._decided.is_set():
            raise LostMachine(loss.not_ready(READY_S))
        self._ready += 1
        if self._first_ready_s is None:
            self._first_ready_s = time.monotonic()
        self._decide_if_complete()
        left_s = self._first_ready_s + READY_S - time.monotonic()
        try:
            await asyncio.wait_for(self._decided.wait(), max(0.0, left_s))
        except TimeoutError:
            self._decide()

    def leave(self) -> None:
        """One machine does not come any more, or has no need to wait."""
        self._awaited -= 1
        self._decide_if_complete()

    def _decide_if_complete(self) -> None:
        if 0 < self._awaited <= self._ready:
            self._decide()

    def _decide(self) -> None:
        if not self._decided.is_set():
            self._start_s = time.monotonic() + LEAD_S
            self._decided.set()
