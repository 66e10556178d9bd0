"""Executing kernels: what every device that can do it shares.

A device holds an `Executor` of its own kind and passes calls on to it (`ExecutesByExecutor`), so that a driver's
file for hashing does not grow by another topic.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from .buffers import Buffers, Numbered
from .device import PART_GRAIN_BYTES, BufferId, Executor, KernelId, Launch, Launched, Scalar, Source
from .errors import DeviceError, Unfit
from .system.free_memory import free_bytes

# The types that kernels' buffers may hold.
TYPES = ("float64", "float32", "uint64", "int64", "uint32", "int32", "uint8", "float16", "int16", "int8")


class ExecutesByExecutor:
    """The methods of `Executes`, for a device that has an executor. See there."""

    def _executor(self) -> Executor:
        """The executor, made at its first use. Raises DeviceError where the device is closed."""
        raise NotImplementedError

    def allocate(self, size_bytes: int) -> BufferId:
        """See Executes."""
        return self._executor().allocate(size_bytes)

    def write(self, buffer: BufferId, offset_bytes: int, data: bytes) -> None:
        """See Executes."""
        self._executor().write(buffer, offset_bytes, data)

    def repeat(self, buffer: BufferId, period_bytes: int, size_bytes: int) -> None:
        """See Executes."""
        self._executor().repeat(buffer, period_bytes, size_bytes)

    def read(self, buffer: BufferId, offset_bytes: int, size_bytes: int) -> bytes:
        """See Executes."""
        return self._executor().read(buffer, offset_bytes, size_bytes)

    def compile(self, source: Source) -> tuple[KernelId, float]:
        """See Executes."""
        return self._executor().compile(source)

    def launch(self, launch: Launch) -> Launched:
        """See Executes."""
        return self._executor().launch(launch)

    def release(self) -> None:
        """See Executes."""
        self._executor().release()


# So many kernels stay built when all is given back: rows of a suite have some in common, and what measures their
# ceilings has all.
MOST_BUILT = 64


class HoldsBuffers:
    """What executors do alike with the buffers and the kernels that they hold."""

    def __init__(self, device_id: str, in_parts: bool = False) -> None:
        """No buffers and no kernels yet. `in_parts`: the first part of a buffer is as good as one of that size."""
        self._built: dict[Source, tuple[Any, float]] = {}
        self._device_id = device_id
        self._buffers = Buffers(device_id, self._zeros, self._zero, self._first if in_parts else None)
        self._kernels = Numbered(device_id, "kernel")

    def allocate(self, size_bytes: int) -> BufferId:
        """See Executor."""
        if size_bytes < 1:
            raise DeviceError(f"{self._device_id}: a buffer has at least one byte, not {size_bytes}")
        return self._buffers.allocate(size_bytes)

    def repeat(self, buffer: BufferId, period_bytes: int, size_bytes: int) -> None:
        """See Executor."""
        if period_bytes < 1:
            raise DeviceError(f"{self._device_id}: at least one byte can be repeated, not {period_bytes}")
        with self._buffers.to_overwrite(buffer, 0, size_bytes, period_bytes) as held:
            check_span(held.size, 0, period_bytes, self._device_id)
            check_span(held.size, 0, size_bytes, self._device_id)
            self._spread(held, period_bytes, size_bytes)

    def _spread(self, held: Any, period_bytes: int, size_bytes: int) -> None:
        """Copy a buffer's first bytes on and on behind themselves. Raises DeviceError."""
        done = period_bytes
        while done < size_bytes:
            # Whole periods each time, and the two parts never overlap.
            count = min(done, size_bytes - done)
            self._copy_to(held, done, count)
            done += count

    def release(self) -> None:
        """See Executor. What was built for a source is still there for the same source, and so is large memory."""
        self._buffers.release()
        self._kernels.clear()

    def _parts(self, launch: Launch) -> list[Any]:
        """The launch's buffers, each from its offset on. Raises DeviceError."""
        whole = [self._buffers.get(number) for number in launch.buffers]
        offsets = offsets_of(launch, tuple(held.size for held in whole), self._device_id)
        return [self._from(held, offset) if offset else held for held, offset in zip(whole, offsets, strict=True)]

    def _from(self, held: Any, offset_bytes: int) -> Any:
        """A buffer from that byte on, in the same memory. Raises DeviceError."""
        raise NotImplementedError

    def _first(self, held: Any, size_bytes: int) -> Any:
        """A buffer of so many first bytes, in the same memory. Raises DeviceError."""
        raise NotImplementedError

    def _copy_to(self, held: Any, to_bytes: int, count: int) -> None:
        """Copy a buffer's first `count` bytes to another place in it. Raises DeviceError."""
        raise NotImplementedError

    def _built_once(self, source: Source, build: Callable[[], tuple[Any, float]]) -> tuple[KernelId, float]:
        """A kernel of `source`, and the seconds that `build` took, whenever that was. Raises what it raises."""
        if source not in self._built:
            made = build()
            while len(self._built) >= MOST_BUILT:
                del self._built[next(iter(self._built))]
            self._built[source] = made
        kernel, seconds = self._built[source]
        return self._kernels.add(kernel), seconds

    def _zeros(self, size_bytes: int) -> Any:
        """A new buffer of zeros. Raises DeviceError."""
        raise NotImplementedError

    def _zero(self, held: Any, first_byte: int) -> None:
        """Make a buffer's bytes from that one on zeros. Raises DeviceError."""
        raise NotImplementedError


