"""How much CPU time this process is granted: the quotas of its control groups, versions 1 and 2, nested ones too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .control_groups import CPU_GROUPS, group_folders
from .system_files import count_in, counts_by_name, text_or_none


@dataclass(frozen=True)
class Throttling:
    """How often the group with the least quota was held back since it began: `throttled` of `periods` periods."""

    periods: int
    throttled: int

    def since(self, earlier: Throttling) -> Throttling:
        """What has been added since then; nothing where the counters ran backwards."""
        return Throttling(max(0, self.periods - earlier.periods), max(0, self.throttled - earlier.throttled))


def cpu_quota(root: Path = Path("/")) -> float | None:
    """CPUs' worth of time that the control groups grant; None for no limit, or where the system does not tell."""
    return min((quota for folder in _folders(root) if (quota := quota_of(folder)) is not None), default=None)


def cpu_throttling(root: Path = Path("/")) -> Throttling | None:
    """How often the group that grants the least was held back; None without a quota, or where nothing counts it."""
    limited = [(quota, folder) for folder in _folders(root) if (quota := quota_of(folder)) is not None]
    if not limited:
        return None
    _, folder = min(limited, key=lambda pair: pair[0])
    counts = counts_by_name(text_or_none(folder / "cpu.stat") or "")
    periods, throttled = counts.get("nr_periods"), counts.get("nr_throttled")
    return None if periods is None or throttled is None else Throttling(periods, throttled)


class ThrottleCounter:
    """The CPU seconds that quotas have held this process's groups back so far: of all limited groups on the way up.

    The groups are looked for once, so that a reading is as cheap as one small file.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        """A counter of the groups that this process is in now."""
        self._files = [folder / "cpu.stat" for folder in _folders(root) if quota_of(folder) is not None]

    def read(self) -> float | None:
        """CPU seconds since the groups began; None without a quota, or where nothing counts it."""
        told = [seconds for path in self._files if (seconds := _throttled_s(path)) is not None]
        return sum(told) if told else None


def _throttled_s(path: Path) -> float | None:
    """Version 2 counts in microseconds, version 1 in nanoseconds; both add up over CPUs."""
    counts = counts_by_name(text_or_none(path) or "")
    units = (("throttled_usec", 1e-6), ("throttled_time", 1e-9))
    return next((counts[name] * unit_s for name, unit_s in units if name in counts), None)


def _folders(root: Path) -> list[Path]:
    return group_folders(CPU_GROUPS, root)


def quota_of(folder: Path) -> float | None:
    """The quota of one group's folder in CPUs; None for no limit, or where it has none."""
    # Version 2: "max 100000" or "150000 100000" (microseconds of CPU time per period); version 1: a file each, -1 for
    # no limit.
    words = (text_or_none(folder / "cpu.max") or "").split()
    if not words:
        words = [text_or_none(folder / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")]
    if len(words) != 2:
        return None
    granted_us, period_us = map(count_in, words)
    return granted_us / period_us if granted_us and period_us else None
