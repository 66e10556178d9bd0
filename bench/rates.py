"""How much work a second: the rules by which a rate follows from samples, alike for whoever measures and verifies."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from ..kernels.workloads.quantity import per_second
from .result.measurement import Measurement, Rate, Sample
from .statistics import CONFIDENCE, median_interval, ratio_interval

# Less CPU time than this is too coarsely counted (in ticks of 10 ms) to divide by.
FEWEST_CPU_S = 0.2


def counted_samples(entry: Measurement) -> tuple[Sample, ...]:
    """The samples that the rate rests on, in the order in which they were taken."""
    return tuple(sample for one in entry.rounds if one.counted for sample in one.samples)


def rate_of(samples: Sequence[Sample], unit: str, written_as: int = 2) -> Rate:
    """The rate of samples (at least one) by the rule of a schema version.

    All work ÷ all time; in version 1 it was the median of the samples' rates.
    """
    rates = [sample.amount / sample.seconds for sample in samples]
    median = median_interval(rates) if written_as == 1 else None
    interval = median or ratio_interval([sample.amount for sample in samples], [sample.seconds for sample in samples])
    return Rate(
        value=interval.value,
        low=interval.low,
        high=interval.high,
        confidence=CONFIDENCE,
        median=interval.value if median else statistics.median(rates),
        best=max(rates),
        unit=per_second(unit),
        origin="measured",
    )


def rate_per_cpu_s(samples: Sequence[Sample]) -> float | None:
    """Work for each CPU second of the threads that worked; None where that is unknown, or too little to tell."""
    told = [sample.cpu_s for sample in samples if sample.cpu_s is not None]
    total_s = math.fsum(told)
    if len(told) < len(samples) or total_s < FEWEST_CPU_S:
        return None
    return sum(sample.amount for sample in samples) / total_s
