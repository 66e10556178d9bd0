"""The race for a device's fastest kernel: a few seconds, once, and then remembered (see `cache`).

It is not over while likelier kernels wait than the best so far: on a busy machine each may take seconds to build. It
goes on with them for longer then, and so does the next race where that was too short, too.

A launch is timed by the host's clock and by the device's own events, and the longer of the two
counts: a runtime whose events claim a nanosecond must not win. Every entry is checked against
hashlib before it is timed; entries take turns, so that a change of the machine's clock meets all of
them; the fastest launch of each counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from ...device import NO_MORE_TIME, STARVED, Candidate, DeviceOptions
from ...errors import DeviceError, WrongResult
from ..scanner import Scanner
from ..setting import Tuning
from .candidates import race_entries, refinements, within

# Seconds of racing after the first kernel is built; the entries that are not built by then do not start.
BUDGET_S = 6.0
# The same while a kernel is left that should be faster than all that run.
PATIENT_BUDGET_S = 18.0
# Of that, what is kept for timing.
TIMING_S = 2.0
# A launch to time: long against its overhead, short against a display's patience.
LAUNCH_S = 0.02
ROUNDS = 12
# An entry this much slower than the fastest is not timed again after some rounds: on a busy machine a launch may take
# ten times as long as it should.
HOPELESS = 0.4
ROUNDS_FOR_ALL = 4
IMPOSSIBLE_TARGET = 1
NONCES_TO_WARM_UP = 1 << 14
MOST_NONCES = 1 << 28

MakeScanner = Callable[[Tuning], Scanner]
# Entered while a kernel is built or launched, which may end or hang the process.
Trying = Callable[[Tuning], AbstractContextManager[None]]
UNTRIED = "not tried: others that ended or hung their process had used up the time"
NOT_YET = "not tried yet: the race had no more time"
# Reasons that tell nothing of the kernel end so.
NOTHING_KNOWN = (UNTRIED, NOT_YET, NO_MORE_TIME, STARVED)


@dataclass(frozen=True)
class Outcome:
    """The tuning that won and its rate, and the race. No rate and no race where nothing was raced.

    `runners_up` are the others that ran, fastest first. `likelier`: the kernels that nobody has tried (for long enough)
    and that should be faster.
    """

    tuning: Tuning
    hashrate_hs: float | None = None
    candidates: tuple[Candidate, ...] = ()
    runners_up: tuple[Tuning, ...] = ()
    likelier: tuple[str, ...] = ()

    @property
    def failures(self) -> dict[str, str]:
        """The kernels that do not work, and why; not those that nobody has tried, or not for long enough."""
        reasons = {candidate.name: candidate.reason for candidate in self.candidates if candidate.reason is not None}
        return {name: reason for name, reason in reasons.items() if not reason.endswith(NOTHING_KNOWN)}

    def without(self, failures: Mapping[str, str]) -> Outcome | None:
        """The outcome among those that are not in `failures` (a name and the reason); None where none is left."""
        left = [tuning for tuning in (self.tuning, *self.runners_up) if tuning.name not in failures]
        if not left:
            return None
        kept = [candidate for candidate in self.candidates if candidate.name not in failures]
        rates = {candidate.name: candidate.hashrate_hs for candidate in kept}
        failed = [Candidate(name, None, None, reason) for name, reason in failures.items()]
        rate = self.hashrate_hs if left[0] == self.tuning else rates.get(left[0].name)
        likelier = tuple(name for name in self.likelier if name not in failures)
        return Outcome(left[0], rate, (*kept, *failed), tuple(left[1:]), likelier)


@dataclass
class _Entry:
    tuning: Tuning
    scanner: Scanner
    hashrate_hs: float = 0.0


class Race:
    """One race. `make` compiles a tuning, checks it and gives its scanner, or raises DeviceError.

    `options` tell which are not to be tried. `first_only`: it is over as soon as one works. `earlier`: the race that
    this one continues, where that had no time for likelier kernels.
    """

    def __init__(
        self,
        make: MakeScanner,
        trying: Trying,
        options: DeviceOptions,
        first_only: bool = False,
        earlier: Outcome | None = None,
        backend: str = "opencl",
    ) -> None:
        """A race that has not begun."""
        self._make = make
        self._trying = trying
        self._avoid = options.avoid
        self._only = options.only
        self._first_only = first_only
        self._earlier = earlier
        self._backend = backend
        self._native_width = 1
        # What became of those that do not run.
        self.failures: dict[str, str] = {}
        self.first_error: DeviceError | None = None

    def run(self, kind: str, native_width: int, largest_group: int) -> Outcome | None:
        """Race the variants, then the ways to deal out the winner's work; None where none runs (see `failures`)."""
        # Where a native width says nothing of the kernels' chances, none is likelier than another.
        self._native_width = native_width if kind == "cpu" else 1
        tunings = [within(one, largest_group) for one in race_entries(kind, native_width, self._backend)]
        entries = self._built_in_time(self._in_order(tunings))
        self._take_turns(entries)
        if not entries:
            return None
        winner = max(entries, key=_hashrate)
        others_to_try = [] if self._first_only else refinements(winner.tuning, kind, largest_group)
        dealt = [self._entry(tuning) for tuning in others_to_try]
        finalists = [winner, *(entry for entry in dealt if entry is not None)]
        self._take_turns(finalists)
        entries = [entry for entry in entries if entry.tuning.name not in self.failures]
        best = max((*entries, *finalists), key=_hashrate, default=None)
        if best is None:
            return None
        others = (entry.tuning for entry in sorted(entries, key=_hashrate, reverse=True) if entry is not best)
        return Outcome(
            best.tuning,
            best.hashrate_hs,
            self._table(entries),
            tuple(others),
            self._likelier(best.tuning.variant.width),
        )

    def _in_order(self, tunings: list[Tuning]) -> list[Tuning]:
        """What won the earlier race, then what that had no time for, then the rest."""
        if self._earlier is None:
            return tunings
        winner = replace(self._earlier.tuning, refined=False)
        known = [tuning for tuning in tunings if tuning.variant == winner.variant]
        left = [tuning for tuning in tunings if tuning.name in self._earlier.likelier]
        return list(dict.fromkeys((*known, *left, *tunings)))

    def _built_in_time(self, tunings: Sequence[Tuning]) -> list[_Entry]:
        started: float | None = None
        # A kernel that was built before is in the runtime's cache, and says nothing of those that were not. The first
        # one bears the runtime's start, and so does only until there is another.
        first_build_s = 0.0
        slowest_build_s = max((one.compile_s or 0.0 for one in self._known()), default=0.0)
        entries: list[_Entry] = []
        for tuning in tunings:
            build_started = time.perf_counter()
            if tuning.name not in self._avoid and started is not None:
                spent_s = build_started - started
                if self._is_over(tuning, entries, spent_s, slowest_build_s or first_build_s):
                    self.failures[tuning.name] = NOT_YET
                    continue
            entry = self._entry(tuning)
            if entry is None:
                # One that does not compile says nothing of how long those take that do.
                continue
            entries.append(entry)
            now = time.perf_counter()
            if started is None:
                started, first_build_s = now, now - build_started
            else:
                slowest_build_s = max(slowest_build_s, now - build_started)
        # Those that ended a process before do not run, whether their turn would have come or not.
        self.failures = {**self._avoid, **self.failures}
        return entries

    def _is_over(self, tuning: Tuning, entries: list[_Entry], spent_s: float, build_s: float) -> bool:
        """Whether the kernel is not to be built any more, `spent_s` after the first that works."""
        widest = max(entry.tuning.variant.width for entry in entries)
        budget_s = PATIENT_BUDGET_S if widest < tuning.variant.width <= self._native_width else BUDGET_S
        return self._first_only or spent_s + build_s > budget_s - TIMING_S

    def _likelier(self, width: int) -> tuple[str, ...]:
        """The kernels of which nothing is known and that use more of the device's lanes than the winner."""
        widths = {tuning.name: tuning.variant.width for tuning in race_entries("cpu", self._native_width)}
        return tuple(
            name
            for name, reason in self.failures.items()
            if reason.endswith(NOTHING_KNOWN) and width < widths.get(name, 0) <= self._native_width
        )

    def _known(self) -> tuple[Candidate, ...]:
        return () if self._earlier is None else self._earlier.candidates

    def _entry(self, tuning: Tuning) -> _Entry | None:
        if tuning.name in self._avoid:
            return None
        if self._only is not None and tuning.name not in self._only:
            if not tuning.refined:
                self.failures[tuning.name] = UNTRIED
            return None
        try:
            with self._trying(tuning):
                return _warmed_up(_Entry(tuning, self._make(tuning)))
        except DeviceError as error:
            self._failed(tuning, error)
            return None

    def _take_turns(self, entries: list[_Entry]) -> None:
        for turn in range(ROUNDS):
            fastest = max(map(_hashrate, entries), default=0.0)
            for entry in list(entries):
                if turn >= ROUNDS_FOR_ALL and entry.hashrate_hs < HOPELESS * fastest:
                    continue
                nonces = max(int(entry.hashrate_hs * LAUNCH_S), 1)
                try:
                    with self._trying(entry.tuning):
                        entry.hashrate_hs = max(entry.hashrate_hs, nonces / _seconds(entry, nonces))
                except DeviceError as error:
                    self._failed(entry.tuning, error)
                    entries.remove(entry)

    def _failed(self, tuning: Tuning, error: DeviceError) -> None:
        self.failures[tuning.name] = reason_of(error)
        self.first_error = self.first_error or error

    def _table(self, entries: list[_Entry]) -> tuple[Candidate, ...]:
        # A binary from the runtime's cache is loaded, not built.
        built_s = {one.name: one.compile_s or 0.0 for one in self._known()}
        ran = [
            Candidate(
                entry.tuning.name,
                entry.hashrate_hs,
                max(entry.scanner.built.build_s, built_s.get(entry.tuning.name, 0.0)),
            )
            for entry in sorted(entries, key=_hashrate, reverse=True)
        ]
        return (*ran, *(Candidate(name, None, None, reason) for name, reason in self.failures.items()))


def reason_of(error: DeviceError) -> str:
    """What a table of candidates says of one that failed."""
    return f"answers wrongly: {error}" if isinstance(error, WrongResult) else str(error)


def _warmed_up(entry: _Entry) -> _Entry:
    # Runtimes compile again for the size of a launch; and this tells how many nonces LAUNCH_S takes.
    nonces = NONCES_TO_WARM_UP
    while True:
        entry.hashrate_hs = max(entry.hashrate_hs, nonces / _seconds(entry, nonces))
        if nonces >= MOST_NONCES or nonces / entry.hashrate_hs > LAUNCH_S / 4:
            return entry
        nonces *= 4


def _seconds(entry: _Entry, nonces: int) -> float:
    answer = entry.scanner.launch_once(range(min(nonces, MOST_NONCES)), IMPOSSIBLE_TARGET)
    return max(answer.host_s, answer.event_s)


def _hashrate(entry: _Entry) -> float:
    return entry.hashrate_hs
