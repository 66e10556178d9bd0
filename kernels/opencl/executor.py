"""Kernels on buffers of an OpenCL device."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..device import BufferId, DeviceInfo, KernelId, Launch, Launched, Source
from ..errors import DeviceError, Unfit
from ..execution import (
    PAGE_BYTES,
    HoldsBuffers,
    as_argument,
    check_launch,
    check_source,
    check_span,
    copy_tiles,
    largest_group,
    no_room,
    room_on_pages,
    tile_of,
    touch_pages,
)
from .program import compiled, largest_group_of
from .runtimes.wording import build_failure, failure

LANGUAGES = ("opencl",)
LARGEST_GROUP = 256
# Arrays from which on numpy asks for large pages.
LARGE_BYTES = 4 << 20
# What of a buffer of zeros is written by the host; the device doubles it until it is full.
FIRST_ZEROS_BYTES = 1 << 20
# Threads that have the system put memory behind pages.
MOST_TOUCHING = 64
# Launches under way at once: enough to keep a device busy, few enough for any driver's queue.
MOST_UNDER_WAY = 32
# A driver whose events claim less than this part of the time that passed does not keep time (rusticl: 1 ns).
SANE_EVENT_SHARE = 0.2
NS = 1e-9


@dataclass(frozen=True)
class _Kernel:
    source: Source
    kernel: Any
    largest_group: int


class OpenCLExecutor(HoldsBuffers):
    """`Executor` on one queue of an OpenCL device; kernels are OpenCL C."""

    def __init__(self, info: DeviceInfo, opencl_device: Any, context: Any, queue: Any, cpu: str | None = None) -> None:
        """`queue` is in order and profiles; the three are pyopencl's objects. `cpu`: see `program.compiled`."""
        super().__init__(info.id)
        self._info = info
        self._cpu = cpu
        self._opencl_device = opencl_device
        self._context = context
        self._queue = queue

    def write(self, buffer: BufferId, offset_bytes: int, data: bytes) -> None:
        """See Executor."""
        import pyopencl

        with self._buffers.to_overwrite(buffer, offset_bytes, len(data)) as target:
            check_span(target.size, offset_bytes, len(data), self._info.id)
            if data:
                with self._worded("writing a buffer"):
                    pyopencl.enqueue_copy(self._queue, target, np.frombuffer(data, np.uint8), dst_offset=offset_bytes)

    def _copy_to(self, held: Any, to_bytes: int, count: int) -> None:
        import pyopencl

        with self._worded("copying within a buffer"):
            pyopencl.enqueue_copy(self._queue, held, held, byte_count=count, dst_offset=to_bytes).wait()

    def read(self, buffer: BufferId, offset_bytes: int, size_bytes: int) -> bytes:
        """See Executor."""
        import pyopencl

        target = self._buffers.get(buffer)
        check_span(target.size, offset_bytes, size_bytes, self._info.id)
        data = np.empty(size_bytes, np.uint8)
        if size_bytes:
            with self._worded("reading a buffer"):
                pyopencl.enqueue_copy(self._queue, data, target, src_offset=offset_bytes)
        return data.tobytes()

    def compile(self, source: Source) -> tuple[KernelId, float]:
        """See Executor."""
        check_source(source, LANGUAGES, self._info.id)
        return self._built_once(source, lambda: self._build(source))

    def launch(self, launch: Launch) -> Launched:
        """See Executor."""
        known: _Kernel = self._kernels.get(launch.kernel)
        buffers = self._parts(launch)
        check_launch(launch, known.source, tuple(buffer.size for buffer in buffers), self._info.id)
        with self._worded("the launch"):
            return Launched(self._run(known, buffers, launch))

    def _run(self, known: _Kernel, buffers: list[Any], launch: Launch) -> float | None:
        """Every repeat is a launch of its own, in order; the device's word for the time from the first to the last."""
        import pyopencl

        kernel = known.kernel
        size, group = (launch.items,), (_group(known, launch),)
        scalars = [as_argument(value) for value in launch.scalars]
        started = time.perf_counter()
        first = event = None
        for repeat in range(launch.repeats):
            kernel.set_args(*buffers, *scalars)
            event = pyopencl.enqueue_nd_range_kernel(self._queue, kernel, size, group)
            first = first or event
            if launch.rotate:
                buffers = [*buffers[1:], buffers[0]]
            if repeat % MOST_UNDER_WAY == MOST_UNDER_WAY - 1:
                event.wait()
        assert first is not None
        assert event is not None
        event.wait()
        host_s = time.perf_counter() - started
        event_s = (event.profile.end - first.profile.start) * NS
        return event_s if SANE_EVENT_SHARE * host_s <= event_s <= 1.01 * host_s else None

    def _zeros(self, size_bytes: int) -> Any:
        import pyopencl

        most = int(self._opencl_device.max_mem_alloc_size)
        if size_bytes > most:
            raise Unfit(
                f"{self._info.id} has no buffer of {size_bytes >> 20} MiB, only of {most >> 20}; choose a smaller size"
            )
        if self._is_here(size_bytes):
            return self._zeros_here(size_bytes)
        with self._worded("allocating a buffer"):
            buffer = pyopencl.Buffer(self._context, pyopencl.mem_flags.READ_WRITE, size_bytes)
            self._write_zeros(buffer, 0)
        return buffer

    def _zeros_here(self, size_bytes: int) -> Any:
        """A buffer of the host's cores in large pages: in a runtime's own small ones they read a twentieth slower."""
        import pyopencl

        try:
            room = room_on_pages(size_bytes)
            # By as many threads as will work on it: one core is at it for seconds where there are some GiB.
            self._by_threads(size_bytes, lambda start, stop: touch_pages(room[start:stop]))
        except MemoryError:
            raise no_room(self._info.id, size_bytes) from None
        flags = pyopencl.mem_flags.READ_WRITE | pyopencl.mem_flags.USE_HOST_PTR
        with self._worded("allocating a buffer"):
            # It keeps the room as long as it lives.
            return pyopencl.Buffer(self._context, flags, hostbuf=room)

    def _by_threads(self, size_bytes: int, work: Callable[[int, int], None]) -> None:
        """Have threads of ours do `work` on the bytes from a first one to before another, each on its part."""
        threads = min(self._info.compute_units or 1, MOST_TOUCHING)
        step = -(-size_bytes // threads // PAGE_BYTES) * PAGE_BYTES
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda start: work(start, min(start + step, size_bytes)), range(0, size_bytes, step)))

    def _spread(self, held: Any, period_bytes: int, size_bytes: int) -> None:
        """See HoldsBuffers: in our own memory by our own threads, where a runtime would copy by one."""
        if not self._is_here(size_bytes):
            super()._spread(held, period_bytes, size_bytes)
            return
        import pyopencl

        tile_bytes = tile_of(period_bytes, size_bytes)
        super()._spread(held, period_bytes, tile_bytes)
        flags = pyopencl.map_flags.READ | pyopencl.map_flags.WRITE
        with self._worded("filling a buffer"):
            room, _ = pyopencl.enqueue_map_buffer(self._queue, held, flags, 0, (size_bytes,), np.uint8)
            try:
                self._by_threads(size_bytes, lambda start, stop: copy_tiles(room, tile_bytes, start, stop))
            finally:
                room.base.release(self._queue)
            self._queue.finish()

    def _is_here(self, size_bytes: int) -> bool:
        """Whether a buffer of that size is memory of this process."""
        return self._info.on_host_cores and not self._info.simulator and size_bytes >= LARGE_BYTES

    def _from(self, held: Any, offset_bytes: int) -> Any:
        with self._worded("taking a part of a buffer"):
            return held.get_sub_region(offset_bytes, held.size - offset_bytes)

    def _zero(self, held: Any, first_byte: int) -> None:
        with self._worded("clearing a buffer"):
            self._write_zeros(held, first_byte)

    def _write_zeros(self, held: Any, first_byte: int) -> None:
        """By doubling copies: NVIDIA's driver takes more than half a minute for 2 GiB by clEnqueueFillBuffer."""
        import pyopencl

        done = first_byte + min(held.size - first_byte, FIRST_ZEROS_BYTES)
        pyopencl.enqueue_copy(self._queue, held, np.zeros(done - first_byte, np.uint8), dst_offset=first_byte)
        while done < held.size:
            more = min(done - first_byte, held.size - done)
            pyopencl.enqueue_copy(self._queue, held, held, byte_count=more, src_offset=first_byte, dst_offset=done)
            done += more
        self._queue.finish()

    def release(self) -> None:
        """See Executor. Nothing may still be under way in memory that goes with its buffer."""
        import pyopencl

        with suppress(pyopencl.Error):
            self._queue.finish()
        super().release()

    def _build(self, source: Source) -> tuple[_Kernel, float]:
        """The kernel, and the seconds that it took."""
        import pyopencl

        started = time.perf_counter()
        try:
            kernel = pyopencl.Kernel(compiled(self._context, source.text, self._cpu), source.entry)
            known = _Kernel(source, kernel, largest_group_of(kernel, self._opencl_device))
            return known, time.perf_counter() - started
        except pyopencl.RuntimeError as error:
            if error.code != pyopencl.status_code.BUILD_PROGRAM_FAILURE:
                raise failure(f"{self._info.id}: building the kernel", error, self._info.remedy) from error
            raise build_failure(self._info, str(error)) from error
        except pyopencl.Error as error:
            raise failure(f"{self._info.id}: building the kernel", error, self._info.remedy) from error
        except UnicodeDecodeError as error:
            raise DeviceError(f"{self._info.id}: its driver's build log is not text; {self._info.remedy}") from error

    @contextmanager
    def _worded(self, what: str) -> Iterator[None]:
        import pyopencl

        try:
            yield
        except pyopencl.Error as error:
            raise failure(f"{self._info.id}: {what}", error, self._info.remedy) from error


def _group(known: _Kernel, launch: Launch) -> int:
    """The largest power of two that divides the items, that the kernel takes, and that is no more than the grain."""
    return largest_group(launch.items, min(LARGEST_GROUP, launch.grain or LARGEST_GROUP, known.largest_group))
