"""Judging the conditions: which warnings the machine and the samples call for."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import psutil

from ...kernels.system.quota import Throttling, cpu_throttling
from ...kernels.system.system_files import is_foreign_root
from ...kernels.system.translation import translator
from ..machine.memory_stalls import MemoryStalls
from ..result.dates import RELEASED, is_date_sure
from ..result.energy import Telemetry
from ..result.from_device import MOST_OF_ROOF
from ..result.machine import Machine
from ..result.measurement import Round
from ..result.warning import WarningRecord
from ..rounds.counted import FEWEST_COUNTED
from ..rounds.interval import interval_of_samples
from ..rounds.lost import lost_in
from ..sampling.plan import FEWEST_SAMPLES, HALF_WIDTH
from ..sampling.sampler import TakenRound, TimedSample
from ..statistics import best_step, trend
from . import sentences
from .levels import two_levels
from .odd_rounds import odd_rounds

DRIFT = 0.02
DRIFT_P = 0.01
FEWEST_FOR_DRIFT = 10
THROTTLED_STEP = -0.05
CLOCK_FALL = -0.03
# Cores that nothing holds back wander by less between rounds.
CLOCK_MOVED = 0.03
WARMER_BY_C = 5.0
# Ticks and background services: below this many CPUs, others do not count.
OTHER_LOAD = 0.1
STOLEN_LOAD = 0.02
# Whatever of these is named says why rounds differ.
EXPLAINING = {"throttling", "drift", "two_levels", "contention", "stolen_time", "quota"}
# The fastest of many short trials counts for a roof: it takes more than a background service to spoil them all.
ROOF_LOAD = 0.25
# An interrupt or a neighbour holds up one or two.
STALLED_PAGES = 0.25


def judge_machine(machine: Machine) -> list[WarningRecord]:
    """What is amiss with the machine as such."""
    warnings = []
    if machine.hypervisor is not None:
        warnings.append(sentences.virtual_machine(machine.hypervisor))
    if machine.container is not None:
        warnings.append(sentences.container(machine.container))
    if machine.on_battery:
        warnings.append(sentences.battery())
    if machine.governor is not None and machine.governor.startswith("powersave"):
        warnings.append(sentences.powersave_governor(machine.governor))
    return warnings


def judge_memory(machine: Machine, stalls: MemoryStalls | None) -> list[WarningRecord]:
    """What is amiss with memory by `stalls` (None: nobody can tell); a bare machine has no host to name."""
    if machine.hypervisor is None or stalls is None or stalls.stood_still < STALLED_PAGES * stalls.pages:
        return []
    return [sentences.memory_stalls(stalls.stood_still, stalls.pages, stalls.median_s)]


def judge_quota(cpus: int, granted: float | None, before: Throttling | None) -> list[WarningRecord]:
    """What is amiss where a control group grants less than `cpus` logical CPUs; `before`: its count before the run."""
    if granted is None or granted >= cpus:
        return []
    now = cpu_throttling()
    during = None if now is None or before is None else now.since(before)
    return [sentences.quota(granted, during)]


def judge_root() -> list[WarningRecord]:
    """The stamp of a run that shows another machine's files."""
    return [sentences.foreign_root()] if is_foreign_root() else []


def judge_translation() -> list[WarningRecord]:
    """What is amiss where this process is translated."""
    by = translator()
    return [] if by is None else [sentences.translated(by)]


def judge_date(created: str) -> list[WarningRecord]:
    """What is amiss with the time of the run (UTC, ISO 8601)."""
    return [] if is_date_sure(created) else [sentences.date_unsure(created[:10], RELEASED)]


def judge_rounds(
    taken: Sequence[TakenRound], rounds: Sequence[Round], cpus: float | None, failed_batches: int
) -> list[WarningRecord]:
    """What the rounds of one device show; `rounds` are the records of those taken, with what counts (at least one).

    `cpus`: the logical CPUs that could be used, None where nobody tells.
    """
    # A device that was left behind may have begun one more round meanwhile.
    pairs = [(one, record) for one, record in zip(taken, rounds, strict=False) if record.counted]
    counted = [sample for one, _ in pairs for sample in one.taken]
    # What a virtual machine adds to the interval no longer run takes away, so it calls for none.
    half_width = interval_of_samples([record.samples for _, record in pairs], cpus).half_width
    clocks = [record.clock_hz for _, record in pairs if record.clock_hz is not None]
    warnings = judge_samples(counted, half_width, failed_batches, _held_back(rounds), clocks)
    warnings.extend(_judge_odd(pairs, {warning.code for warning in warnings}))
    left_out = [one for one in rounds if not one.counted]
    if left_out:
        worst = max(left_out, key=lambda one: lost_in(one).cpus)
        warnings.append(sentences.rounds_left_out(len(left_out), len(rounds), worst.left_out or ""))
    if len(pairs) < FEWEST_COUNTED:
        warnings.append(sentences.few_rounds(len(pairs)))
    return warnings


