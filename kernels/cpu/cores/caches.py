"""The CPU's caches, as the system tells them."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from ...system.system_files import count_in, read_line, run_sysctl
from ...system.windows.processors import read_processors

SYSFS = Path("/sys/devices/system/cpu/cpu0/cache")
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
MOST_LEVELS = 10
MOST_DIGITS = 12
# macOS names them one by one; "perflevel0" are the fast cores.
MACOS_NAMES = (
    (1, "data", ("hw.perflevel0.l1dcachesize", "hw.l1dcachesize")),
    (1, "instruction", ("hw.perflevel0.l1icachesize", "hw.l1icachesize")),
    (2, "unified", ("hw.perflevel0.l2cachesize", "hw.l2cachesize")),
    (3, "unified", ("hw.l3cachesize",)),
)


@dataclass(frozen=True)
class CpuCache:
    """One level of cache as the first core sees it: `kind` is data, instruction or unified."""

    level: int
    kind: str
    size_bytes: int


def cpu_caches() -> tuple[CpuCache, ...]:
    """The first core's caches; empty where the system does not tell."""
    system = platform.system()
    if system == "Windows":
        return _windows_caches()
    return _macos_caches() if system == "Darwin" else _linux_caches()


def largest_cache_bytes() -> int | None:
    """The size of the largest cache, None where the system does not tell."""
    return max((cache.size_bytes for cache in cpu_caches()), default=None)


def _linux_caches() -> tuple[CpuCache, ...]:
    caches = []
    for index in range(MOST_LEVELS):
        folder = SYSFS / f"index{index}"
        level, kind, size = (read_line(str(folder / name)) for name in ("level", "type", "size"))
        size_bytes = _size(size or "")
        kind = (kind or "").lower()
        if level in set("123456789") and kind and size_bytes:
            caches.append(CpuCache(int(level), kind, size_bytes))
    return tuple(caches)


def _macos_caches() -> tuple[CpuCache, ...]:
    caches = []
    for level, kind, names in MACOS_NAMES:
        size = next((size for name in names if (size := count_in(run_sysctl(name) or ""))), None)
        if size is not None:
            caches.append(CpuCache(level, kind, size))
    return tuple(caches)


def _windows_caches() -> tuple[CpuCache, ...]:
    try:
        told = read_processors()
    except (OSError, ValueError):
        return ()
    # Those of the first of the fastest cores, whose caches are the larger ones.
    fastest = max(told.cores, key=lambda core: core.efficiency_class, default=None)
    mine = [cache for cache in told.caches if fastest is not None and fastest.cpus[0] in cache.cpus]
    return tuple(CpuCache(each.level, each.kind, each.size_bytes) for each in sorted(mine, key=lambda each: each.level))


def _size(text: str) -> int | None:
    digits, unit = (text[:-1], text[-1]) if text[-1:] in UNITS else (text, "")
    count = count_in(digits) if len(digits) < MOST_DIGITS else None
    return None if count is None else count * UNITS.get(unit, 1)