Bytes = npt.NDArray[np.uint8]
PAGE_BYTES = 4096
# Of the memory that is free a large buffer may take so much: what is left keeps other programs alive. A container that
# tells of nothing free may give back what it keeps of files, which is enough for small ones.
FREE_PART, LARGE_BYTES = 0.75, 256 << 20


def room_on_pages(size_bytes: int) -> Bytes:
    """Zeros that begin on a page, and of which none has been touched where there are many. Raises MemoryError.

    numpy asks for large pages where arrays have some MiB, which neither C's library nor drivers do: half a thousand
    times fewer pages are to be looked up.
    """
    if size_bytes >= LARGE_BYTES:
        free = free_bytes()
        # Linux gives more than there is, and ends whoever touches it.
        if free is not None and size_bytes > FREE_PART * free:
            raise MemoryError
    room = np.zeros(size_bytes + PAGE_BYTES, np.uint8)
    skipped = -room.ctypes.data % PAGE_BYTES
    return room[skipped : skipped + size_bytes]


def touch_pages(room: Bytes) -> None:
    """Have the system put memory behind each of its pages: what only was read would all be one page of zeros."""
    room[::PAGE_BYTES] = 0


# What is copied over and over: a part of a core's own cache.
TILE_BYTES = 256 << 10


def tile_of(period_bytes: int, size_bytes: int) -> int:
    """So many bytes of whole periods as a core's own cache holds, or all."""
    return min(size_bytes, period_bytes * -(-TILE_BYTES // period_bytes))


def copy_tiles(room: Bytes, tile_bytes: int, start: int, stop: int) -> None:
    """Have the bytes from `start` to `stop` repeat the first `tile_bytes`, which stay."""
    at = max(start, tile_bytes)
    while at < stop:
        first = at % tile_bytes
        count = min(tile_bytes - first, stop - at)
        room[at : at + count] = room[first : first + count]
        at += count


class HoldsArrays(HoldsBuffers):
    """The same where a buffer is an array of bytes in this process's memory."""

    def write(self, buffer: BufferId, offset_bytes: int, data: bytes) -> None:
        """See Executor."""
        with self._buffers.to_overwrite(buffer, offset_bytes, len(data)) as target:
            check_span(target.size, offset_bytes, len(data), self._device_id)
            target[offset_bytes : offset_bytes + len(data)] = np.frombuffer(data, np.uint8)

    def read(self, buffer: BufferId, offset_bytes: int, size_bytes: int) -> bytes:
        """See Executor."""
        target = self._buffers.get(buffer)
        check_span(target.size, offset_bytes, size_bytes, self._device_id)
        return bytes(target[offset_bytes : offset_bytes + size_bytes])

    def _from(self, held: Any, offset_bytes: int) -> Any:
        return held[offset_bytes:]

    def _first(self, held: Any, size_bytes: int) -> Any:
        return held[:size_bytes]

    def _copy_to(self, held: Any, to_bytes: int, count: int) -> None:
        held[to_bytes : to_bytes + count] = held[:count]

    def _zero(self, held: Any, first_byte: int) -> None:
        held[first_byte:] = 0


def no_room(device_id: str, size_bytes: int) -> Unfit:
    """That the system has no memory for a buffer."""
    return Unfit(f"{device_id}: no memory for a buffer of {size_bytes >> 20} MiB; close other programs")


def largest_group(items: int, most: int) -> int:
    """The largest power of two that divides the items, and is no more than `most`."""
    group = 1
    while group * 2 <= most and items % (group * 2) == 0:
        group *= 2
    return group


def as_argument(value: Scalar) -> Any:
    """A kernel's scalar as a driver takes it: `long` or `double`."""
    return np.int64(value) if isinstance(value, int) else np.float64(value)


def check_source(source: Source, languages: tuple[str, ...], device_id: str) -> None:
    """Raise DeviceError for a language or a type that the device does not take."""
    if source.language not in languages:
        raise DeviceError(f"{device_id} compiles {', '.join(languages)}, not {source.language!r:.40}")
    unknown = [name for name in source.types if name not in TYPES]
    if unknown:
        raise DeviceError(f"{device_id} has no buffers of {unknown[0]!r:.40}; there are {', '.join(TYPES)}")


def check_span(size_bytes: int, offset_bytes: int, wanted_bytes: int, device_id: str) -> None:
    """Raise DeviceError where a part lies outside its buffer."""
    if offset_bytes < 0 or wanted_bytes < 0 or offset_bytes + wanted_bytes > size_bytes:
        raise DeviceError(
            f"{device_id}: {wanted_bytes} bytes from {offset_bytes} on lie outside a buffer of {size_bytes} bytes"
        )


def offsets_of(launch: Launch, sizes: tuple[int, ...], device_id: str) -> tuple[int, ...]:
    """Where in each of the launch's buffers (of `sizes` bytes) it begins. Raises DeviceError."""
    if not launch.offsets:
        return (0,) * len(sizes)
    if len(launch.offsets) != len(sizes):
        raise DeviceError(f"{device_id}: {len(launch.offsets)} offsets were given for {len(sizes)} buffers")
    for offset, size_bytes in zip(launch.offsets, sizes, strict=True):
        if offset % PART_GRAIN_BYTES or not 0 <= offset < size_bytes:
            raise DeviceError(f"{device_id}: no part of a buffer of {size_bytes} bytes begins at {offset}")
    return launch.offsets


def check_launch(launch: Launch, source: Source, sizes: tuple[int, ...], device_id: str) -> None:
    """Raise DeviceError for a launch that does not fit its kernel's buffers (of `sizes` bytes, from its offsets on)."""
    if len(sizes) != len(source.types):
        raise DeviceError(f"{device_id}: the kernel takes {len(source.types)} buffers, not {len(sizes)}")
    if launch.items < 1 or launch.repeats < 1:
        raise DeviceError(f"{device_id}: a launch has at least one item and one repeat")
    if launch.rotate and len(set(source.types)) > 1:
        raise DeviceError(f"{device_id}: only buffers of one type can take each other's place")
    for size_bytes, name in zip(sizes, source.types, strict=True):
        if size_bytes < launch.items * np.dtype(name).itemsize:
            raise DeviceError(f"{device_id}: a buffer of {size_bytes} bytes is too small for {launch.items} items")


def function_of(source: Source) -> Any:
    """The function that `module:function` names. Raises DeviceError."""
    module, _, name = source.text.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise DeviceError(f"the kernel {source.text!r:.40} cannot be imported ({error!s:.40})") from error
