"""The energy side of a run: meters read throughout, windows of each device's rounds, idleness before and after.

Figures are put together at the end, when the idle power after the run is known, too.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from string import digits
from typing import Literal

from ...kernels.bounded import MOST_METERS
from ...kernels.device import DeviceInfo
from ...kernels.errors import InputError
from ...kernels.system.system_files import system_root
from ..interrupts import interruptible
from ..progress import Progress
from ..result.energy import IdlePower
from .account import DeviceEnergy
from .joules.idle import DEFAULT_IDLE_S, SLOWEST_FOR_DEFAULT_S, idle_power
from .joules.readings import Window, around
from .joules.record import best_figure
from .meter import MeterEntry, MeterFound, MeterInfo, MeterMissing, Scope
from .sampler import MeterSampler

When = Literal["before", "after"]

SHORTEST_IDLE_S = 1.0
LONGEST_IDLE_S = 3600.0
SLICE_S = 0.25
# Which meters are read where there are more than a result holds: the whole machine's first, parts last.
RANK: tuple[Scope | None, ...] = ("wall", "system", "board", "package", "chip", None, "memory", "part")


def checked_idle_s(idle_s: float | None) -> float | None:
    """Seconds of idleness to measure: 0 for none, None for what costs little. Raises InputError."""
    if idle_s is None or idle_s == 0 or SHORTEST_IDLE_S <= idle_s <= LONGEST_IDLE_S:
        return idle_s
    raise InputError(
        f"an idle baseline takes {SHORTEST_IDLE_S:g} to {LONGEST_IDLE_S:.0f} s, or 0 for none, not {idle_s:g}; try 10"
    )


def most_telling(found: Sequence[MeterFound]) -> list[MeterFound]:
    """As many meters as a result holds, in the order given: whole figures before parts, and few of a kind before many.

    A hundred sensors that only a number tells apart are a hundred cores, and the one beside them is their sum.
    """
    alike = Counter(entry.info.id.rstrip(digits) for entry in found)
    ranked = sorted(
        range(len(found)),
        key=lambda index: (RANK.index(found[index].info.scope), alike[found[index].info.id.rstrip(digits)]),
    )
    return [found[index] for index in sorted(ranked[:MOST_METERS])]


def oldest_s(info: MeterInfo) -> float:
    """How old a meter's values may be."""
    return max([info.update_s, *(counter.update_s or 0.0 for counter in info.counters)])


class EnergyMeasurement:
    """Use: `begin`, an `account` for each device, `end` (or `stop`, where that is skipped), then settle each one."""

    def __init__(self, meters: Sequence[MeterEntry], idle_s: float | None, root: Path | None = None) -> None:
        """The energy of a run by these meters; `idle_s` as `checked_idle_s` gives it, `root` as for the meters."""
        self._missing = [entry for entry in meters if isinstance(entry, MeterMissing)]
        found = [entry for entry in meters if isinstance(entry, MeterFound)]
        kept = most_telling(found)
        self.left_out = [entry.info.id for entry in found if entry not in kept]
        self._sampler = MeterSampler(kept)
        self._asked_idle_s = idle_s
        self._root = system_root() if root is None else root
        self._idle: dict[str, list[IdlePower]] = {}

    def begin(self, progress: Progress) -> bool:
        """Begin reading, and measure idleness; tells whether that was interrupted."""
        try:
            interruptible(partial(self._begin, progress))
        except KeyboardInterrupt:
            return True
        return False

    def end(self, progress: Progress, idle: bool) -> None:
        """Measure idleness again where `idle` asks for it, and end reading; an interrupt only cuts that short."""
        with suppress(KeyboardInterrupt):
            if idle:
                interruptible(partial(self.measure_idle, "after", progress))
        self.stop()

    def _begin(self, progress: Progress) -> None:
        self._sampler.start()
        self.measure_idle("before", progress)

    def stop(self) -> None:
        """End reading; a second call does nothing."""
        self._sampler.stop()

    def measure_idle(self, when: When, progress: Progress) -> None:
        """Let the machine idle, and note what the meters see."""
        patient = [info for info in self._sampler.meters if self._idles(info)]
        seconds = DEFAULT_IDLE_S if self._asked_idle_s is None else self._asked_idle_s
        if not patient or not seconds:
            return
        progress.stage("idle", f"idle power {when} the run", seconds)
        start_s = self._sampler.mark()
        limit_s = time.perf_counter() + seconds
        while (left_s := limit_s - time.perf_counter()) > 0:
            time.sleep(min(SLICE_S, left_s))
            progress.advance(min(SLICE_S, left_s), None)
        window = Window(start_s, self._sampler.mark_end())
        for info in patient:
            near = around(self._sampler.points(info.id), window)
            power = idle_power(best_figure(info, near, [window])[1], window.seconds, when)
            if power is not None:
                self._idle.setdefault(info.id, []).append(power)

    def _idles(self, info: MeterInfo) -> bool:
        """Whether an idle baseline of this meter is worth its time, or was asked for."""
        quick = oldest_s(info) <= SLOWEST_FOR_DEFAULT_S and info.interval_s <= SLOWEST_FOR_DEFAULT_S
        return not info.estimated and (quick or self._asked_idle_s is not None)

    def account(self, device: DeviceInfo) -> DeviceEnergy:
        """The account of one device's work, to be opened before it and settled after `end`."""
        return DeviceEnergy(device, self._sampler, self._idle, self._missing, self._root)

    @property
    def slowest_s(self) -> float:
        """How old the values may be of the slowest meter that is quick enough for short rounds; 0 without one."""
        oldest = [oldest_s(info) for info in self._sampler.meters if not info.estimated]
        return max((seconds for seconds in oldest if seconds <= SLOWEST_FOR_DEFAULT_S), default=0.0)
