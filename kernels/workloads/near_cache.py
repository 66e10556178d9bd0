"""That what work moves is too small to be beyond the caches, so that a part of it may come from there."""

from __future__ import annotations

from dataclasses import dataclass

from ..device import DeviceInfo

# STREAM's own rule: each array at least four times the largest cache.
BEYOND_CACHE = 4
# What is taken for the largest cache where nobody tells of one.
CACHE_IF_UNKNOWN_BYTES = 32 << 20
KNOWN, UNKNOWN = "the largest cache", "32 MiB of cache (none told)"


@dataclass(frozen=True)
class NearCache:
    """Something (`what`: "arrays") so many `times` as large as a cache (`cache`: which); `remedy`: what helps."""

    what: str
    times: float
    remedy: str
    cache: str = KNOWN

    @property
    def text(self) -> str:
        """To go behind a size: "3.4 times the largest cache"."""
        return f"{self.times:.2g} times {self.cache}"


def near_cache(
    info: DeviceInfo,
    size_bytes: int,
    is_sized: bool = False,
    what: str = "arrays",
    rounding_bytes: int = 0,
    cache_bytes: int | None = None,
    asked_times: int = BEYOND_CACHE,
) -> NearCache | None:
    """That `what` has fewer bytes than the caches want it to have; None where it has not.

    Where nobody knows the caches, what is as large as they usually want it is taken to be large enough.
    `is_sized`: it is as large as was asked for. `rounding_bytes`: so many less are as good. `cache_bytes`: the largest
    cache, where more was found than is told. `asked_times`: how many times the cache helps to ask for.
    """
    cache_bytes = max(cache_bytes or 0, info.cache_bytes or 0)
    if info.simulator or not (cache_bytes or is_sized):
        return None
    cache = KNOWN if cache_bytes else UNKNOWN
    cache_bytes = cache_bytes or CACHE_IF_UNKNOWN_BYTES
    if size_bytes + rounding_bytes >= BEYOND_CACHE * cache_bytes:
        return None
    remedy = f"ask for {asked_times} times it (--size)" if is_sized else "free more memory"
    return NearCache(what, size_bytes / cache_bytes, remedy, cache)
