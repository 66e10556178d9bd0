"""How large stream's arrays must be on an open device, found by measuring: beyond the caches that really serve it.

What a system tells of its caches may be less than they are. A virtual machine may be told of a part of its host's last
cache and be served by all of it, and some drivers of GPUs name one cache and have a larger one behind it. Numbers that
such a cache holds are read at its speed, which is no memory's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from weakref import WeakKeyDictionary

from ...device import BufferId, DeviceInfo, Executes, Launch
from ...errors import Unfit
from ..near_cache import BEYOND_CACHE
from .arrays import (
    ARRAYS,
    LARGEST_ARRAY_BYTES,
    array_items,
    launch_of,
    room_bytes,
    source_of,
    too_large,
)
from .counts import BLOCK, DOT, NUMBER_BYTES

# What is known to be memory: so many times an array, and more than any last cache that one group of cores shares today
# (504 MiB); but no more than this part of what is free. Twice is enough for arrays that no such cache holds half of.
REFERENCE, LEAST_TIMES = 4, 2
# Where a cache of so many bytes is told there is no larger one to look for, which would take some GiB and seconds.
LARGEST_KNOWN_BYTES = 450 << 20
LEAST_REFERENCE_BYTES, ENOUGH_BYTES = 512 << 20, 2 << 30
MEMORY_PART = 4
# Of an array that is four times as large as the cache (STREAM's rule) a quarter may come from there: even if that took
# no time, the rest would keep it from being more than a third faster.
MOST_FASTER = 4 / 3
ROUNDS = 3
# One slow moment of the reference must not make an array look fast.
TRIES = 2
# The dot product reads two arrays and writes next to nothing: nothing is fetched or stored besides.
READ = 2


@dataclass(frozen=True)
class Beyond:
    """How many numbers an array must have.

    `items`: each of three, as far as there is room for that. `alone_items`: one alone, for which there is more room.
    `reference_bytes`: larger caches than this were not looked for, and `read_bytes_s`: how fast so much was read (None:
    nothing was measured). `spare`: buffers of at least that size, which were left by finding out. `cache_bytes`: what
    a cache that was not told of is smaller than; None where none was found, or there is room for the largest arrays.
    """

    items: int
    alone_items: int
    reference_bytes: int | None = None
    read_bytes_s: float | None = None
    spare: tuple[BufferId, ...] = ()
    cache_bytes: int | None = None

    @property
    def limits(self) -> str:
        """What is unsure about it, to go behind the size of the arrays; "" where nothing is."""
        if self.reference_bytes is None or self.reference_bytes >= LEAST_REFERENCE_BYTES:
            return ""
        return f", for lack of memory held against {self.reference_bytes >> 20} MiB only"


_KNOWN: WeakKeyDictionary[Executes, Beyond] = WeakKeyDictionary()
_REFUSED: WeakKeyDictionary[Executes, str] = WeakKeyDictionary()


def beyond_caches(device: Executes) -> Beyond:
    """The size of arrays on this device, found out once while it is open.

    As the caches are told, or as there is room for arrays (see `too_large`), where nothing is to be measured: a
    simulator, a device whose free memory nobody tells, or one that tells of as large a cache as there is.
    Raises Unfit where no size that its memory has room for is beyond the caches, and DeviceError.
    """
    if device in _KNOWN:
        return _KNOWN[device]
    info = device.info
    told = (info.cache_bytes or 0) >= LARGEST_KNOWN_BYTES
    if told or info.simulator or info.memory_bytes is None or info.languages[:1] == ("python",):
        return Beyond(array_items(info), array_items(info, arrays=1))
    if device in _REFUSED:
        raise Unfit(_REFUSED[device])
    try:
        found = _Search(device, info.memory_bytes).found()
    except Unfit as error:
        _REFUSED[device] = str(error)
        raise
    # The buffers are the caller's.
    _KNOWN[device] = replace(found, spare=())
    return found


class _Search:
    """Arrays of more and more numbers, until they are read no faster than far larger ones."""

    def __init__(self, device: Executes, memory_bytes: int) -> None:
        self._device = device
        self._memory_bytes = memory_bytes
        self._kernel, _ = device.compile(source_of(DOT, device.info))
        self._sums: BufferId = 0
        self._operands: tuple[BufferId, ...] = ()
        self._reference_bytes = 0
        self._read_bytes_s = 0.0

    def found(self) -> Beyond:
        info = self._device.info
        alone = array_items(info, arrays=1)
        # Where three are too small to tell anything, one alone is tried out.
        arrays = 1 if too_large(info, None) else ARRAYS
        size = told = array_items(info, arrays=arrays) * NUMBER_BYTES
        most = min(LARGEST_ARRAY_BYTES, room_bytes(info, arrays) or 0)
        while size <= most:
            if READ * size > self._reference_bytes:
                self._enlarge(size)
            if any(self._times_faster(size) <= MOST_FASTER for _ in range(TRIES)):
                # The cache that was not told of is smaller than this, and others may leave more of it at other times.
                # Arrays as large as any are to be are beyond whatever cache there is.
                cache_bytes = size if size != told and most < LARGEST_ARRAY_BYTES else None
                size = size if size == told else min(most // told * told, BEYOND_CACHE * size)
                fits = READ * size <= self._reference_bytes
                spare = self._operands if fits else ()
                items = size // NUMBER_BYTES
                return Beyond(items, max(items, alone), self._reference_bytes, self._read_bytes_s, spare, cache_bytes)
            size *= 2
        raise Unfit(no_size(info, size // 2))

    def _enlarge(self, size: int) -> None:
        wanted = max(min(REFERENCE * size, ENOUGH_BYTES), LEAST_TIMES * size, LEAST_REFERENCE_BYTES)
        each = min(wanted, self._memory_bytes // MEMORY_PART) // READ // NUMBER_BYTES // BLOCK * BLOCK * NUMBER_BYTES
        if READ * each <= self._reference_bytes:
            return
        self._operands = tuple(self._device.allocate(each) for _ in range(READ))
        self._sums = self._device.allocate(each // BLOCK)
        self._reference_bytes = READ * each

    def _times_faster(self, size: int) -> float:
        """How many times as fast a part of that size is read as all of it; the best of some turns of each."""
        repeats = max(1, self._reference_bytes // size)
        taken: dict[int, list[float]] = {size: [], self._reference_bytes: []}
        for _ in range(ROUNDS):
            # What was read before has left the caches by now.
            self._seconds(size, 1)
            taken[size].append(self._seconds(size, repeats) / repeats / size)
            taken[self._reference_bytes].append(self._seconds(self._reference_bytes, 1) / self._reference_bytes)
        self._read_bytes_s = max(self._read_bytes_s, 1 / min(taken[self._reference_bytes]))
        return min(taken[self._reference_bytes]) / min(taken[size])

    def _seconds(self, size: int, repeats: int) -> float:
        items = size // READ // NUMBER_BYTES // BLOCK * BLOCK
        launch: Launch = launch_of(
            DOT, self._kernel, (self._sums, *self._operands), items, repeats, 1.0, self._device.info
        )
        started = perf_counter()
        done = self._device.launch(launch)
        # Other programs would pass for a slow memory.
        own = done.own_s(perf_counter() - started)
        return max(own if done.device_s is None else done.device_s, 1e-9)


def no_size(info: DeviceInfo, size_bytes: int) -> str:
    """Why there are no arrays of which one can tell that they are beyond the caches."""
    return (
        f"{info.id}: arrays of {size_bytes >> 20} MiB are still read as from a cache, and larger ones do not fit; "
        "close programs"
    )
