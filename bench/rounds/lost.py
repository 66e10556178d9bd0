"""What the work did not get of the CPUs, as the system counts it, apart from any rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..result.measurement import Round, Sample

# Where so large a part of the CPUs that could be used is idle, what others have of them is not missed.
IDLE_PART = 0.1
# So many CPUs of load are seen where there is none: counters tick, and what comes out below 0 is kept as 0.
NOISE_CPUS = 0.05


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


def lost_share(samples: Sequence[Sample], cpus: float | None) -> float:
    """Of the CPUs that the work wanted, the share that other programs and other machines had; 0 where nobody tells.

    `cpus`: the logical CPUs that could be used. Where some of them were idle, nothing was taken away.
    """
    working = working_cpus(samples)
    if working is None or cpus is None:
        return 0.0
    seconds = math.fsum(one.seconds for one in samples)
    lost = math.fsum(((one.other_load or 0.0) + (one.stolen_load or 0.0)) * one.seconds for one in samples) / seconds
    surely = max(0.0, lost - NOISE_CPUS)
    return surely / (surely + working) if surely and lost + working >= (1 - IDLE_PART) * cpus else 0.0


def working_cpus(samples: Sequence[Sample]) -> float | None:
    """The mean number of CPUs that the work itself kept busy; None where it is not the host's, or not to be told."""
    told = [sample.cpu_s for sample in samples if sample.cpu_s is not None]
    if not samples or len(told) < len(samples):
        return None
    return math.fsum(told) / math.fsum(sample.seconds for sample in samples)
