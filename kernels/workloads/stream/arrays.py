"""How large the arrays are on a device, and how its kernels are called."""

from __future__ import annotations

from ...device import BufferId, DeviceInfo, KernelId, Launch, Source
from . import opencl
from .counts import BLOCK, DOT, NUMBER_BYTES

ARRAYS = 3
# STREAM's own rule: each array at least four times the largest cache.
BEYOND_CACHE = 4
CACHE_IF_UNKNOWN_BYTES = 32 << 20
# However small a cache some driver tells of: half of an array is still a block (see `beyond`).
FEWEST_BLOCKS = 2
# A pass shall take far longer than a launch.
SMALLEST_ON_GPU_BYTES = 256 << 20
LARGEST_ARRAY_BYTES = 1 << 30
# A simulator needs a second for a million items, and has no cache to get past.
SIMULATED_BYTES = 1 << 16
# The part of a device's memory that the arrays may take together.
MEMORY_SHARE = 0.5
# Of a card's work-items that add up blocks.
GROUP_ON_GPU = 256
LANGUAGES = ("llvm", "opencl", "python")
PACKAGE = __package__


def array_items(info: DeviceInfo, size_bytes: int | None = None) -> int:
    """How many numbers an array has on this device: whole blocks, of the size asked for or as the caches want it."""
    if size_bytes is None:
        size_bytes = BEYOND_CACHE * (info.cache_bytes or CACHE_IF_UNKNOWN_BYTES)
        if info.kind == "gpu":
            size_bytes = max(size_bytes, SMALLEST_ON_GPU_BYTES)
        if info.simulator:
            size_bytes = SIMULATED_BYTES
        size_bytes = min(size_bytes, LARGEST_ARRAY_BYTES)
    return max(FEWEST_BLOCKS, size_bytes // NUMBER_BYTES // BLOCK) * BLOCK


def too_large(info: DeviceInfo, size_bytes: int | None) -> str | None:
    """Why the arrays do not fit this device's memory, in a sentence; None where they do, or nobody tells."""
    wanted = ARRAYS * array_items(info, size_bytes) * NUMBER_BYTES
    if info.memory_bytes is None or wanted <= info.memory_bytes * MEMORY_SHARE:
        return None
    free_mib, wanted_mib = info.memory_bytes >> 20, wanted >> 20
    return (
        f"{info.id}: stream may take half of the {free_mib} MiB free, and its arrays take {wanted_mib}; "
        "close programs or give a smaller --size"
    )


def side_by_side(info: DeviceInfo) -> bool:
    """Whether the blocks of the dot product lie side by side, as a card likes them."""
    return _language(info) == "opencl" and not info.on_host_cores


def source_of(name: str, info: DeviceInfo) -> Source:
    """The kernel of that operation in the first language that the device knows."""
    types = ("float64",) * ARRAYS
    language = _language(info)
    if language == "opencl":
        return Source(language, opencl.text(name, info.on_host_cores), opencl.ENTRIES[name], types)
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
    across = opencl.HOST_VECTOR if _language(info) == "opencl" and info.on_host_cores else 1
    return Launch(kernel, buffers, (factor,), items // across, repeats, rotate=True)


def _language(info: DeviceInfo) -> str:
    return next(each for each in LANGUAGES if each in info.languages)
