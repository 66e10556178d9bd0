"""Why a machine may be unlike its twins: what of it is unlike them, in the order in which it explains most.

A cause is likely, not proven: it is what differs. Where nothing differs, that is said.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from statistics import median
from typing import Any, TypeVar

from ...bench.rates import measured_clock_hz, possible_clock_hz
from ...bench.result.measurement import Measurement
from ..collect.gather import Entry, Group
from ..wording.units import clock_text
from ..wording.visible import visible
from .outliers import PRIOR, Outlier

Told = TypeVar("Told")

MOST_CAUSES = 3
# So many sets of twins are kept with what they told.
MOST_KEPT = 16
# A clock explains a rate where it is off by at least this share of what the rate is off by.
EXPLAINS = 0.5
# Logical CPUs that others kept busy, beyond what they do on the twins, for each CPU of the machine.
BUSY = 0.02
# Degrees above the twins: worth saying beside a low clock.
HOTTER_C = 10.0
GIB = 1 << 30
WORDS = 60
NOTHING_SEEN = "nothing that was recorded is unlike its twins; look at its cooling, its firmware's settings, its power"
# Warnings that are a cause by themselves.
TELLING = {
    "throttling": "it was throttled",
    "quota": "a quota held it back",
    "battery": "it ran on battery",
    "powersave_governor": "its governor saves power",
    "drift": "its rate fell while it ran",
}


def likely_causes(outlier: Outlier) -> tuple[str, ...]:
    """What is unlike its twins, most telling first; of a machine that is faster likewise."""
    mine, others = outlier.group.newest, Others(_twins(outlier.twins), outlier.group)
    found = list(dict.fromkeys(cause for look in LOOKS for cause in look(mine, others, outlier.ratio)))
    return tuple(found[:MOST_CAUSES]) or (NOTHING_SEEN,)


class Others:
    """The twins of one device but itself, and what they tell: read once for all that are unlike the same twins."""

    def __init__(self, twins: _Twins, group: Group) -> None:
        """Nothing is read yet."""
        self._twins = twins
        self._place = next((place for place, twin in enumerate(twins.groups) if twin is group), None)

    def told(self, of: Callable[[Entry], Told]) -> list[Told]:
        """What each of them tells by a function of this module."""
        values = self._twins.told(of)
        return values if self._place is None else values[: self._place] + values[self._place + 1 :]


class _Twins:
    def __init__(self, groups: tuple[Group, ...]) -> None:
        self.groups = groups
        self._known: dict[object, list[Any]] = {}

    def told(self, of: Callable[[Entry], Told]) -> list[Told]:
        values = self._known.get(of)
        if values is None:
            values = self._known[of] = [of(group.newest) for group in self.groups]
        return values


_kept: OrderedDict[int, _Twins] = OrderedDict()


def _twins(groups: tuple[Group, ...]) -> _Twins:
    # They are kept themselves, so that no other ones can come to have their id.
    known = _kept.get(id(groups))
    if known is None:
        known = _kept[id(groups)] = _Twins(groups)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return known


def _throttled(mine: Entry, others: Others, ratio: float) -> Iterator[str]:
    told = [
        f"{visible(reason.reason, WORDS)} in {100 * reason.share:.0f} % of the readings"
        for telemetry in mine.device.telemetry
        for reason in telemetry.throttle
        if reason.share > _usual_share(others, reason.reason) + 0.1
    ]
    if told:
        yield f"throttled: {', '.join(told[:2])}"


def _usual_share(others: Others, reason: str) -> float:
    return median(shares.get(reason, 0.0) for shares in others.told(_throttle_of))


def _throttle_of(entry: Entry) -> dict[str, float]:
    shares: dict[str, float] = {}
    for telemetry in entry.device.telemetry:
        for each in telemetry.throttle:
            shares[each.reason] = shares.get(each.reason, 0.0) + each.share
    return shares


def _warned(mine: Entry, others: Others, ratio: float) -> Iterator[str]:
    for code in _codes(mine):
        codes = others.told(_codes) if code in TELLING else []
        if code in TELLING and sum(code in each for each in codes) * 2 < len(codes):
            yield TELLING[code]


def _codes(entry: Entry) -> tuple[str, ...]:
    return tuple(warning.code for warning in (*entry.warnings, *entry.device.warnings))


def _clock(mine: Entry, others: Others, ratio: float) -> Iterator[str]:
    own, usual = _clock_of(mine), _median(others.told(_clock_of))
    if own is None or usual is None or not usual:
        return
    off, needed = own / usual - 1, ratio - 1
    if off * needed > 0 and abs(off) >= EXPLAINS * abs(needed):
        hot, usually = _heat_of(mine), _median(others.told(_heat_of))
        warm = hot is not None and usually is not None and hot > usually + HOTTER_C and off < 0
        heat = f", at {hot:.0f} °C where they have {usually:.0f} °C: its cooling" if warm else ""
        yield f"its clock: {clock_text(own)}, its twins have {clock_text(usual)}{heat}"


def _clock_of(entry: Entry) -> float | None:
    device = entry.device
    measured = measured_clock_hz(device)
    if measured is not None:
        return measured
    of_samples = [sample.clock_hz for taken in device.rounds for sample in taken.samples]
    for readings in (of_samples, [telemetry.clock_hz for telemetry in device.telemetry]):
        told = [clock for reading in readings if (clock := possible_clock_hz(reading)) is not None]
        if told:
            return median(told)
    return None


def _heat_of(entry: Entry) -> float | None:
    device = entry.device
    told = [s.temperature_c for taken in device.rounds for s in taken.samples if s.temperature_c is not None]
    told += [telemetry.temperature_c for telemetry in device.telemetry if telemetry.temperature_c is not None]
    return max(told) if told else None


def _cpus(mine: Entry, others: Others, ratio: float) -> Iterator[str]:
    own, usual = _cpus_of(mine), _median(others.told(_cpus_of))
    if own is not None and usual is not None and (own - usual) * (ratio - 1) > 0:
        yield f"it may use {own:g} CPUs, its twins {usual:g}"


def _cpus_of(entry: Entry) -> float | None:
    return entry.machine.usable_cpus if entry.machine else None


def _load(mine: Entry, others: Others, ratio: float) -> Iterator[str]:
    if ratio > 1:
        return
    for load, words in ((_other_load, "other programs"), (_stolen_load, "other virtual machines")):
        own, usual = load(mine), _median(others.told(load))
        cpus = (mine.machine.logical_cpus if mine.machine else None) or 1
        if own is not None and usual is not None and own - usual > BUSY * cpus:
            yield f"{words} kept {own:.1f} of its {cpus} CPUs busy"


def _other_load(entry: Entry) -> float | None:
    return _mean(sample.other_load for taken in entry.device.rounds for sample in taken.samples)


def _stolen_load(entry: Entry) -> float | None:
    return _mean(sample.stolen_load for taken in entry.device.rounds for sample in taken.samples)


def _mean(told: Iterable[float | None]) -> float | None:
    known = [load for load in told if load is not None]
    return sum(known) / len(known) if known else None


def _memory(mine: Entry, others: Others, ratio: float) -> Iterator[str]:
    own, usual = _memory_of(mine), _median(others.told(_memory_of))
    by_memory = _binds_memory(mine.device)
    unlike = own is not None and usual is not None and abs(own / usual - 1) > 0.1
    if unlike and own is not None and usual is not None:
        perhaps = "; perhaps with fewer memory channels in use" if by_memory and own < usual else ""
        yield f"it has {own / GIB:.0f} GiB of memory, its twins {usual / GIB:.0f} GiB{perhaps}"
    elif by_memory and ratio < 1:
        own_clock, usual_clock = _clock_of(mine), _median(others.told(_clock_of))
        if own_clock is None or usual_clock is None or own_clock > usual_clock * (1 - PRIOR):
            yield "memory binds this work, and its clock is no lower: a memory channel may be empty, or its memory slow"


def _memory_of(entry: Entry) -> int | None:
    return entry.machine.memory_bytes if entry.machine else None


def _binds_memory(device: Measurement) -> bool:
    return device.unit == "byte" or (device.roof is not None and device.roof.binds == "memory")


def _programs(mine: Entry, others: Others, ratio: float) -> Iterator[str]:
    for what, of in PROGRAMS:
        own, usual = of(mine), _usual(others.told(of))
        if own is not None and usual is not None and own != usual:
            yield f"its {what}: {visible(own, WORDS)}, its twins have {visible(usual, WORDS)}"


def _driver_of(entry: Entry) -> str | None:
    return entry.device.device.driver or None


def _kernel_of(entry: Entry) -> str | None:
    return entry.device.kernel.name if entry.device.kernel else None


def _system_of(entry: Entry) -> str | None:
    return entry.machine.kernel if entry.machine else None


def _governor_of(entry: Entry) -> str | None:
    return entry.machine.governor if entry.machine else None


def _hypervisor_of(entry: Entry) -> str | None:
    return (entry.machine.hypervisor or "none") if entry.machine else None


PROGRAMS: tuple[tuple[str, Callable[[Entry], str | None]], ...] = (
    ("driver", _driver_of),
    ("kernel", _kernel_of),
    ("governor", _governor_of),
    ("hypervisor", _hypervisor_of),
    ("system", _system_of),
)


def _usual(told: Iterable[str | None]) -> str | None:
    """What more than half of them say."""
    answers = list(told)
    common = Counter(answers).most_common(1)
    return common[0][0] if common and common[0][1] * 2 > len(answers) else None


def _median(told: Iterable[float | None]) -> float | None:
    known = [each for each in told if each is not None]
    return median(known) if known else None


LOOKS = (_throttled, _clock, _cpus, _load, _warned, _memory, _programs)
