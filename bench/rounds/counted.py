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

from msgspec.structs import replace

from ..result.measurement import Round
from .lost import lost_in, working_cpus

# A round is quiet where less is lost than so many CPUs, or than this share of those that worked, whichever is more.
# Background services and the ticks that loads are counted in stay below it.
QUIET_CPUS = 0.1
QUIET_SHARE = 0.02
# Below three rounds there is next to nothing to tell an interval from.
FEWEST_COUNTED = 3


def with_counted(rounds: Sequence[Round]) -> tuple[Round, ...]:
    """The rounds (of at least one sample each), each with whether it counts and why not.

    All count where the work is not the host's: what goes on on its CPUs is then beside the work.
    """
    working = working_cpus([sample for one in rounds for sample in one.samples])
    if working is None:
        return tuple(replace(one, counted=True, left_out=None) for one in rounds)
    lost = [lost_in(one) for one in rounds]
    limit = max(QUIET_CPUS, QUIET_SHARE * working)
    quiet = [one.cpus < limit for one in lost]
    choose = sum(quiet) >= max(FEWEST_COUNTED, math.ceil(len(rounds) / 2))
    return tuple(
        replace(one, counted=not gone, left_out=f"{what.told()} in this round" if gone else None)
        for one, what, gone in zip(rounds, lost, (choose and not is_quiet for is_quiet in quiet), strict=True)
    )
