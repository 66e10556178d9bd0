"""Why a machine may be unlike its twins: what of it is unlike them, in the order in which it explains most.

A cause is likely, not proven: it is what differs. Where nothing differs, that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median

from ...bench.rates import measured_clock_hz
from ...bench.result.measurement import Measurement
from ..collect.gather import Entry
from ..wording.units import clock_text
from ..wording.visible import visible
from .outliers import PRIOR, Outlier

MOST_CAUSES = 3
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
    mine, others = outlier.group.newest, [twin.newest for twin in outlier.others]
    found = list(dict.fromkeys(cause for look in LOOKS for cause in look(mine, others, outlier.ratio)))
    return tuple(found[:MOST_CAUSES]) or (NOTHING_SEEN,)


def _throttled(mine: Entry, others: Sequence[Entry], ratio: float) -> Iterator[str]:
    told = [
        f"{visible(reason.reason, WORDS)} in {100 * reason.share:.0f} % of the readings"
        for telemetry in mine.device.telemetry
        for reason in telemetry.throttle
        if reason.share > _usual_share(others, reason.reason) + 0.1
    ]
    if told:
        yield f"throttled: {', '.join(told[:2])}"


def _usual_share(others: Sequence[Entry], reason: str) -> float:
    shares = [
        sum(each.share for telemetry in other.device.telemetry for each in telemetry.throttle if each.reason == reason)
        for other in others
    ]
    return median(shares)


def _warned(mine: Entry, others: Sequence[Entry], ratio: float) -> Iterator[str]:
    for code in _codes(mine):
        if code in TELLING and sum(code in _codes(other) for other in others) * 2 < len(others):
            yield TELLING[code]


def _codes(entry: Entry) -> tuple[str, ...]:
    return tuple(warning.code for warning in (*entry.warnings, *entry.device.warnings))


def _clock(mine: Entry, others: Sequence[Entry], ratio: float) -> Iterator[str]:
    own, usual = _clock_of(mine.device), _median(_clock_of(other.device) for other in others)
    if own is None or usual is None or not usual:
        return
    off, needed = own / usual - 1, ratio - 1
    if off * needed > 0 and abs(off) >= EXPLAINS * abs(needed):
        hot, usually = _heat_of(mine), _median(map(_heat_of, others))
        warm = hot is not None and usually is not None and hot > usually + HOTTER_C and off < 0
        heat = f", at {hot:.0f} °C where they have {usually:.0f} °C: its cooling" if warm else ""
        yield f"its clock: {clock_text(own)}, its twins have {clock_text(usual)}{heat}"


def _clock_of(device: Measurement) -> float | None:
    measured = measured_clock_hz(device)
    if measured is not None:
        return measured
    told = [sample.clock_hz for taken in device.rounds for sample in taken.samples if sample.clock_hz is not None]
    told += [telemetry.clock_hz for telemetry in device.telemetry if telemetry.clock_hz is not None] if not told else []
    return median(told) if told else None


def _heat_of(entry: Entry) -> float | None:
    device = entry.device
    told = [s.temperature_c for taken in device.rounds for s in taken.samples if s.temperature_c is not None]
    told += [telemetry.temperature_c for telemetry in device.telemetry if telemetry.temperature_c is not None]
    return max(told) if told else None


def _cpus(mine: Entry, others: Sequence[Entry], ratio: float) -> Iterator[str]:
    own = mine.machine.usable_cpus if mine.machine else None
    usual = _median(other.machine.usable_cpus if other.machine else None for other in others)
    if own is not None and usual is not None and (own - usual) * (ratio - 1) > 0:
        yield f"it may use {own:g} CPUs, its twins {usual:g}"


def _load(mine: Entry, others: Sequence[Entry], ratio: float) -> Iterator[str]:
    if ratio > 1:
        return
    for name, words in (("other_load", "other programs"), ("stolen_load", "other virtual machines")):
        own, usual = _mean_load(mine.device, name), _median(_mean_load(other.device, name) for other in others)
        cpus = (mine.machine.logical_cpus if mine.machine else None) or 1
        if own is not None and usual is not None and own - usual > BUSY * cpus:
            yield f"{words} kept {own:.1f} of its {cpus} CPUs busy"


def _mean_load(device: Measurement, name: str) -> float | None:
    told = [getattr(sample, name) for taken in device.rounds for sample in taken.samples]
    known = [load for load in told if load is not None]
    return sum(known) / len(known) if known else None


def _memory(mine: Entry, others: Sequence[Entry], ratio: float) -> Iterator[str]:
    own = mine.machine.memory_bytes if mine.machine else None
    usual = _median(other.machine.memory_bytes if other.machine else None for other in others)
    by_memory = _binds_memory(mine.device)
    unlike = own is not None and usual is not None and abs(own / usual - 1) > 0.1
    if unlike and own is not None and usual is not None:
        perhaps = "; perhaps with fewer memory channels in use" if by_memory and own < usual else ""
        yield f"it has {own / GIB:.0f} GiB of memory, its twins {usual / GIB:.0f} GiB{perhaps}"
    elif by_memory and ratio < 1:
        own_clock, usual_clock = _clock_of(mine.device), _median(_clock_of(other.device) for other in others)
        if own_clock is None or usual_clock is None or own_clock > usual_clock * (1 - PRIOR):
            yield "memory binds this work, and its clock is no lower: a memory channel may be empty, or its memory slow"


def _binds_memory(device: Measurement) -> bool:
    return device.unit == "byte" or (device.roof is not None and device.roof.binds == "memory")


def _programs(mine: Entry, others: Sequence[Entry], ratio: float) -> Iterator[str]:
    def driver(entry: Entry) -> str | None:
        return entry.device.device.driver or None

    def kernel(entry: Entry) -> str | None:
        return entry.device.kernel.name if entry.device.kernel else None

    def system(entry: Entry) -> str | None:
        return entry.machine.kernel if entry.machine else None

    def governor(entry: Entry) -> str | None:
        return entry.machine.governor if entry.machine else None

    def hypervisor(entry: Entry) -> str | None:
        return (entry.machine.hypervisor or "none") if entry.machine else None

    asked: tuple[tuple[str, Callable[[Entry], str | None]], ...] = (
        ("driver", driver), ("kernel", kernel), ("governor", governor), ("hypervisor", hypervisor), ("system", system),
    )  # fmt: skip
    for what, of in asked:
        own, usual = of(mine), _usual(map(of, others))
        if own is not None and usual is not None and own != usual:
            yield f"its {what}: {visible(own, WORDS)}, its twins have {visible(usual, WORDS)}"


def _usual(told: Iterable[str | None]) -> str | None:
    """What more than half of them say."""
    answers = list(told)
    common = Counter(answers).most_common(1)
    return common[0][0] if common and common[0][1] * 2 > len(answers) else None


def _median(told: Iterable[float | None]) -> float | None:
    known = [each for each in told if each is not None]
    return median(known) if known else None


LOOKS = (_throttled, _clock, _cpus, _load, _warned, _memory, _programs)
