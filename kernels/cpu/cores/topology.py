"""Which logical CPUs this process may use, which of them share a core, and of which kinds the cores are."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...system.quota import cpu_quota
from ...system.system_files import count_in, count_or_none, read_text, run_sysctl
from ...system.windows import processors as windows
from .affinity import usable_cpus

SYSFS = Path("/sys/devices")
# Cores whose capacities differ by less are of one kind: some systems rank equal cores by what their silicon can bear.
SAME_KIND = 0.9
MOST_KINDS = 8
MOST_CPUS = 4096
# By number of kinds, the fastest first.
NAMES = {2: ("performance", "efficient"), 3: ("prime", "performance", "efficient")}


@dataclass(frozen=True)
class CoreKind:
    """The logical CPUs of one sort of core in a processor that has several."""

    name: str
    cpus: frozenset[int]


@dataclass(frozen=True)
class Topology:
    """The CPUs we may use.

    `cores`: the logical CPUs of each core, the process's own only. `kinds`: the kinds of cores, the fastest first;
    none where all are alike. `quota`: whole CPUs' worth of time a container grants, None for no limit.
    """

    cores: tuple[tuple[int, ...], ...]
    kinds: tuple[CoreKind, ...]
    quota: float | None

    @property
    def cpus(self) -> list[int]:
        """Every usable logical CPU, one of each core first, and the fastest kind's before the others'."""
        slowness = {cpu: place for place, kind in enumerate(self.kinds) for cpu in kind.cpus}
        rank = {cpu: position for core in self.cores for position, cpu in enumerate(core)}
        return sorted(rank, key=lambda cpu: (rank[cpu], slowness.get(cpu, 0), cpu))

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
        if self.kinds:
            words.append(
                "hybrid: logical CPUs on " + ", ".join(f"{kind.name} cores {len(kind.cpus)}" for kind in self.kinds)
            )
        if self.quota is not None:
            words.append(f"container quota {self.quota:g} CPUs")
        return ", ".join(words)


def read_topology(sysfs: Path = SYSFS, root: Path = Path("/")) -> Topology:
    """The topology as the operating system tells it; where it tells nothing, every CPU is a core of its own."""
    system = platform.system()
    if system == "Darwin":
        return macos_topology()
    usable = usable_cpus()
    if system == "Windows":
        try:
            return windows_topology(windows.read_processors(), usable)
        except (OSError, ValueError):
            return Topology(tuple((cpu,) for cpu in usable), (), None)
    return linux_topology(usable, sysfs, cpu_quota(root))


def linux_topology(usable: list[int], sysfs: Path, quota: float | None) -> Topology:
    """From the files of sysfs: siblings; capacities (Arm's big.LITTLE), else the list of Intel's efficient cores."""
    cores: dict[tuple[int, ...], None] = {}
    for cpu in usable:
        siblings = _cpu_list(sysfs / f"system/cpu/cpu{cpu}/topology/thread_siblings_list") or [cpu]
        cores[tuple(sibling for sibling in siblings if sibling in usable) or (cpu,)] = None
    capacities = {cpu: count_or_none(sysfs / f"system/cpu/cpu{cpu}/cpu_capacity") for cpu in usable}
    known = {cpu: float(capacity) for cpu, capacity in capacities.items() if capacity}
    if len(known) < len(usable):
        efficient = set(_cpu_list(sysfs / "cpu_atom/cpus"))
        known = {cpu: 0.5 if cpu in efficient else 1.0 for cpu in usable}
    return Topology(tuple(cores), kinds_of(known), quota)


def windows_topology(processors: windows.WindowsProcessors, usable: Iterable[int]) -> Topology:
    """From what Windows tells of cores and their efficiency classes."""
    allowed = frozenset(usable)
    cores = [(tuple(cpu for cpu in core.cpus if cpu in allowed), core.efficiency_class) for core in processors.cores]
    told = {cpu for cpus, _ in cores for cpu in cpus}
    cores += [((cpu,), 0) for cpu in sorted(allowed - told)]
    classes = {cpu: 2.0**efficiency for cpus, efficiency in cores for cpu in cpus}
    return Topology(tuple(cpus for cpus, _ in cores if cpus), kinds_of(classes), None)


def macos_topology() -> Topology:
    """From sysctl: how many cores of each performance level, the fastest first.

    macOS keeps no thread on a CPU and gives them no numbers, so that these count only.
    """
    levels: list[tuple[int, int]] = []
    for level in range(min(MOST_KINDS, _sysctl("hw.nperflevels"))):
        physical = _sysctl(f"hw.perflevel{level}.physicalcpu")
        if physical:
            levels.append((physical, max(physical, _sysctl(f"hw.perflevel{level}.logicalcpu"))))
    if not levels:
        logical = _sysctl("hw.logicalcpu") or len(usable_cpus())
        levels = [(min(logical, _sysctl("hw.physicalcpu") or logical), logical)]
    cores: list[tuple[int, ...]] = []
    speed: dict[int, float] = {}
    for level, (physical, logical) in enumerate(levels):
        first, threads = len(speed), logical // physical
        for core in range(physical):
            cores.append(tuple(first + core * threads + thread for thread in range(threads)))
            speed.update(dict.fromkeys(cores[-1], 2.0**-level))
    return Topology(tuple(cores), kinds_of(speed), None)


def kinds_of(capacities: Mapping[int, float]) -> tuple[CoreKind, ...]:
    """The kinds of cores by what each logical CPU can do against the others, the fastest first; none for one kind."""
    kinds: list[tuple[float, set[int]]] = []
    for cpu, capacity in sorted(capacities.items(), key=lambda item: (-item[1], item[0])):
        if not kinds or capacity < SAME_KIND * kinds[-1][0]:
            kinds.append((capacity, set()))
        kinds[-1][1].add(cpu)
    if not 1 < len(kinds) <= MOST_KINDS:
        return ()
    names = NAMES.get(len(kinds)) or tuple(f"class {number}" for number in range(1, len(kinds) + 1))
    return tuple(CoreKind(name, frozenset(cpus)) for name, (_, cpus) in zip(names, kinds, strict=True))


def _sysctl(name: str) -> int:
    """A number of macOS's, 0 where it tells none."""
    count = count_in(run_sysctl(name) or "") or 0
    return count if count <= MOST_CPUS else 0


def _cpu_list(path: Path) -> list[int]:
    # The kernel's list format: 0-3,8,10-11.
    try:
        text = read_text(path)
    except OSError:
        return []
    cpus: list[int] = []
    for part in filter(None, text.split(",")):
        first, dash, last = part.partition("-")
        bounds = count_in(first), count_in(last if dash else first)
        if bounds[0] is None or bounds[1] is None or bounds[1] - bounds[0] >= MOST_CPUS - len(cpus):
            return []
        cpus.extend(range(bounds[0], bounds[1] + 1))
    return cpus
