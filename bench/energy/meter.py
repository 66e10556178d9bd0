"""The interface between what measures energy and what keeps account of it.

A meter is one figure with one scope: the CPU packages, one graphics card, the plug at the wall.
It tells joules counted so far, watts at the moment, or both. Figures of two meters are never
added: their scopes overlap more often than not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from ...kernels.errors import HashwattError

Scope = Literal["part", "memory", "chip", "package", "board", "system", "wall"]
# "named by hand": whoever names a lab meter has put it where it counts the device. "unknown": nobody says.
# "processor with graphics": both are one chip, and one figure counts both. "sliced graphics card": its devices are
# parts of it (MIG), and one figure counts all of them.
Subject = Literal[
    "processor",
    "graphics card",
    "sliced graphics card",
    "processor with graphics",
    "machine",
    "named by hand",
    "unknown",
]

UNKNOWN_COVERAGE: Subject = "unknown"

SCOPES: dict[Scope, str] = {
    "part": "a part of a chip or package, already inside that one's figure",
    "memory": "the memory modules alone",
    "chip": "the chip without the rest of its board",
    "package": "all CPU packages, cores and caches and their controllers, without memory modules and board",
    "board": "a whole card with its memory and voltage converters",
    "system": "the whole machine behind its power supply or on its battery",
    "wall": "everything at the socket, the loss in the power supply included",
}

# More than anything of that scope draws. A reading beyond is no power but a sensor's error value.
MOST_W: dict[Scope, float] = {
    "part": 5e3, "memory": 5e3, "chip": 5e3, "package": 5e3, "board": 5e3, "system": 1e5, "wall": 1e6,
}  # fmt: skip
MOST_W_ANYWHERE = 1e6


def most_w(scope: Scope | None) -> float:
    """Watts that nothing of the scope (None: unknown) exceeds."""
    return MOST_W_ANYWHERE if scope is None else MOST_W[scope]


# The remedy of a meter that this kind of machine never has.
NOTHING_HELPS = "nothing; use another meter"


class MeterError(HashwattError):
    """A meter gave no usable reading this time; the measurement goes on without it."""


@dataclass(frozen=True)
class Counter:
    """An energy counter: it steps by `step_j`, and starts again from 0 at `wraps_at_j` (None: never).

    A rise steeper than `plausible_w` is no energy: the counter was reset, or another one answered.
    `update_s` is how old its count may be, where that is not as for the meter's other values.
    """

    name: str
    step_j: float
    plausible_w: float
    wraps_at_j: float | None = None
    update_s: float | None = None


@dataclass(frozen=True)
class Coverage:
    """What a meter's figure is about. `pci` and `name` tell one graphics card from another."""

    subject: Subject
    name: str | None = None
    pci: str | None = None


@dataclass(frozen=True)
class MeterInfo:
    """What a meter is, and how far its readings can be trusted.

    `power_step_w` is None where no watts are told. A value may be up to `update_s` old when it is
    read. The true figure lies between `spread[0]` and `spread[1]` times the reading as far as the
    sensor goes, with `bound_source` saying who says so. `interval_s` is how often reading makes
    sense, `deadline_s` how long a reading may take. Watts beyond `plausible_w` (None: by the scope) are no power.
    """

    id: str
    name: str
    scope: Scope | None
    coverage: Coverage
    update_s: float
    bound_source: str
    counters: tuple[Counter, ...] = ()
    power_step_w: float | None = None
    plausible_w: float | None = None
    spread: tuple[float, float] = (1.0, 1.0)
    interval_s: float = 0.1
    deadline_s: float = 1.0
    estimated: bool = False
    by_default: bool = True


@dataclass(frozen=True)
class Reading:
    """One answer of a meter: joules counted so far by each of its counters, and watts; None where unknown.

    `child_cpu_s` is CPU time that other processes spent to give it.
    """

    counters_j: tuple[float | None, ...] = ()
    power_w: float | None = None
    child_cpu_s: float = 0.0


class Meter(Protocol):
    """A meter that is open. Read from one thread at a time."""

    info: MeterInfo

    def read(self) -> Reading:
        """The figures now. Raises MeterError."""
        ...

    def close(self) -> None:
        """Give the meter back; a second call does nothing."""
        ...


@dataclass(frozen=True)
class MeterFound:
    """A meter that can be opened. `open` raises MeterError."""

    info: MeterInfo
    open: Callable[[], Meter]


@dataclass(frozen=True)
class MeterMissing:
    """A meter that cannot be used: why, in one sentence, and what helps."""

    id: str
    reason: str
    remedy: str


MeterEntry = MeterFound | MeterMissing
