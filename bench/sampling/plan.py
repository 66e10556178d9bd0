"""How long to measure, decided before anything runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...kernels.errors import InputError

DEFAULT_SECONDS = 10.0
SHORTEST_S = 0.5
LONGEST_S = 86_400.0
BATCH_S = 0.25
SHORTEST_BATCH_S = 0.05
FEWEST_SAMPLES = 10
# Sampling does not end before this time even if the interval is narrow: clocks need it to show their drift.
SHORTEST_SAMPLING_S = 3.0
MOST_SAMPLES = 2000
HALF_WIDTH = 0.01
LONGEST_WARMUP_S = 3.0


@dataclass(frozen=True)
class Plan:
    """Times in seconds; `until_narrow`: sampling may stop once the interval is narrow enough."""

    seconds: float
    until_narrow: bool
    batch_s: float
    batches_per_sample: int
    warmup_s: float

    @property
    def expected_s(self) -> float:
        """How long sampling will probably take: a run that may stop early stops half-way, as a rule of thumb."""
        return self.seconds / 2 if self.until_narrow else self.seconds


def plan(seconds: float | None) -> Plan:
    """The plan for `seconds` of sampling, taken fully, or for 10 s at most by default. Raises InputError."""
    if seconds is None:
        return Plan(DEFAULT_SECONDS, True, BATCH_S, 1, LONGEST_WARMUP_S)
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise InputError(f"sampling takes {SHORTEST_S} s to {LONGEST_S:.0f} s per device, not {seconds:g}; try 10")
    # Short runs take shorter batches, to have samples enough; long ones put several into a sample.
    batch_s = min(BATCH_S, max(SHORTEST_BATCH_S, seconds / 20))
    batches_per_sample = max(1, math.ceil(seconds / (BATCH_S * MOST_SAMPLES)))
    return Plan(seconds, False, batch_s, batches_per_sample, min(LONGEST_WARMUP_S, max(1.0, seconds / 2)))