def _judge_odd(pairs: Sequence[tuple[TakenRound, Round]], named: set[str]) -> list[WarningRecord]:
    """Rounds that lie apart from the others, where nothing else that was named explains it."""
    if named & EXPLAINING:
        return []
    totals = [(sum(s.amount for s in one.samples), math.fsum(s.seconds for s in one.samples)) for _, one in pairs]
    odd = odd_rounds([amount / seconds for amount, seconds in totals])
    if not odd:
        return []
    rate, others = (
        sum(amount for amount, _ in some) / math.fsum(seconds for _, seconds in some)
        for some in ([totals[at] for at in odd], [total for at, total in enumerate(totals) if at not in odd])
    )
    return [sentences.odd_rounds([at + 1 for at in odd], len(totals), rate / others)]


def _held_back(rounds: Sequence[Round]) -> float:
    """The mean number of CPUs that a quota held back in the rounds that count; 0 where it is negligible or unknown."""
    counted = [one for one in rounds if one.counted]
    seconds = math.fsum(sample.seconds for one in counted for sample in one.samples)
    cpus = math.fsum(one.throttled_s or 0.0 for one in counted) / seconds if seconds else 0.0
    return cpus if cpus >= STOLEN_LOAD else 0.0


def judge_samples(
    taken: Sequence[TimedSample],
    half_width: float,
    failed_batches: int,
    held_back: float = 0.0,
    clocks_hz: Sequence[float] = (),
) -> list[WarningRecord]:
    """What the samples of one device show.

    `half_width`: of the interval, relative; `held_back`: the CPUs that a quota kept from it meanwhile; `clocks_hz`:
    what the harness measured as its cores' clock after each round (empty: nobody did).
    """
    warnings = [*_judge_course(taken, clocks_hz), *_judge_levels(taken), *_judge_load(taken, held_back)]
    if len(taken) < FEWEST_SAMPLES:
        warnings.append(sentences.few_samples(len(taken)))
    if half_width > HALF_WIDTH:
        warnings.append(sentences.wide_interval(half_width))
    if clocks_hz:
        warnings.extend(_judge_clocks(clocks_hz))
    elif all(sample.readings.clock_hz is None for sample in taken):
        warnings.append(sentences.clock_unknown())
    if failed_batches:
        warnings.append(sentences.failed_batches(failed_batches))
    return warnings


def judge_told_clock(warnings: Sequence[WarningRecord], telemetry: Sequence[Telemetry]) -> list[WarningRecord]:
    """The warnings of a device whose sensors were asked beside the samples: where one told its clock, it is known."""
    told = [clock for one in telemetry for clock in (one.clock_low_hz, one.clock_high_hz) if clock]
    left = [warning for warning in warnings if not told or warning.code != "clock_unknown"]
    return left if not told or len(left) == len(warnings) else [*left, *_judge_clocks(told)]


def _judge_clocks(clocks_hz: Sequence[float]) -> list[WarningRecord]:
    low_hz, high_hz = min(clocks_hz), max(clocks_hz)
    return [sentences.clock_moved(low_hz, high_hz)] if high_hz > low_hz * (1 + CLOCK_MOVED) else []


def judge_roof(percent: float, other_load: float | None) -> list[WarningRecord]:
    """What is amiss with a measured roof: the share of it that was reached, and who else was busy meanwhile."""
    if percent > MOST_OF_ROOF:
        return [sentences.limit_exceeded(percent)]
    return [sentences.limit_disturbed(other_load)] if other_load is not None and other_load >= ROOF_LOAD else []


