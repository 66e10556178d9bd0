"""All devices at once: what each reaches then, held against what it reached alone."""

from __future__ import annotations

import dataclasses
import math
import threading
import time
from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from ...kernels.device import Found
from ..energy.joules.record import missing_record
from ..interrupts import interruptible
from ..progress import Progress
from ..result.measurement import Measurement
from ..result.model import RateTogether, Together
from ..result.printable import printable
from ..run_id import together_run_id
from ..sampling.plan import SHORTEST_S, plan
from ..sampling.stopwatch import Clock
from ..warnings import sentences
from .assignment import Assignment, Work
from .rendezvous import SLICE_S, Rendezvous
from .session import Session

NO_ENERGY = "energy is accounted for where each device was measured alone"
# The devices meet before they warm up, and again before they are sampled.
MEETINGS = 2
# A device that does not come to an end after an interrupt is left behind; its process ends with this one.
JOIN_S = 5.0


def measure_together(
    turns: Sequence[tuple[Found, Work]],
    alone: Sequence[Measurement],
    assignment: Assignment,
    progress: Progress,
    clock: Clock,
) -> Together:
    """Measure at once those devices that could be measured alone, for as long as the longest of them took.

    `turns` tells what `alone` was measured of, all of the same workload. Never raises for a device's fault, nor for an
    interrupt: what was measured until then is kept.
    """
    # All of them take the same time now, whatever was asked for.
    chosen = [
        (one, dataclasses.replace(work, seconds=None), entry)
        for (one, work), entry in zip(turns, alone, strict=True)
        if entry.status == "measured"
    ]
    if len(chosen) < 2:
        able = chosen[0][0].info.id if chosen else "none"
        return _nothing(f"it takes two devices, and of these {able} could be measured alone; see why the others not")
    seconds = max(SHORTEST_S, *(entry.seconds for _, _, entry in chosen))
    rendezvous = Rendezvous(len(chosen))
    shared = dataclasses.replace(
        assignment,
        plan=plan(seconds),
        run_id=together_run_id(assignment.run_id),
        # What was raced a moment ago is not raced again.
        options=dataclasses.replace(assignment.options, retune=False),
        rendezvous=rendezvous,
        ledger=None,
    )
    participants = [_Participant(one, work, shared, clock, rendezvous) for one, work, _ in chosen]
    try:
        interruptible(partial(_attend, participants, rendezvous, seconds, progress))
    except KeyboardInterrupt:
        rendezvous.over.set()
        limit_s = time.monotonic() + JOIN_S
        for participant in participants:
            participant.join(limit_s)
    results = tuple(participant.taken() for participant in participants)
    pairs = zip((entry for _, _, entry in chosen), results, strict=True)
    rates = tuple(rate for rate in (_rate(entry, then) for entry, then in pairs) if rate is not None)
    cores = [one.info.id for one, _, _ in chosen if one.info.on_host_cores]
    return Together(
        seconds=seconds,
        reason=None,
        results=results,
        rates=rates,
        sum_rate=math.fsum(rate.rate for rate in rates) or None,
        unit=results[0].unit if rates else None,
        warnings=(sentences.shared_cores(cores),) if len(cores) > 1 else (),
    )


class _Quiet:
    """The progress of one of many: shows nothing, and ends the measurement when the run is over."""

    def __init__(self, rendezvous: Rendezvous) -> None:
        self._rendezvous = rendezvous

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        self._end_if_over()

    def advance(self, amount: float, rate: float | None) -> None:
        self._end_if_over()

    def done(self) -> None:
        """Nothing."""

    def _end_if_over(self) -> None:
        if self._rendezvous.over.is_set():
            raise KeyboardInterrupt


class _Participant:
    """One device among those measured at once, driven in a thread of its own."""

    def __init__(self, found: Found, work: Work, assignment: Assignment, clock: Clock, rendezvous: Rendezvous) -> None:
        self._found = found
        self._rendezvous = rendezvous
        self._session = Session(found, work, assignment, _Quiet(rendezvous), clock)
        self._result: Measurement | None = None
        self._thread = threading.Thread(target=self._measure, daemon=True)
        self._thread.start()

    @property
    def is_measuring(self) -> bool:
        return self._thread.is_alive()

    def join(self, limit_s: float) -> None:
        self._thread.join(max(0.0, limit_s - time.monotonic()))

    def taken(self) -> Measurement:
        result = self._session.given_up() if self._result is None else self._result
        return replace(result, energy=(missing_record(NO_ENERGY),))

    def _measure(self) -> None:
        try:
            self._result = self._session.measure()
        finally:
            self._rendezvous.leave()


def _attend(participants: Sequence[_Participant], rendezvous: Rendezvous, seconds: float, progress: Progress) -> None:
    """Show progress until all are through."""
    progress.stage("all devices", "getting ready to be measured together", None)
    sampling = False
    while any(participant.is_measuring for participant in participants):
        if not sampling and rendezvous.meetings == MEETINGS:
            sampling = True
            progress.stage("all devices", "sampling together", seconds)
        time.sleep(SLICE_S)
        progress.advance(SLICE_S if sampling else 0.0, None)


def _rate(alone: Measurement, then: Measurement) -> RateTogether | None:
    if alone.rate is None or then.rate is None:
        return None
    return RateTogether(
        machine=then.machine,
        device=then.device.id,
        workload=then.workload,
        rate=then.rate.value,
        ratio_to_alone=then.rate.value / alone.rate.value,
    )


def _nothing(reason: str) -> Together:
    return Together(seconds=None, reason=printable(reason), results=(), rates=(), sum_rate=None, unit=None, warnings=())
