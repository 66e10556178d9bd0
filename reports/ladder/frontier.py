"""The best so far: which device needed the least energy a hash at each time, and where it passed to another rung."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from .devices import LadderDevice
from .reference import RUNGS, Rung, time_of


class Best(Struct, frozen=True, kw_only=True):
    """The device that was the best from its release on (`date`: a year or a month), until the next one's."""

    date: str
    kind: Rung
    device: str
    j_per_th: float

    @property
    def year(self) -> float:
        """The date as a year with a fraction."""
        return time_of(self.date)


def frontier_of(devices: Iterable[LadderDevice]) -> tuple[Best, ...]:
    """Every counted device that needed less than all released before it; of one date only the best."""
    candidates = [
        Best(date=device.released, kind=device.rung, device=device.name, j_per_th=device.efficiency_j_per_th)
        for device in devices
        if device.counted and device.released is not None and device.efficiency_j_per_th is not None
    ]
    line: list[Best] = []
    for best in sorted(candidates, key=lambda one: (one.year, one.j_per_th, RUNGS.index(one.kind), one.device)):
        if not line or best.j_per_th < line[-1].j_per_th:
            line.append(best)
    return tuple(line)


def handovers(line: Sequence[Best]) -> list[Best]:
    """The first device of the line, and each one that took it over from another rung."""
    return [best for index, best in enumerate(line) if index == 0 or line[index - 1].kind != best.kind]
