"""All devices at once: what each reaches then, held against what it reached alone."""

from __future__ import annotations

import dataclasses
import math
import threading
import time
from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace

from ..kernels.device import Found
from .energy.joules.record import missing_record
from .interrupts import interruptible
from .progress import Progress
from .rendezvous import SLICE_S, Rendezvous
from .result.model import DeviceResult, RateTogether, Together
from .result.printable import printable
from .sampling.plan import SHORTEST_S, plan
from .sampling.stopwatch import Clock
from .session import Session, Task
from .sha256d.proof import together_run_id
from .warnings import sentences
from .warnings.judge import on_cores

NO_ENERGY = "energy is accounted for where each device was measured alone"
# The devices meet before they warm up, and again before they are sampled.
MEETINGS = 2
# A device that does not come to an end after an interrupt is left behind; its process ends with this one.
JOIN_S = 5.0


def measure_together(
    found: Sequence[Found], alone: Sequence[DeviceResult], task: Task, progress: Progress, clock: Clock
) -> Together:
    """Measure at once those devices that could be measured alone, for as long as the longest of them took.

    Never raises for a device's fault, nor for an interrupt: what was measured until then is kept.
    """
    chosen = [(one, entry) for one, entry in zip(found, alone, strict=True) if entry.status == "measured"]
    if len(chosen) < 2:
        able = chosen[0][1].device.id if chosen else "none"
        return _nothing(f"it takes two devices, and of these {able} could be measured alone; see why the others not")
    seconds = max(SHORTEST_S, *(entry.seconds for _, entry in chosen))
    rendezvous = Rendezvous(len(chosen))
    shared = dataclasses.replace(
        task,
        plan=plan(seconds),
        run_id=together_run_id(task.run_id),
        # What was raced a moment ago is not raced again.
        options=dataclasses.replace(task.options, retune=False),
        rendezvous=rendezvous,
    )
    participants = [_Participant(one, shared, clock, rendezvous) for one, _ in chosen]
    try:
        interruptible(partial(_attend, participants, rendezvous, seconds, progress))
    except KeyboardInterrupt:
        rendezvous.over.set()
        limit_s = time.monotonic() + JOIN_S
        for participant in participants:
            participant.join(limit_s)
    results = tuple(participant.taken() for participant in participants)
    rates = tuple(_rate(entry, then) for (_, entry), then in zip(chosen, results, strict=True))
    cores = [one.info.id for one, _ in chosen if on_cores(one.info)]
    return Together(
        seconds=seconds,
        reason=None,
        devices=results,
        rates=tuple(rate for rate in rates if rate is not None),
        sum_hs=math.fsum(rate.hashrate_hs for rate in rates if rate is not None) or None,
        warnings=(sentences.shared_cores(cores),) if len(cores) > 1 else (),
    )


class _Quiet:
    """The progress of one of many: shows nothing, and ends the measurement when the run is over."""

    def __init__(self, rendezvous: Rendezvous) -> None:
        self._rendezvous = rendezvous

    def stage(self, device: str, text: str, total: float | None) -> None:
        self._end_if_over()

    def advance(self, amount: float, rate_hs: float | None) -> None:
        self._end_if_over()

    def done(self) -> None:
        """Nothing."""

    def _end_if_over(self) -> None:
        if self._rendezvous.over.is_set():
            raise KeyboardInterrupt


class _Participant:
    """One device among those measured at once, driven in a thread of its own."""

    def __init__(self, found: Found, task: Task, clock: Clock, rendezvous: Rendezvous) -> None:
        self._found = found
        self._rendezvous = rendezvous
        self._session = Session(found, task, _Quiet(rendezvous), clock)
        self._result: DeviceResult | None = None
        self._thread = threading.Thread(target=self._measure, daemon=True)
        self._thread.start()

    @property
    def is_measuring(self) -> bool:
        return self._thread.is_alive()

    def join(self, limit_s: float) -> None:
        self._thread.join(max(0.0, limit_s - time.monotonic()))

    def taken(self) -> DeviceResult:
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


def _rate(alone: DeviceResult, then: DeviceResult) -> RateTogether | None:
    if alone.hashrate is None or then.hashrate is None:
        return None
    rate_hs = then.hashrate.value_hs
    return RateTogether(device=then.device.id, hashrate_hs=rate_hs, ratio_to_alone=rate_hs / alone.hashrate.value_hs)


def _nothing(reason: str) -> Together:
    return Together(seconds=None, reason=printable(reason), devices=(), rates=(), sum_hs=None, warnings=())
