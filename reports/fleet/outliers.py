"""Which of equal machines is unlike the others: its rate held against the median of its twins.

Twins are devices of one name on processors of one kind with as many cores, in one kind of work. How far twins scatter
is told by the median of their absolute deviations (in logarithms), which nearly half of them could be slow without
moving, together with a prior (a scaled inverse chi-square of PRIOR_FREEDOM degrees of freedom about PRIOR, as between
runs): few twins tell little of how they scatter. LIMITS was found by `python -m tests.simulations.outliers`: with them,
of equal machines that scatter by 0.5, 2 or 5 %, fewer than 5 in a thousand are named by chance, however many there are.

A machine that is restless while its twins are not has a rate that lies far off by chance. So what its own interval
leaves open beyond what its twins' do is added to how twins scatter: where only that lets it pass, nobody can tell.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from statistics import median

from msgspec import Struct

from ...bench.result.measurement import Rate
from ..collect.gather import Group

# Below three nobody can tell which of two is off.
FEWEST_TWINS = 3
# A median of absolute deviations becomes the normal distribution's standard deviation so.
OF_THE_NORMAL = 1.4826
# The prior, as runs of one machine have it, and how many twins' worth of knowledge it is.
PRIOR = 0.02
PRIOR_FREEDOM = 4
# From so many twins on, how many deviations off is no chance.
LIMITS: tuple[tuple[int, float], ...] = (
    (3, 7.8), (4, 6.8), (6, 6.0), (8, 5.4), (10, 4.9), (15, 4.4), (20, 3.9), (30, 3.6), (50, 3.5), (100, 3.1),
)  # fmt: skip
# The interval of 95 % is so many standard deviations wide.
WIDTH = 2 * 1.96
# How much of the variance beyond the twins' is believed: a handful of rounds tells little of how restless a machine is
# (Student's interval of five is 1.42 times as wide as the normal one, 2.0 times in variance).
BELIEVED = 0.5
# So little off is nothing to look into, however sure (in logarithms).
NOTHING = 0.015


class Outlier(Struct, frozen=True, kw_only=True):
    """A device that is slower (`ratio` < 1) or faster than the median of its `twins`, itself among them."""

    group: Group
    ratio: float
    twins: tuple[Group, ...]

    @property
    def is_slow(self) -> bool:
        """Whether it is slower than its twins."""
        return self.ratio < 1

    @property
    def others(self) -> tuple[Group, ...]:
        """The twins but itself."""
        return tuple(twin for twin in self.twins if twin is not self.group)


def twins_of(groups: Iterable[Group]) -> list[tuple[Group, ...]]:
    """Sets of devices that are equal but for the machine that they are on; only of files that hold several machines."""
    alike: dict[Hashable, list[Group]] = {}
    for group in groups:
        if group.key.machine_id and not is_trial(group):
            key = tuple(
                getattr(group.key, name)
                for name in group.key.__struct_fields__
                if name not in ("machine_id", "setting", "pci_address")
            )
            alike.setdefault(key, []).append(group)
    return [tuple(found) for found in alike.values()]


def is_trial(group: Group) -> bool:
    """Whether its machine is one of several workers of a machine."""
    fleet = group.newest.result.fleet
    return fleet is not None and fleet.trial


class Deviation(Struct, frozen=True):
    """How far a rate is off the median of its twins (the logarithm of their ratio).

    `unlike`: that is no chance. `unsure`: it would be none, were its own interval no wider than its twins'.
    """

    off: float
    unlike: bool
    unsure: bool


def outliers(groups: Iterable[Group]) -> list[Outlier]:
    """The devices that are unlike their twins, the slowest first."""
    found = [
        Outlier(group=group, ratio=math.exp(deviation.off), twins=twins)
        for twins in twins_of(groups)
        for group, deviation in zip(twins, deviations_of(twins), strict=True)
        if deviation.unlike
    ]
    return sorted(found, key=lambda outlier: (outlier.ratio, outlier.group.key))


def unsure(groups: Iterable[Group]) -> list[Group]:
    """The devices that are as far off as one that is unlike its twins, but too restless to tell."""
    return [
        group
        for twins in twins_of(groups)
        for group, deviation in zip(twins, deviations_of(twins), strict=True)
        if deviation.unsure
    ]


def deviations_of(twins: Sequence[Group]) -> list[Deviation]:
    """How far each of the twins is off the others."""
    rates = [group.newest.rate for group in twins]
    return deviations([rate.value for rate in rates], [own_scatter(rate) for rate in rates])


def own_scatter(rate: Rate) -> float:
    """The standard deviation (in logarithms) that a rate's own interval leaves open; 0 where it has none."""
    if not rate.low or not rate.high or rate.low <= 0:
        return 0.0
    return max(0.0, math.log(rate.high / rate.low) / WIDTH)


def deviations(rates: Sequence[float], own: Sequence[float] = ()) -> list[Deviation]:
    """How far each rate is off, where `own` is what each leaves open by itself (none given: nothing)."""
    logs = [math.log(rate) for rate in rates]
    middle = median(logs) if logs else 0.0
    if len(rates) < FEWEST_TWINS:
        return [Deviation(each - middle, False, False) for each in logs]
    own = own or [0.0] * len(rates)
    limit, scatter, usual = limit_for(len(rates)), scatter_of(logs, middle), median(own)
    found = []
    for each, leaves in zip(logs, own, strict=True):
        off = each - middle
        restless = math.hypot(scatter, math.sqrt(BELIEVED * max(0.0, leaves**2 - usual**2)))
        far, surely = (abs(off) > max(limit * assumed, NOTHING) for assumed in (scatter, restless))
        found.append(Deviation(off, surely, far and not surely))
    return found


def scatter_of(logs: Sequence[float], middle: float) -> float:
    """The standard deviation of equal machines' rates (in logarithms), by themselves and by the prior."""
    own = OF_THE_NORMAL * median(abs(each - middle) for each in logs)
    return math.sqrt((PRIOR_FREEDOM * PRIOR**2 + len(logs) * own**2) / (PRIOR_FREEDOM + len(logs)))


def limit_for(twins: int) -> float:
    """How many deviations off is no chance, among so many."""
    return LIMITS[max(0, bisect_right([least for least, _ in LIMITS], twins) - 1)][1]
