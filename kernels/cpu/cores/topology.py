"""Which logical CPUs this process may use, which of them share a core, and which cores are of the slower sort."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from ...system.quota import cpu_quota
from ...system.system_files import read_text

SYSFS = Path("/sys/devices")


@dataclass(frozen=True)
class Topology:
    """The CPUs we may use.

    `cores`: the logical CPUs of each core, the process's own only. `efficient`: logical CPUs of the
    slower cores of a hybrid processor. `quota`: whole CPUs' worth of time a container grants, None for no limit.
    """

    cores: tuple[tuple[int, ...], ...]
    efficient: frozenset[int]
    quota: float | None

    @property
    def cpus(self) -> list[int]:
        """Every usable logical CPU, one of each core first."""
        rank = {cpu: position for core in self.cores for position, cpu in enumerate(core)}
        return sorted(rank, key=lambda cpu: (rank[cpu], cpu))

    @property
    def has_smt(self) -> bool:
        """Whether some core offers more than one usable logical CPU."""
        return any(len(core) > 1 for core in self.cores)

    @property
    def default_threads(self) -> int:
        """One thread a core, no more than a container's quota."""
        limit = math.ceil(self.quota) if self.quota is not None else len(self.cores)
        return max(1, min(len(self.cores), limit))

    def describe(self) -> str:
        """In words, for the result file."""
        words = [f"{len(self.cores)} cores"]
        if self.has_smt:
            words.append(f"{len(self.cpus)} logical CPUs (SMT)")
        if self.efficient:
            words.append(f"{len(self.efficient)} logical CPUs on efficient cores (hybrid)")
        if self.quota is not None:
            words.append(f"container quota {self.quota:g} CPUs")
        return ", ".join(words)


def read_topology(sysfs: Path = SYSFS, root: Path = Path("/")) -> Topology:
    """The topology as the operating system tells it; where it tells nothing, every CPU is a core of its own."""
    usable = _usable_cpus()
    cores: dict[tuple[int, ...], None] = {}
    for cpu in usable:
        siblings = _cpu_list(sysfs / f"system/cpu/cpu{cpu}/topology/thread_siblings_list") or [cpu]
        cores[tuple(sibling for sibling in siblings if sibling in usable) or (cpu,)] = None
    efficient = frozenset(_cpu_list(sysfs / "cpu_atom/cpus")) & frozenset(usable)
    return Topology(tuple(cores), efficient, cpu_quota(root))


def pin_to(cpu: int) -> bool:
    """Keep the calling thread on one logical CPU; False where the system does not allow it."""
    if not hasattr(os, "sched_setaffinity"):
        return False
    try:
        os.sched_setaffinity(0, {cpu})
    except OSError:
        return False
    return True


def _usable_cpus() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _cpu_list(path: Path) -> list[int]:
    # The kernel's list format: 0-3,8,10-11.
    try:
        text = read_text(path)
    except OSError:
        return []
    cpus: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal() and first.isascii() and last.isascii()):
            return []
        cpus.extend(range(int(first), int(last or first) + 1))
    return cpus
