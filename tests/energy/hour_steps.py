"""The steps of the first hour with a meter: what each asks, by the program's own means, and what it finds.

A step returns what it found, or raises `NothingToDo` with the reason why there is nothing to find here.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec

from hashwatt.bench import api
from hashwatt.bench.energy.joules.coverage import attribute
from hashwatt.bench.energy.joules.idle import idle_power
from hashwatt.bench.energy.joules.readings import Point, Window, around
from hashwatt.bench.energy.joules.record import best_figure, energy_record, no_meter_reason
from hashwatt.bench.energy.meter import MeterFound, MeterInfo, MeterMissing
from hashwatt.bench.energy.meters.registry import choose
from hashwatt.bench.energy.sampler import MeterSampler, read_once
from hashwatt.bench.result.energy import Energy
from hashwatt.bench.result.measurement import Measurement
from hashwatt.kernels.device import DeviceInfo
from hashwatt.kernels.errors import HashwattError
from hashwatt.kernels.workloads.quantity import quantity_of

Facts = dict[str, Any]
# As quick as makes sense for any counter; a plug is asked no more often than it likes.
QUICKEST_S = 0.0005
SLOW_METER_S = 0.5
DEVICE = "cpu"


class NothingToDo(HashwattError):
    """The step finds nothing to ask here, and why."""


@dataclass(frozen=True)
class Asked:
    """What is asked: the meters besides those of the machine, how long a measurement lasts, which two kernels."""

    extra: tuple[str, ...]
    seconds: float
    kernels: tuple[str, ...]

    def found(self) -> list[MeterFound]:
        """The meters to read. Raises NothingToDo where there is none, InputError for one that is named wrongly."""
        entries = [*choose(None), *choose(self.extra or ["none"])]
        found = [entry for entry in entries if isinstance(entry, MeterFound)]
        if not found:
            raise NothingToDo(no_meter_reason([entry for entry in entries if isinstance(entry, MeterMissing)]))
        return found

    def ids(self) -> list[str]:
        """The same meters, as `run` wants them named."""
        known = [entry.info.id for entry in choose(None) if isinstance(entry, MeterFound)]
        return [*known, *self.extra]


def meters(asked: Asked) -> Facts:
    """Which meters there are, what each states of itself, and why others are missing."""
    found = asked.found()
    missing = [entry for entry in choose(None) if isinstance(entry, MeterMissing)]
    return {
        "found": [stated(entry.info) for entry in found],
        "missing": [{"id": entry.id, "reason": entry.reason, "remedy": entry.remedy} for entry in missing],
    }


def counter_steps(asked: Asked) -> Facts:
    """How coarse each meter really is, and how old its values: read as quickly as makes sense."""
    return {entry.info.id: steps_of(entry, asked.seconds) for entry in asked.found()}


def sampler_cost(asked: Asked) -> Facts:
    """What reading costs as a run does it: CPU time of the reading threads, all meters at once."""
    facts: Facts = {}
    for info, points, window in sampled(asked.found(), asked.seconds):
        record = energy_record(info, points, window, attribute(info, device()))
        cpu_s = record.meter_cpu_s or 0.0
        facts[info.id] = {
            "window_s": window.seconds,
            "readings": record.samples,
            "gaps": record.gaps,
            "cpu_s": cpu_s,
            "share_of_a_cpu": cpu_s / window.seconds,
        }
    return facts


def idle(asked: Asked) -> Facts:
    """What each meter sees while nothing is asked of the machine."""
    facts: Facts = {}
    for info, points, window in sampled(asked.found(), asked.seconds):
        integral = best_figure(info, around(points, window), [window])[1]
        power = idle_power(integral, window.seconds, "before")
        facts[info.id] = {"reason": integral.reason} if power is None else msgspec.to_builtins(power)
    return facts


def load_steps(asked: Asked) -> Facts:
    """More and more threads, every meter beside the others: what the inner ones see of what the plug does.

    Idleness is a step of its own.
    """
    cpus = device().limits.get("logical_cpus", 1)
    most = cpus if isinstance(cpus, int) else 1
    return {"steps": [{"threads": count, **measured(asked, threads=count, idle_s=0.0)} for count in load_threads(most)]}


def two_kernels(asked: Asked) -> Facts:
    """Joules for the same work by two kernels: the fastest and the next one, or those that were named."""
    named = list(asked.kernels)
    first = measured(asked, kernel=named[0] if named else None)
    others = [name for name in first.pop("raced") if name != first["kernel"]]
    second = named[1] if len(named) > 1 else next(iter(others), None)
    if second is None:
        return {"kernels": [first], "reason": "this processor has one kernel only"}
    other = measured(asked, kernel=second)
    other.pop("raced")
    return {"kernels": [first, other]}


STEPS: dict[str, Callable[[Asked], Facts]] = {
    "meters": meters,
    "counter steps": counter_steps,
    "sampler cost": sampler_cost,
    "idle": idle,
    "load steps": load_steps,
    "two kernels": two_kernels,
}


def device() -> DeviceInfo:
    """The processor: what is loaded here."""
    return next(entry.info for entry in api.devices() if not hasattr(entry, "reason") and entry.info.id == DEVICE)


def stated(info: MeterInfo) -> Facts:
    """What a meter says of itself."""
    return {
        "id": info.id,
        "name": info.name,
        "scope": info.scope,
        "subject": info.coverage.subject,
        "covers_the_processor": attribute(info, device()).covers,
        "counters": [{"name": counter.name, "step_j": counter.step_j} for counter in info.counters],
        "power_step_w": info.power_step_w,
        "update_s": info.update_s,
        "interval_s": info.interval_s,
        "bound_source": info.bound_source,
    }


def sampled(found: Sequence[MeterFound], seconds: float) -> list[tuple[MeterInfo, list[Point], Window]]:
    """Every meter's readings over so long, as a run takes them."""
    with MeterSampler(found) as sampler:
        window = sampler.window(seconds)
        return [(info, sampler.points(info.id), window) for info in sampler.meters]


