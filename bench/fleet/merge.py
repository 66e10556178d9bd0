"""Machines' own results, read without believing them, put together as one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from msgspec.structs import replace

from ...kernels.bounded import MOST_WARNINGS
from ...kernels.errors import InputError
from ..fitting import fitted
from ..result.file import decode
from ..result.fleet import FleetRecord, Lost, Member
from ..result.model import SCHEMA_VERSION, Alternated, AlternatedPair, Result, Together
from ..result.warning import WarningRecord
from ..verification.checks import check_result
from ..warnings.fleet import clock_off, shared_hardware
from . import loss
from .leader import Measured
from .loss import LostMachine
from .survey import Host

# A clock this far from the leader's is worth a word; networks set clocks to milliseconds.
CLOCK_OFF_S = 5.0


@dataclass(frozen=True)
class Mine:
    """A machine's own result, which verifies."""

    host: Host
    result: Result
    started_s: float | None
    started_within_s: float | None


@dataclass(frozen=True)
class Frame:
    """What the larger run says of itself: the fields of the one result that are no machine's."""

    run_id: str
    created: str
    hashwatt_version: str
    challenge: str
    note: str | None
    beacon: Any
    trial: bool
    together: bool


def own_result(measured: Measured, frame: Frame) -> Mine:
    """A machine's own result, if it is one of this run, of that machine, and verifies. Raises LostMachine."""
    try:
        result = decode(measured.data, f"the result of {measured.host.name}")
    except InputError as error:
        raise LostMachine(loss.untrue(str(error))) from None
    of_this = (result.run_id, result.challenge, [machine.id for machine in result.machines])
    if of_this != (frame.run_id, frame.challenge, [measured.host.machine]):
        raise LostMachine(loss.untrue("it is not of this run and this machine"))
    verdict, _ = check_result(result)
    fault = next((check.sentence for check in verdict.checks if not check.ok), None)
    if fault is not None:
        raise LostMachine(loss.untrue(fault))
    return Mine(measured.host, result, measured.started_s, measured.started_within_s)


def merged(parts: Sequence[Mine], lost: Sequence[Lost], frame: Frame) -> Result:
    """One result with every machine and device, and who is lost. `parts` has at least one."""
    libraries = _shared_libraries(part.result for part in parts)
    within = [part.started_within_s for part in parts if part.started_within_s is not None]
    boots = Counter(part.host.boot for part in parts)
    fleet = FleetRecord(
        trial=frame.trial,
        together=frame.together,
        spread_s=max(within) if frame.together and within else None,
        members=tuple(_member(part, libraries, boots[part.host.boot] > 1 and not frame.trial) for part in parts),
        lost=tuple(lost),
    )
    return fitted(
        Result(
            schema_version=SCHEMA_VERSION,
            run_id=frame.run_id,
            created=frame.created,
            hashwatt_version=frame.hashwatt_version,
            challenge=frame.challenge,
            note=frame.note,
            machines=tuple(part.result.machines[0] for part in parts),
            libraries=libraries,
            warnings=(),
            results=tuple(chain.from_iterable(part.result.results for part in parts)),
            together=_together([part.result.together for part in parts if part.result.together is not None]),
            alternated=_alternated([part.result for part in parts]),
            beacon=frame.beacon,
            fleet=fleet,
        )
    )


def _member(part: Mine, libraries: dict[str, str], shares_hardware: bool) -> Member:
    host, result = part.host, part.result
    own: list[WarningRecord] = []
    if abs(host.clock_ahead_s) > CLOCK_OFF_S + host.round_trip_s:
        own.append(clock_off(host.clock_ahead_s))
    if shares_hardware:
        own.append(shared_hardware())
    return Member(
        machine=host.machine,
        name=host.name,
        workers=host.workers,
        created=result.created,
        clock_ahead_s=host.clock_ahead_s,
        started_s=part.started_s,
        libraries={name: told for name, told in result.libraries.items() if libraries.get(name) != told},
        warnings=(*own, *result.warnings)[:MOST_WARNINGS],
    )


def _shared_libraries(results: Iterable[Result]) -> dict[str, str]:
    """The version of each library that most machines have, where all have it."""
    told = [result.libraries for result in results]
    names = set.intersection(*(set(one) for one in told))
    return {name: Counter(one[name] for one in told).most_common(1)[0][0] for name in sorted(names)}


def _together(parts: Sequence[Together]) -> Together | None:
    """The devices of each machine at once: rates of one unit, added up over all machines."""
    if not parts:
        return None
    units = {part.unit for part in parts if part.unit is not None}
    rates = tuple(chain.from_iterable(part.rates for part in parts))
    seconds = [part.seconds for part in parts if part.seconds is not None]
    return Together(
        seconds=max(seconds) if seconds else None,
        reason=next((part.reason for part in parts if part.reason is not None), None) if not rates else None,
        results=tuple(chain.from_iterable(part.results for part in parts)),
        rates=rates,
        sum_rate=sum_or_none([rate.rate for rate in rates]) if len(units) == 1 else None,
        unit=next(iter(units)) if len(units) == 1 else None,
        warnings=tuple(dict.fromkeys(chain.from_iterable(part.warnings for part in parts)))[:MOST_WARNINGS],
    )


def sum_or_none(values: Sequence[float]) -> float | None:
    """The sum, None of nothing."""
    return math.fsum(values) or None


def _alternated(results: Sequence[Result]) -> Alternated | None:
    """The pairs of all machines, by their places in the one result."""
    first = next((result.alternated for result in results if result.alternated is not None), None)
    if first is None:
        return None
    pairs: list[AlternatedPair] = []
    before = 0
    for result in results:
        if result.alternated is not None:
            pairs.extend(AlternatedPair(a=before + pair.a, b=before + pair.b) for pair in result.alternated.pairs)
        before += len(result.results)
    return replace(first, pairs=tuple(pairs))
