"""Devices that are measured at once: they wait for each other before what is to happen at the same time."""

from __future__ import annotations

import threading

# Waiting in slices: a wait without end would not see that the run is over.
SLICE_S = 0.1


class Rendezvous:
    """`participants` devices, each driven by a thread of its own. Whoever fails leaves, and nobody waits for it."""

    def __init__(self, participants: int) -> None:
        """A rendezvous of so many devices."""
        self._condition = threading.Condition()
        self._participants = participants
        self._waiting = 0
        self._processes: list[int] = []
        self.meetings = 0
        self.over = threading.Event()

    @property
    def processes(self) -> tuple[int, ...]:
        """The processes that work for any of the devices: their CPU time is not other programs' load."""
        with self._condition:
            return tuple(self._processes)

    def work_by(self, process_id: int | None) -> None:
        """Note that this process works for a device (None: it is this one)."""
        with self._condition:
            if process_id is not None:
                self._processes.append(process_id)

    def meet(self) -> None:
        """Wait until all that are left are here. Raises KeyboardInterrupt when the run is over before."""
        with self._condition:
            mine = self.meetings
            self._waiting += 1
            self._part_if_complete()
            while self.meetings == mine:
                if self.over.is_set():
                    raise KeyboardInterrupt
                self._condition.wait(SLICE_S)

    def leave(self) -> None:
        """One device does not come any more."""
        with self._condition:
            self._participants -= 1
            self._part_if_complete()

    def _part_if_complete(self) -> None:
        if 0 < self._participants <= self._waiting:
            self._waiting = 0
            self.meetings += 1
            self._condition.notify_all()