def steps_of(entry: MeterFound, seconds: float) -> Facts:
    """How a meter's values move when it is read as quickly as makes sense."""
    pause_s = QUICKEST_S if entry.info.interval_s < SLOW_METER_S else entry.info.interval_s
    meter = entry.open()
    points: list[Point] = []
    try:
        limit_s = time.perf_counter() + seconds
        while time.perf_counter() < limit_s:
            points.append(read_once(meter, time.perf_counter, pause_s))
            time.sleep(pause_s)
    finally:
        meter.close()
    good = [point for point in points if point.reading is not None]
    facts: Facts = {
        "readings": len(points),
        "failed": len(points) - len(good),
        "reading_takes_s": statistics.median(point.after_s - point.before_s for point in points),
        "reading_costs_cpu_s": statistics.median(point.cpu_s for point in points),
        "counters": [
            {
                "name": counter.name,
                "stated_step_j": counter.step_j,
                "stated_update_s": entry.info.update_s if counter.update_s is None else counter.update_s,
                **movement([(point.at_s, counted(point, index)) for point in good]),
            }
            for index, counter in enumerate(entry.info.counters)
        ],
    }
    if entry.info.power_step_w is not None:
        facts["watts"] = {
            "stated_step_w": entry.info.power_step_w,
            "stated_update_s": entry.info.update_s,
            **movement([(point.at_s, point.reading.power_w if point.reading else None) for point in good]),
        }
    return facts


def counted(point: Point, index: int) -> float | None:
    """One counter's joules in a reading."""
    counts = () if point.reading is None else point.reading.counters_j
    return counts[index] if index < len(counts) else None


def movement(values: Sequence[tuple[float, float | None]]) -> Facts:
    """By how much values change, and how often: the smallest change, and the median time between two."""
    known = [(at_s, value) for at_s, value in values if value is not None]
    changes = [(later[0], abs(later[1] - earlier[1])) for earlier, later in pairwise(known) if later[1] != earlier[1]]
    apart = [later[0] - earlier[0] for earlier, later in pairwise(changes)]
    return {
        "changes": len(changes),
        "smallest_change": min((change for _, change in changes), default=None),
        "median_change": statistics.median(change for _, change in changes) if changes else None,
        "median_s_between_changes": statistics.median(apart) if apart else None,
        "longest_s_between_changes": max(apart, default=None),
    }


def load_threads(most: int) -> list[int]:
    """One thread, half of them, all."""
    return sorted({1, max(1, most // 2), max(1, most)})


def measured(
    asked: Asked, *, threads: int | None = None, kernel: str | None = None, idle_s: float | None = None
) -> Facts:
    """What a run of the processor gives: its rate, and of each meter watts and joules for work with their bounds."""
    run = api.run([DEVICE], seconds=asked.seconds, threads=threads, kernel=kernel, meters=asked.ids(), idle_s=idle_s)
    (entry,) = run.results
    return {
        "run_id": run.run_id,
        "status": entry.status,
        "reason": entry.reason,
        "kernel": entry.kernel.name if entry.kernel else None,
        "raced": [one.name for one in entry.kernel.candidates if one.rate_per_s] if entry.kernel else [],
        "rate_per_s": entry.rate.value if entry.rate else None,
        "amount": entry.amount,
        "seconds": entry.seconds,
        "meters": {record.meter or "none": energy_facts(record, entry) for record in entry.energy},
        "warnings": [warning.code for warning in (*run.warnings, *entry.warnings)],
    }


def energy_facts(record: Energy, entry: Measurement) -> Facts:
    """One meter's record in short: nothing is reckoned here but the unit that people read."""
    quantity = quantity_of(entry.unit)
    figure = record.efficiency.j_per_unit if record.efficiency else None
    power_w = record.gross_j / record.window_s if record.gross_j is not None and record.window_s else None
    return {
        "scope": record.scope,
        "covers": record.covers,
        "method": record.method,
        "power_w": power_w,
        "gross_j": record.gross_j,
        "low_j": record.low_j,
        "high_j": record.high_j,
        "window_s": record.window_s,
        "energy_unit": quantity.energy_unit,
        "energy": None
        if figure is None
        else {
            name: None if (value := getattr(figure, name)) is None else value * quantity.energy_amount
            for name in ("low", "value", "high")
        },
        "reason": record.reason,
    }