def _judge_course(taken: Sequence[TimedSample], clocks_hz: Sequence[float]) -> list[WarningRecord]:
    """Throttling where the rate falls with its cause in sight, or at once and for good; else drift."""
    if len(taken) < FEWEST_FOR_DRIFT:
        return []
    rates = [sample.rate for sample in taken]
    cause = _cause(taken, clocks_hz)
    step = best_step(rates)
    # Where other programs are about, it may be one of them that started: heat is then not the likely cause.
    if step is not None and step.clear and step.relative_change <= THROTTLED_STEP and not _other_load(taken):
        return [sentences.throttling(step.relative_change, cause or "in one step that lasted")]
    course = trend(rates)
    if course.p_value >= DRIFT_P or abs(course.relative_change) < DRIFT:
        return []
    if course.relative_change < 0 and cause:
        return [sentences.throttling(course.relative_change, cause)]
    return [sentences.drift(course.relative_change)]


def _judge_levels(taken: Sequence[TimedSample]) -> list[WarningRecord]:
    """Two levels that the rate goes to and fro between, of which none is the rate, and between which nothing is."""
    levels = two_levels([sample.rate for sample in taken])
    if levels is None:
        return []
    slow_s = math.fsum(sample.sample.seconds for sample in taken if sample.rate <= levels.border)
    share = slow_s / math.fsum(sample.sample.seconds for sample in taken)
    return [sentences.two_levels(levels.low / levels.high, share)]


def _cause(taken: Sequence[TimedSample], clocks_hz: Sequence[float]) -> str:
    """What fell or rose along with the rate, from the first third of the samples or rounds to the last."""
    third = max(1, len(taken) // 3)
    # What was measured tells more than what a system may tell.
    clocks: Sequence[float | None] = clocks_hz or [sample.readings.clock_hz for sample in taken]
    part = max(1, len(clocks) // 3)
    clock_before, clock_after = (_median(some) for some in (clocks[:part], clocks[-part:]))
    if clock_before and clock_after and clock_after / clock_before - 1 <= CLOCK_FALL:
        return f"its clock fell from {clock_before / 1e6:.0f} to {clock_after / 1e6:.0f} MHz"
    cold, warm = (
        _median([sample.readings.temperature_c for sample in part]) for part in (taken[:third], taken[-third:])
    )
    if cold is not None and warm is not None and warm - cold >= WARMER_BY_C:
        return f"its temperature rose from {cold:.0f} to {warm:.0f} °C"
    return ""


def _judge_load(taken: Sequence[TimedSample], held_back: float) -> list[WarningRecord]:
    other_load, stolen_load = _other_load(taken), _stolen_load(taken)
    warnings = []
    if held_back:
        warnings.append(sentences.held_by_quota(held_back))
    # Where a quota holds the work back and CPUs are idle, it is not the other programs that do.
    if other_load and not (held_back and _idle_cpus(taken) > OTHER_LOAD):
        warnings.append(sentences.contention(other_load))
    if stolen_load:
        warnings.append(sentences.stolen_time(stolen_load))
    return warnings


def _other_load(taken: Sequence[TimedSample]) -> float:
    """The mean number of CPUs that others kept busy, 0 where it is negligible or unknown."""
    return _load([sample.readings.other_cpu_s for sample in taken], taken, OTHER_LOAD)


def _stolen_load(taken: Sequence[TimedSample]) -> float:
    return _load([sample.readings.stolen_cpu_s for sample in taken], taken, STOLEN_LOAD)


def _idle_cpus(taken: Sequence[TimedSample]) -> float:
    """How many logical CPUs nobody used, on average."""
    wall_s = math.fsum(sample.readings.wall_s or 0.0 for sample in taken)
    if not wall_s:
        return 0.0
    readings = [sample.readings for sample in taken]
    used_s = math.fsum(
        (one.other_cpu_s or 0.0) + (one.stolen_cpu_s or 0.0) + (one.working_cpu_s or 0.0) for one in readings
    )
    return (psutil.cpu_count() or 1) - used_s / wall_s


def _load(cpu_s: Sequence[float | None], taken: Sequence[TimedSample], negligible: float) -> float:
    wall_s = math.fsum(sample.readings.wall_s or 0.0 for sample in taken)
    load = math.fsum(seconds or 0.0 for seconds in cpu_s) / wall_s if wall_s else 0.0
    return load if load >= negligible else 0.0


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
