"""The race for a device's fastest kernel: a few seconds, once, and then remembered (see `tuning_cache`).

A launch is timed by the host's clock and by the device's own events, and the longer of the two
counts: a runtime whose events claim a nanosecond must not win. Every entry is checked against
hashlib before it is timed; entries take turns, so that a change of the machine's clock meets all of
them; the fastest launch of each counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..device import Candidate
from ..errors import DeviceError
from .candidates import race_entries, refinements
from .scanner import Scanner
from .tuning import Tuning

# Seconds of racing after the first kernel is built; the entries that are not built by then do not start.
BUDGET_S = 5.0
# Of that, what is kept for timing.
TIMING_S = 2.0
# A launch to time: long against its overhead, short against a display's patience.
LAUNCH_S = 0.02
ROUNDS = 12
# An entry this much slower than the fastest is not timed again. Another program on a core can cost one round half.
HOPELESS = 0.4
IMPOSSIBLE_TARGET = 1
NONCES_TO_WARM_UP = 1 << 14
MOST_NONCES = 1 << 28

MakeScanner = Callable[[Tuning], Scanner]


@dataclass(frozen=True)
class Outcome:
    """The tuning that won and its rate, and the race. No rate and no race where nothing was raced."""

    tuning: Tuning
    hashrate_hs: float | None = None
    candidates: tuple[Candidate, ...] = ()


@dataclass
class _Entry:
    tuning: Tuning
    scanner: Scanner
    hashrate_hs: float = 0.0


def tune(make: MakeScanner, kind: str, native_width: int, largest_group: int) -> Outcome:
    """Race the variants, then the ways to deal out the winner's work.

    `make` compiles a tuning, checks it and gives its scanner, or raises DeviceError. Raises the first
    entry's DeviceError where none runs.
    """
    started: float | None = None
    entries: list[_Entry] = []
    failures: list[tuple[Tuning, DeviceError]] = []
    slowest_build_s = 0.0
    for tuning in race_entries(kind, native_width):
        build_started = time.perf_counter()
        if started is not None and build_started - started + slowest_build_s > BUDGET_S - TIMING_S:
            break
        try:
            entries.append(_warmed_up(_Entry(tuning, make(tuning))))
        except DeviceError as error:
            failures.append((tuning, error))
        now = time.perf_counter()
        if started is None and entries:
            started = now
        else:
            slowest_build_s = max(slowest_build_s, now - build_started)
    if not entries:
        raise failures[0][1]
    _race(entries)
    winner = max(entries, key=_hashrate)
    dealt = [_Entry(tuning, make(tuning)) for tuning in refinements(winner.tuning, kind, largest_group)]
    for entry in dealt:
        _warmed_up(entry)
    finalists = [winner, *dealt]
    _race(finalists)
    best = max(finalists, key=_hashrate)
    return Outcome(best.tuning, best.hashrate_hs, _table(entries, failures))


def _warmed_up(entry: _Entry) -> _Entry:
    # Runtimes compile again for the size of a launch; and this tells how many nonces LAUNCH_S takes.
    nonces = NONCES_TO_WARM_UP
    while True:
        entry.hashrate_hs = max(entry.hashrate_hs, nonces / _seconds(entry, nonces))
        if nonces >= MOST_NONCES or nonces / entry.hashrate_hs > LAUNCH_S / 4:
            return entry
        nonces *= 4


def _race(entries: list[_Entry]) -> None:
    for _ in range(ROUNDS):
        fastest = max(map(_hashrate, entries))
        for entry in entries:
            if entry.hashrate_hs >= HOPELESS * fastest:
                nonces = max(int(entry.hashrate_hs * LAUNCH_S), 1)
                entry.hashrate_hs = max(entry.hashrate_hs, nonces / _seconds(entry, nonces))


def _seconds(entry: _Entry, nonces: int) -> float:
    answer = entry.scanner.launch_once(range(min(nonces, MOST_NONCES)), IMPOSSIBLE_TARGET)
    return max(answer.host_s, answer.event_s)


def _hashrate(entry: _Entry) -> float:
    return entry.hashrate_hs


def _table(entries: list[_Entry], failures: list[tuple[Tuning, DeviceError]]) -> tuple[Candidate, ...]:
    ran = [
        Candidate(f"opencl-{entry.tuning.variant.name}", entry.hashrate_hs, entry.scanner.built.build_s)
        for entry in sorted(entries, key=_hashrate, reverse=True)
    ]
    did_not = [Candidate(f"opencl-{tuning.variant.name}", None, None, str(error)) for tuning, error in failures]
    return (*ran, *did_not)
