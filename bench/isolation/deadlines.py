"""How long the driver of a device may take for what, and what kernels that end or hang their process may cost."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

from ...kernels.device import NO_MORE_TIME, STARVED, DeviceOptions
from ..sampling.budget import left_s
from .process import WorkerProcess


@dataclass(frozen=True)
class Deadlines:
    """How long, in seconds, an answer may take: generous, since a driver may be compiling."""

    find_s: float = 60.0
    open_s: float = 120.0
    # Besides the trials of kernels, where a device tells of them.
    prepare_s: float = 120.0
    # To build a kernel and to run it for the first time.
    trial_s: float = 20.0
    # What all kernels that end or hang their process may cost a device, new processes included.
    trials_s: float = 40.0
    # The same while none has worked, for a device that has more time since the user asked for it. Half of what is left
    # is the next kernel's: a compiler under emulation is slow, not hung. A kernel that no other can replace has it all.
    patient_trials_s: float = 100.0
    # Of that, what a new process and the kernels that work are to have; more where opening the device took longer.
    restart_s: float = 6.0
    # A hung kernel whose process had less than this part of the time on a processor was starved by others, unless it
    # had hardly any, which it did not want then.
    starved: float = 0.5
    asleep: float = 0.05
    # What is kept of a device's time for the work with the kernel that was found.
    measuring_s: float = 12.0
    # Drivers compile lazily, at the first launch.
    first_scan_s: float = 120.0
    scan_s: float = 20.0
    # On top of `scan_s`: this many times what the fastest scan so far lets expect.
    scan_factor: float = 10.0


DEADLINES = Deadlines()
# A kernel that has worked has so many times as long when another process tries it: a slow machine is slow again.
AGAIN = 3.0


class Trials:
    """The time that kernels have cost which ended or hung their process, while one job is prepared."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        # With the longest that a trial of each took.
        self._worked_s: dict[str, float] = {}
        self._opening_s = 0.0
        self._troubled_since: float | None = None
        self._asked_at = 0.0

    def begin(self, worker: WorkerProcess, options: DeviceOptions, opening_s: float, replaceable: bool) -> None:
        """A process is asked to try kernels; `opening_s` is what it takes to have another one, if that may be."""
        self._asked_at = time.monotonic()
        self._replaceable = replaceable
        self._worker = worker
        self._options = options
        self._opening_s = opening_s

    def can_restart(self) -> bool:
        """Whether there is time for a trial that does not end, another process, and the work after it."""
        # Those that have worked before are not expected to hang, and nothing else is left to try.
        return self._options.only is not None or self._left_s() >= 1.5 * self._restart_s

    def deadline_s(self) -> float:
        """For the trial that begins now."""
        if not self._replaceable:
            return max(min(self._deadlines.patient_trials_s, self._left_of_all_s()), self._deadlines.restart_s / 2)
        left_s = self._left_s()
        # Those that have worked get what is kept for them, and so does the last process there is time for.
        if self._options.only is None and self.can_restart():
            left_s -= self._restart_s
        wished_s = self._deadlines.trial_s
        if self._is_patient():
            wished_s = max(wished_s, left_s / 2)
        again_s = min(AGAIN * self._known_s().get(self._worker.trial or "", 0.0), self._left_of_all_s())
        return max(min(wished_s, left_s), self._deadlines.restart_s / 2, again_s)

    def excuse(self) -> str:
        """What the last trial's end within its time does not tell of the kernel; empty where it does."""
        limits, busy = self._deadlines, self._worker.busy
        if self._worker.trial_s < limits.trial_s:
            return NO_MORE_TIME
        return STARVED if busy is not None and limits.asleep <= busy < limits.starved else ""

    def without(self, options: DeviceOptions, kernel: str, reason: str) -> DeviceOptions:
        """The options for the next process; with `only` where there is no time left for other kernels."""
        if self._troubled_since is None:
            self._troubled_since = self._asked_at
        self._worked_s = self._known_s()
        self._worked_s.pop(kernel, None)
        avoid = {**options.avoid, kernel: reason}
        only = options.only
        if only is not None or self._left_s() < 2 * self._restart_s:
            only = tuple(self._worked_s)
        return replace(options, avoid=avoid, only=only)

    def _is_patient(self) -> bool:
        return not self._known_s() and self._left_of_all_s() >= self._deadlines.patient_trials_s - self._spent_s()

    @property
    def _restart_s(self) -> float:
        """What it takes to have a process with a kernel that works again."""
        again_s = min(self._known_s().values(), default=0.0)
        return max(self._deadlines.restart_s, self._opening_s + again_s)

    def _known_s(self) -> dict[str, float]:
        longest_s = dict(self._worked_s)
        for name, took_s in self._worker.worked_s.items():
            longest_s[name] = max(took_s, longest_s.get(name, 0.0))
        return longest_s

    def _left_s(self) -> float:
        limits = self._deadlines
        most_s = limits.patient_trials_s if self._is_patient() else limits.trials_s
        return min(most_s - self._spent_s(), self._left_of_all_s())

    def _left_of_all_s(self) -> float:
        # A kernel that is found when the device's time is up measures nothing.
        return left_s(math.inf) - self._deadlines.measuring_s

    def _spent_s(self) -> float:
        return 0.0 if self._troubled_since is None else time.monotonic() - self._troubled_since
