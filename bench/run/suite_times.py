"""A suite's time, shared out as it goes: on slower machines each part is sampled for shorter, and none is left out.

What a part takes besides its samples (compiling, racing, testing itself, warming up, its limit) each workload says of a
quiet machine with two cores; how long that takes here is seen from the parts that are through, those of the same
workload first. What is left until the suite's end is for the samples of the parts to come.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..sampling.plan import SHORTEST_S

# A suite ends within so many seconds for each device, the start and the end of the program included.
BOUND_S = 90.0
# Of that, what has passed before the first part, and what follows the last (checking, the table).
START_S = 3.0
AFTER_S = 5.0
# The estimate of what parts take besides weighs as much as so many seconds of what was seen.
PRIOR_S = 10.0
HALVINGS = 20
SHORT = "samples are as short as can be"
# Of the bound so much is planned: what parts take is an estimate to the last one.
PLANNED = 0.92


@dataclass(frozen=True)
class Part:
    """A kind of work on so many devices, each sampled for `seconds` as a rule.

    `other_s`: what it takes besides on a device. `flexible`: the time may be shortened, since nobody asked for it, but
    not below `least_s`. `workload`: what parts of one name have in common takes about as long for each.
    """

    devices: int
    seconds: float
    other_s: float
    flexible: bool
    least_s: float = SHORTEST_S
    workload: str = ""


class SuiteTimes:
    """The time of a suite that begins now. Use: for each part in order `begin`, which says how long to sample it."""

    def __init__(self, parts: Sequence[Part], clock: Callable[[], float] = time.monotonic) -> None:
        """What is to be done, in order; `clock` gives seconds."""
        self._parts = list(parts)
        self._clock = clock
        self._began_s = clock()
        self._part_began_s = self._began_s
        self._current: tuple[Part, float] | None = None
        self._seen_s = self._foreseen_s = PRIOR_S
        # Besides its samples, on each device: of the last part of each workload, the first of which finds things out.
        self._lately_s: dict[str, float] = {}
        asked = sum(part.devices * part.seconds for part in parts if not part.flexible)
        bound_s = BOUND_S * max((part.devices for part in parts), default=1)
        self.bound_s = bound_s + asked
        # What was asked for is no estimate, however long it is.
        self._planned_s = PLANNED * bound_s + asked

    def begin(self) -> float:
        """Begin the next part, if another one was under way that is through; seconds of samples for each device."""
        now_s = self._clock()
        if self._current is not None:
            part, seconds = self._current
            other_s = max(0.0, now_s - self._part_began_s - part.devices * seconds)
            self._seen_s += other_s
            self._foreseen_s += part.devices * part.other_s
            if part.devices:
                self._lately_s[part.workload] = other_s / part.devices
        share, part = self._share(), self._parts.pop(0)
        seconds = _sampled(part, share)
        self._current, self._part_began_s = (part, seconds), now_s
        return seconds

    def told(self) -> str:
        """How long it has been going, and will: "0:31 of about 2:40"; where that is too long, what is done about it."""
        elapsed_s = self._clock() - self._began_s
        whole_s = max(elapsed_s, self._expected_s())
        over = f", not {_clock_text(self.bound_s)}: slow here, {SHORT}" if whole_s > self.bound_s else ""
        return f"{_clock_text(elapsed_s)} of about {_clock_text(whole_s)}{over}"

    def _expected_s(self) -> float:
        """From the beginning to the end."""
        share = self._share()
        to_come = sum(part.devices * (self._other_s(part) + _sampled(part, share)) for part in self._parts)
        if self._current is None:
            return to_come
        part, seconds = self._current
        ends_s = self._part_began_s + part.devices * (self._other_s(part) + seconds)
        return max(ends_s, self._clock()) - self._began_s + to_come

    def _other_s(self, part: Part) -> float:
        """What a part that is not through will take besides on each device."""
        return self._lately_s.get(part.workload, part.other_s * self._seen_s / self._foreseen_s)

    def _share(self) -> float:
        """The share of their time that the flexible parts which have not begun can have, by halving."""
        left_s = self._planned_s - START_S - AFTER_S - (self._clock() - self._began_s)
        left_s -= math.fsum(part.devices * self._other_s(part) for part in self._parts)
        # Twice as much as they want, so that all of it is among what is tried.
        low, high = 0.0, 2.0
        for _ in range(HALVINGS):
            share = (low + high) / 2
            if math.fsum(part.devices * _sampled(part, share) for part in self._parts) <= left_s:
                low = share
            else:
                high = share
        return min(low, 1.0)


def _sampled(part: Part, share: float) -> float:
    return max(min(part.least_s, part.seconds), part.seconds * share) if part.flexible else part.seconds


def _clock_text(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
