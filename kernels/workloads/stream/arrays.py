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
# Four times the largest last cache that one group of cores shares today (504 MiB).
LARGEST_ARRAY_BYTES = 2 << 30
# A simulator needs a second for a million items, and has no cache to get past.
SIMULATED_BYTES = 1 << 16
# The part of a device's memory that the arrays may take together. The host's serves several devices at the same time,
# which take turns with their arrays in place, and what measures their ceilings has some more.
MEMORY_SHARE, HOST_MEMORY_SHARE = 1 / 2, 1 / 4
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


def most_bytes(info: DeviceInfo) -> int | None:
    """What all arrays may take together of this device's memory; None where nobody tells how much is free."""
    share = HOST_MEMORY_SHARE if info.on_host_cores else MEMORY_SHARE
    return None if info.memory_bytes is None else int(info.memory_bytes * share)


def too_large(info: DeviceInfo, size_bytes: int | None) -> str | None:
    """Why the arrays do not fit this device's memory, in a sentence; None where they do, or nobody tells."""
    wanted, most = ARRAYS * array_items(info, size_bytes) * NUMBER_BYTES, most_bytes(info)
    if most is None or wanted <= most:
        return None
    return (
        f"{info.id}: stream may take {most >> 20} MiB of the memory that is free, and its arrays take {wanted >> 20}; "
        "give a smaller --size"
    )


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
