"""How long to measure, decided before anything runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ...kernels.errors import InputError

DEFAULT_SECONDS = 10.0
SHORTEST_S = 0.5
LONGEST_S = 86_400.0
BATCH_S = 0.25
SHORTEST_BATCH_S = 0.05
FEWEST_SAMPLES = 10
# With fewer there is no rate; a device that takes longer for so many than it was given gets the time.
FEWEST_SAMPLES_TO_KEEP = 3
# Sampling does not end before this time even if the interval is narrow: clocks need it to show their drift.
SHORTEST_SAMPLING_S = 3.0
MOST_SAMPLES = 2000
HALF_WIDTH = 0.01
LONGEST_WARMUP_S = 3.0

# Rounds: half an interval is the rounds' spread times 1.59 where there are four, 1.24 for five, 1.05 for six, 0.64 for
# twelve, 0.26 for sixty. So there are five at least, and about one for every 0.8 s, which is three samples. Twelve are
# enough up to a minute; beyond that one every five seconds costs next to nothing, and tells slow changes from quick
# ones.
ROUND_S = 0.8
FEWEST_ROUNDS = 5
ROUNDS_OF_A_MINUTE = 12
LONG_ROUND_S = 5.0
MOST_ROUNDS = 60
# A round shorter than so many times the age of a meter's values has joules with wide bounds, which the rounds add up.
METER_UPDATES_A_ROUND = 20.0
# A device that was up to speed a moment ago is so again soon: a card's clocks take some tenths of a second.
LONGEST_WARMUP_AGAIN_S = 1.0
SHORTEST_WARMUP_AGAIN_S = 0.05
# Nor does one need longer that did other work just before; the host's cores raise their clocks within thousandths, and
# the batches by which their size was found ran a moment ago, so one of them is enough.
LONGEST_WARMUP_IF_WARM_S, LONGEST_IF_WARM_HERE_S = 0.5, 0.05


@dataclass(frozen=True)
class Plan:
    """Times in seconds; `until_narrow`: sampling may stop once the interval is narrow enough.

    `seconds` of samples are shared out among `rounds`, each but the first after a warm-up of `warmup_again_s` at most.
    """

    seconds: float
    until_narrow: bool
    batch_s: float
    batches_per_sample: int
    warmup_s: float
    rounds: int
    warmup_again_s: float

    @property
    def round_s(self) -> float:
        """The time of a round's samples."""
        return self.seconds / self.rounds

    def of_a_warm_device(self, on_host_cores: bool) -> Plan:
        """The same for a device that did other work a moment ago: its warm-up is shorter than its samples."""
        longest_s = LONGEST_IF_WARM_HERE_S if on_host_cores else LONGEST_WARMUP_IF_WARM_S
        return replace(self, warmup_s=min(self.warmup_s, longest_s, self.seconds / 2))

    @property
    def expected_s(self) -> float:
        """How long sampling will probably take: a run that may stop early stops half-way, as a rule of thumb."""
        return self.seconds / 2 if self.until_narrow else self.seconds


def plan(seconds: float | None, meter_update_s: float = 0.0) -> Plan:
    """The plan for `seconds` of sampling, taken fully, or for 10 s at most by default. Raises InputError.

    `meter_update_s`: how old the values of the slowest energy meter that is worth it may be.
    """
    if seconds is None:
        rounds = rounds_of(DEFAULT_SECONDS, meter_update_s)
        return Plan(DEFAULT_SECONDS, True, BATCH_S, 1, LONGEST_WARMUP_S, rounds, _again_s(DEFAULT_SECONDS, rounds))
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise InputError(f"sampling takes {SHORTEST_S} s to {LONGEST_S:.0f} s per device, not {seconds:g}; try 10")
    # Short runs take shorter batches, to have samples enough; long ones put several into a sample.
    batch_s = min(BATCH_S, max(SHORTEST_BATCH_S, seconds / 20))
    batches_per_sample = max(1, math.ceil(seconds / (BATCH_S * MOST_SAMPLES)))
    warmup_s = min(LONGEST_WARMUP_S, max(1.0, seconds / 2))
    rounds = rounds_of(seconds, meter_update_s)
    return Plan(seconds, False, batch_s, batches_per_sample, warmup_s, rounds, _again_s(seconds, rounds))


def rounds_of(seconds: float, meter_update_s: float = 0.0) -> int:
    """Into how many rounds so many seconds of samples are shared out."""
    longest = seconds / max(ROUND_S, METER_UPDATES_A_ROUND * meter_update_s)
    most = max(ROUNDS_OF_A_MINUTE, min(MOST_ROUNDS, int(seconds / LONG_ROUND_S)))
    return max(FEWEST_ROUNDS, min(most, round(longest)))


def _again_s(seconds: float, rounds: int) -> float:
    return max(SHORTEST_WARMUP_AGAIN_S, min(LONGEST_WARMUP_AGAIN_S, seconds / rounds / 2))
