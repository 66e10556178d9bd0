"""How much work a second: the rules by which a rate follows from rounds, alike for whoever measures and verifies."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from ..kernels.workloads.quantity import per_second
from .result.measurement import Measurement, Rate, Round, Sample
from .result.model import SCHEMA_VERSION
from .rounds.interval import interval_of_samples
from .statistics import CONFIDENCE, median_interval

# Less CPU time than this is too coarsely counted (in ticks of 10 ms) to divide by.
FEWEST_CPU_S = 0.2
# No core that runs this program has a clock beyond these.
SLOWEST_HZ, FASTEST_HZ = 1e6, 1e11


def counted_rounds(entry: Measurement) -> tuple[Round, ...]:
    """The rounds that the rate rests on, in the order in which they were made."""
    return tuple(one for one in entry.rounds if one.counted)


def counted_samples(entry: Measurement) -> tuple[Sample, ...]:
    """The samples that the rate rests on, in the order in which they were taken."""
    return tuple(sample for one in counted_rounds(entry) for sample in one.samples)


def all_samples(entry: Measurement) -> tuple[Sample, ...]:
    """All samples that were taken, those of rounds that do not count among them: what the evidence is about."""
    return tuple(sample for one in entry.rounds for sample in one.samples)


def possible_clock_hz(clock_hz: float | None) -> float | None:
    """A clock as somebody told it, None where it is unknown or none that a core runs at: a file may say anything."""
    return clock_hz if clock_hz is not None and SLOWEST_HZ <= clock_hz <= FASTEST_HZ else None


def measured_clock_hz(entry: Measurement) -> float | None:
    """The cores' clock as the harness measured it, over the rounds that count, each as long as it took; None: unknown.

    It is unknown as soon as one of them does not tell it, or tells what no core runs at.
    """
    rounds = [one for one in counted_rounds(entry) if one.samples]
    clocks = [clock for one in rounds if (clock := possible_clock_hz(one.clock_hz)) is not None]
    if not rounds or len(clocks) < len(rounds):
        return None
    seconds = [math.fsum(sample.seconds for sample in one.samples) for one in rounds]
    return math.fsum(clock * part for clock, part in zip(clocks, seconds, strict=True)) / math.fsum(seconds)


def rate_of_rounds(
    rounds: Sequence[Sequence[Sample]], unit: str, cpus: float | None = None, virtual: bool = False
) -> Rate:
    """The rate of the counted rounds' samples (at least one in each): all work ÷ all time, the interval from rounds.

    `cpus`: the logical CPUs that could be used, None where nobody tells; `virtual`: whether of a virtual machine.
    """
    interval = interval_of_samples(rounds, cpus, virtual)
    rates = [sample.amount / sample.seconds for samples in rounds for sample in samples]
    return Rate(
        value=interval.value,
        low=interval.low,
        high=interval.high,
        confidence=CONFIDENCE,
        median=statistics.median(rates),
        best=max(rates),
        unit=per_second(unit),
        origin="measured",
    )


def rate_of(samples: Sequence[Sample], unit: str, written_as: int = SCHEMA_VERSION) -> Rate:
    """The rate of the samples of one round (at least one) by the rule of a schema version.

    All work ÷ all time; in version 1 it was the median of the samples' rates, with the interval that they gave.
    """
    rate = rate_of_rounds([samples], unit)
    if written_as != 1:
        return rate
    rates = [sample.amount / sample.seconds for sample in samples]
    median = median_interval(rates)
    return Rate(
        value=median.value,
        low=median.low,
        high=median.high,
        confidence=CONFIDENCE,
        median=median.value,
        best=max(rates),
        unit=rate.unit,
        origin="measured",
    )


def stated_rate(entry: Measurement, written_as: int = SCHEMA_VERSION) -> Rate:
    """The rate that follows from a record's counted rounds (at least one sample), by the rule of a schema version."""
    if written_as == 1:
        return rate_of(counted_samples(entry), entry.unit, written_as)
    rounds = [one.samples for one in counted_rounds(entry) if one.samples]
    if entry.settings is None:
        return rate_of_rounds(rounds, entry.unit)
    return rate_of_rounds(rounds, entry.unit, entry.settings.usable_cpus, entry.settings.virtual_machine is True)


def rate_per_cpu_s(samples: Sequence[Sample]) -> float | None:
    """Work for each CPU second of the threads that worked; None where that is unknown, or too little to tell."""
    told = [sample.cpu_s for sample in samples if sample.cpu_s is not None]
    total_s = math.fsum(told)
    if len(told) < len(samples) or total_s < FEWEST_CPU_S:
        return None
    return sum(sample.amount for sample in samples) / total_s
