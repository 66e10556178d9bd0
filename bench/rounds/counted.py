"""Which rounds of a run count: all of them, but for those in which others took the machine, told apart from the rate.

A round is never left out for its rate: whoever drops slow rounds measures a machine that nobody has. What decides is
what the system itself counts beside the rate: the CPUs that other programs kept busy, that the hypervisor gave to other
machines, and that a quota held back. Where half of the rounds were quiet by that, and three at least, the others do not
count. Else all do, and the figure stands with a warning: where others are about most of the time there is no quiet rate
to be told, and leaving out the busiest rounds would choose the fastest ones (simulated: of a machine that is always
shared, such intervals hold the truth in 70 % of runs).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from ..result.measurement import Round

# A round is quiet where less is lost than so many CPUs, or than this share of those that worked, whichever is more.
# Background services and the ticks that loads are counted in stay below it.
QUIET_CPUS = 0.1
QUIET_SHARE = 0.02
# Below three rounds there is next to nothing to tell an interval from.
FEWEST_COUNTED = 3


@dataclass(frozen=True)
class Lost:
    """The mean number of CPUs that were not to be had in a round, by who had them; 0 also where nobody tells."""

    others: float
    stolen: float
    quota: float

    @property
    def cpus(self) -> float:
        """All together."""
        return self.others + self.stolen + self.quota

    def told(self) -> str:
        """What took the most of it, with its size."""
        most = max(self.others, self.stolen, self.quota)
        if most == self.quota:
            return f"a quota held back {self.quota:.2g} CPUs"
        who = "other programs kept" if most == self.others else "the hypervisor gave other machines"
        return f"{who} {most:.2g} CPUs{' busy' if most == self.others else ''}"


def lost_in(one: Round) -> Lost:
    """What was lost in a round (of at least one sample), from what its samples and the quota's counter tell."""
    seconds = math.fsum(sample.seconds for sample in one.samples)
    return Lost(
        others=math.fsum((sample.other_load or 0.0) * sample.seconds for sample in one.samples) / seconds,
        stolen=math.fsum((sample.stolen_load or 0.0) * sample.seconds for sample in one.samples) / seconds,
        quota=(one.throttled_s or 0.0) / seconds,
    )


def with_counted(rounds: Sequence[Round]) -> tuple[Round, ...]:
    """The rounds (of at least one sample each), each with whether it counts and why not.

    All count where the work is not the host's: what goes on on its CPUs is then beside the work.
    """
    working_cpus = _working_cpus(rounds)
    if working_cpus is None:
        return tuple(replace(one, counted=True, left_out=None) for one in rounds)
    lost = [lost_in(one) for one in rounds]
    limit = max(QUIET_CPUS, QUIET_SHARE * working_cpus)
    quiet = [one.cpus < limit for one in lost]
    choose = sum(quiet) >= max(FEWEST_COUNTED, math.ceil(len(rounds) / 2))
    return tuple(
        replace(one, counted=not gone, left_out=f"{what.told()} in this round" if gone else None)
        for one, what, gone in zip(rounds, lost, (choose and not is_quiet for is_quiet in quiet), strict=True)
    )


def _working_cpus(rounds: Sequence[Round]) -> float | None:
    """The mean number of CPUs that the work itself kept busy; None where it is not the host's, or not to be told."""
    samples = [sample for one in rounds for sample in one.samples]
    told = [sample.cpu_s for sample in samples if sample.cpu_s is not None]
    if not samples or len(told) < len(samples):
        return None
    return math.fsum(told) / math.fsum(sample.seconds for sample in samples)
