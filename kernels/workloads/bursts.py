"""Bursts: launches of a known amount, repeated until they take long beside what a launch costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from weakref import WeakKeyDictionary

from ..device import Executes, Launch

# A burst: long beside what a launch costs, short beside a round.
BURST_S = 0.012
MOST_REPEATS = 1 << 12
TRIALS = 2
# What was found out of a device while it is open: by what it moves most, and how many repeats a burst of each takes. A
# suite's rows all ask for the same ceilings.
_KNOWN: WeakKeyDictionary[Executes, dict[str, int]] = WeakKeyDictionary()


def known_of(device: Executes) -> dict[str, int]:
    """Repeats of a burst by its name, as far as they are known of this open device."""
    return _KNOWN.setdefault(device, {})


def forget(device: Executes) -> None:
    """Have probes of this device find out `anew`: what was known came from a bad moment."""
    _KNOWN.pop(device, None)


class Burst:
    """Launches that move or compute a known amount, repeated to take about BURST_S."""

    def __init__(
        self, device: Executes, name: str, launches: Callable[[int], Sequence[Launch]], amount: float,
        shared: bool = False,
    ) -> None:  # fmt: skip
        """`launches` gives so many repeats, each of which does `amount` units; `name` tells it from others.

        `shared`: threads share what is measured, so that it takes the time in which all of them run. Otherwise a
        thread's own time tells, which leaves out what other programs took.
        """
        self._device = device
        self._shared = shared
        self._name = name
        self._launches = launches
        self._amount = amount
        self._repeats = known_of(device).get(name, 0)
        if not self._repeats:
            self._repeats = 1
            # Some compilers begin at the first launch.
            self._seconds()
            while self._is_short(self._seconds()):
                pass

    def rate(self) -> float:
        """Units a second, the best of a few trials."""
        repeats, fastest_s = self._repeats, min(self._seconds() for _ in range(TRIALS))
        # It may have been tried out while others were busy: the next ones are longer.
        self._is_short(fastest_s)
        return repeats * self._amount / fastest_s

    def _is_short(self, seconds: float) -> bool:
        """Whether a burst that took so long is too short, which sets the repeats for a longer one."""
        short = seconds < BURST_S / 2 and self._repeats < MOST_REPEATS
        if short:
            self._repeats = min(MOST_REPEATS, 2 * self._repeats, max(2, int(self._repeats * BURST_S / seconds)))
        known_of(self._device)[self._name] = self._repeats
        return short

    def _seconds(self) -> float:
        return max(sum(self._launch_seconds(launch) for launch in self._launches(self._repeats)), 1e-9)

    def _launch_seconds(self, launch: Launch) -> float:
        started = perf_counter()
        done = self._device.launch(launch)
        passed_s = perf_counter() - started
        if done.device_s is not None:
            return done.device_s
        return passed_s if self._shared else done.own_s(passed_s)
