"""How large the arrays are on a device, and how its kernels are called."""

from __future__ import annotations

from ...device import BufferId, DeviceInfo, KernelId, Launch, Source
from ...system.memory_nodes import is_one_node
from ..near_cache import BEYOND_CACHE, CACHE_IF_UNKNOWN_BYTES, NearCache, near_cache
from . import opencl
from .counts import BLOCK, DOT, NUMBER_BYTES

ARRAYS = 3
# Where there is no room for arrays of four times the largest cache, they have so many times that at least: of the two
# that a pass reads a third may then be left in the cache.
LEAST_BEYOND_CACHE = 1.5
# However small a cache some driver tells of: half of an array is still a block (see `beyond`).
FEWEST_BLOCKS = 2
# A pass shall take far longer than a launch.
SMALLEST_ON_GPU_BYTES = 256 << 20
# Four times the largest last cache that one group of cores shares today (504 MiB).
LARGEST_ARRAY_BYTES = 2 << 30
# A simulator needs a second for a million items, and has no cache to get past.
SIMULATED_BYTES = 1 << 16
# The part of a device's memory that the arrays may take together, and of that what one array alone may, such as what
# measures the memory's ceiling beside the three. The host's memory serves two devices at the same time as a rule, which
# take turns with their arrays in place.
MEMORY_SHARE, HOST_MEMORY_SHARE, ALONE_SHARE = 1 / 2, 0.3, 0.4
# Of a card's work-items that add up blocks.
GROUP_ON_GPU = 256
LANGUAGES = ("llvm", "opencl", "python")
PACKAGE = __package__


def usual_bytes(info: DeviceInfo) -> int:
    """How large an array is to be on this device: as the caches want it."""
    if info.simulator:
        return SIMULATED_BYTES
    wanted = BEYOND_CACHE * (info.cache_bytes or CACHE_IF_UNKNOWN_BYTES)
    return min(max(wanted, SMALLEST_ON_GPU_BYTES) if info.kind == "gpu" else wanted, LARGEST_ARRAY_BYTES)


def room_bytes(info: DeviceInfo, arrays: int = ARRAYS) -> int | None:
    """How large each of so many arrays (ARRAYS, or one alone) may be; None where nobody tells how much is free."""
    share = HOST_MEMORY_SHARE if info.on_host_cores else MEMORY_SHARE
    together = share * (ALONE_SHARE if arrays == 1 else 1)
    return None if info.memory_bytes is None else int(info.memory_bytes * together / arrays)


def array_items(info: DeviceInfo, size_bytes: int | None = None, arrays: int = ARRAYS) -> int:
    """How many numbers each of so many arrays has on this device, in whole blocks.

    Of the size asked for; else as large as the caches want it, or as there is room for. `too_large` says whether that
    is enough.
    """
    if size_bytes is None:
        size_bytes = usual_bytes(info)
        room = room_bytes(info, arrays)
        size_bytes = size_bytes if room is None else min(size_bytes, room)
    return max(FEWEST_BLOCKS, size_bytes // NUMBER_BYTES // BLOCK) * BLOCK


def too_large(info: DeviceInfo, size_bytes: int | None, arrays: int = ARRAYS) -> str | None:
    """Why the arrays do not fit this device's memory, in a sentence; None where they do, or nobody tells."""
    room = room_bytes(info, arrays)
    if room is None:
        return None
    taken = f"{info.id}: {arrays * room >> 20} MiB of what is free are for arrays"
    if size_bytes is not None:
        asked = arrays * array_items(info, size_bytes) * NUMBER_BYTES
        return f"{taken}, and these take {asked >> 20}; give a smaller --size" if asked > arrays * room else None
    least = int(LEAST_BEYOND_CACHE / BEYOND_CACHE * usual_bytes(info))
    if room >= least:
        return None
    return f"{taken}, and beyond its caches they take {arrays * least >> 20}; close programs"


def can_cut(info: DeviceInfo) -> bool:
    """Whether a part of an array is as good as an array: threads of the host find it as near as their own part of all.

    Of a card's memory nothing is dear to touch, and a launch for each part would cost more than it brings.
    """
    return info.on_host_cores and not info.simulator and is_one_node()


def near_cache_of(
    info: DeviceInfo, items: int, is_sized: bool = False, cache_bytes: int | None = None
) -> NearCache | None:
    """That arrays of so many numbers are smaller than the caches want them; None where they are not, or nobody knows.

    `is_sized`: they are as large as was asked for. `cache_bytes`: the largest cache, where one was found.
    """
    size_bytes, block_bytes = items * NUMBER_BYTES, BLOCK * NUMBER_BYTES
    return near_cache(info, size_bytes, is_sized, rounding_bytes=block_bytes, cache_bytes=cache_bytes)


def side_by_side(info: DeviceInfo) -> bool:
    """Whether the blocks of the dot product lie side by side, as a card likes them."""
    return _language(info) == "opencl" and not info.on_host_cores


def source_of(name: str, info: DeviceInfo) -> Source:
    """The kernel of that operation in the first language that the device knows."""
    types = ("float64",) * ARRAYS
    language = _language(info)
    if language == "opencl":
        asks = info.on_host_cores and not info.simulator
        return Source(language, opencl.text(name, info.on_host_cores, asks), opencl.ENTRIES[name], types)
    module = {"llvm": "cpu", "python": "plain"}[language]
    return Source(language, f"{PACKAGE}.{module}:{name}", name, types)


def launch_of(
    name: str, kernel: KernelId, buffers: tuple[BufferId, ...], items: int, repeats: int, factor: float,
    info: DeviceInfo,
) -> Launch:  # fmt: skip
    """So many passes over arrays of so many items; the dot product takes the sums for the first array."""
    if name == DOT:
        grain = GROUP_ON_GPU if side_by_side(info) else 1
        return Launch(kernel, buffers, (), items // BLOCK, repeats, grain=grain)
    return Launch(kernel, buffers, (factor,), items // across(info), repeats, rotate=True)


def across(info: DeviceInfo) -> int:
    """How many numbers an item of a launch has, but for the dot product."""
    return opencl.HOST_NUMBERS if _language(info) == "opencl" and info.on_host_cores else 1


def _language(info: DeviceInfo) -> str:
    return next(each for each in LANGUAGES if each in info.languages)
