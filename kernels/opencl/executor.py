"""Kernels on buffers of an OpenCL device."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..device import BufferId, Ceiling, DeviceInfo, KernelId, Launch, Launched, Scalar, Source
from ..errors import DeviceError
from ..execution import Numbered, check_launch, check_source, check_span
from .program import compiled
from .runtimes.wording import build_failure, failure

LANGUAGES = ("opencl",)
LARGEST_GROUP = 256
# Launches under way at once: enough to keep a device busy, few enough for any driver's queue.
MOST_UNDER_WAY = 32
# A driver whose events claim less than this part of the time that passed does not keep time (rusticl: 1 ns).
SANE_EVENT_SHARE = 0.2
NS = 1e-9
# Arrays that shall not fit the caches are so many times as large as the largest of them.
BEYOND_CACHE = 4
SMALLEST_READ_BYTES = 64 << 20
LARGEST_READ_BYTES = 1 << 30
READ_TRIALS = 8
READ_GROUP = 64
VECTORS_AN_ITEM = 16
WORDS_A_VECTOR = 8
WORDS_AN_ITEM = VECTORS_AN_ITEM * WORDS_A_VECTOR
# A group reads one stretch of memory, its items vectors side by side; narrower ones are three times slower on PoCL.
READ = f"""\
kernel void read(global ulong *sums, global const ulong8 *words)
{{
    size_t first = get_group_id(0) * {VECTORS_AN_ITEM} * get_local_size(0) + get_local_id(0);
    ulong8 sum = 0;
    #pragma unroll
    for (int number = 0; number < {VECTORS_AN_ITEM}; number++)
        sum ^= words[first + number * get_local_size(0)];
    sums[get_global_id(0)] = sum.s0 ^ sum.s1 ^ sum.s2 ^ sum.s3 ^ sum.s4 ^ sum.s5 ^ sum.s6 ^ sum.s7;
}}
"""


@dataclass(frozen=True)
class _Kernel:
    source: Source
    kernel: Any


class OpenCLExecutor:
    """`Executor` on one queue of an OpenCL device; kernels are OpenCL C."""

    def __init__(self, info: DeviceInfo, opencl_device: Any, context: Any, queue: Any, cpu: str | None = None) -> None:
        """`queue` is in order and profiles; the three are pyopencl's objects. `cpu`: see `program.compiled`."""
        self._info = info
        self._cpu = cpu
        self._opencl_device = opencl_device
        self._context = context
        self._queue = queue
        self._buffers = Numbered(info.id, "buffer")
        self._kernels = Numbered(info.id, "kernel")

    def allocate(self, size_bytes: int) -> BufferId:
        """See Executor."""
        return self._buffers.add(self._zeros(size_bytes))

    def write(self, buffer: BufferId, offset_bytes: int, data: bytes) -> None:
        """See Executor."""
        import pyopencl

        target = self._buffers.get(buffer)
        check_span(target.size, offset_bytes, len(data), self._info.id)
        if data:
            with self._worded("writing a buffer"):
                pyopencl.enqueue_copy(self._queue, target, np.frombuffer(data, np.uint8), dst_offset=offset_bytes)

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
        started = time.perf_counter()
        kernel = self._built(source.text, source.entry)
        return self._kernels.add(_Kernel(source, kernel)), time.perf_counter() - started

    def launch(self, launch: Launch) -> Launched:
        """See Executor."""
        known: _Kernel = self._kernels.get(launch.kernel)
        buffers = [self._buffers.get(number) for number in launch.buffers]
        check_launch(launch, known.source, tuple(buffer.size for buffer in buffers), self._info.id)
        with self._worded("the launch"):
            return Launched(self._run(known.kernel, buffers, launch))

    def release(self) -> None:
        """See Executor."""
        self._buffers.clear()
        self._kernels.clear()

    def ceilings(self) -> tuple[Ceiling, ...]:
        """Memory: an array that no cache holds is read, the best of several times. A simulator has none."""
        if self._info.simulator:
            return ()
        size_bytes = self._read_bytes()
        items = size_bytes // 8 // WORDS_AN_ITEM // READ_GROUP * READ_GROUP
        with self._worded("measuring its memory"):
            words, sums = self._zeros(size_bytes), self._zeros(8 * items)
            kernel = self._built(READ, "read")
            launch = Launch(0, (), (), items)
            self._run(kernel, [sums, words], launch, READ_GROUP)
            fastest_s = min(self._timed(kernel, [sums, words], launch) for _ in range(READ_TRIALS))
        read_bytes = 8 * items * WORDS_AN_ITEM
        return (
            Ceiling(
                "memory",
                "byte",
                read_bytes / fastest_s,
                f"all compute units read {read_bytes >> 20} MiB, the best of {READ_TRIALS} times",
            ),
        )

    def _read_bytes(self) -> int:
        wanted = max(SMALLEST_READ_BYTES, min(LARGEST_READ_BYTES, BEYOND_CACHE * (self._info.cache_bytes or 0)))
        return int(min(wanted, self._opencl_device.max_mem_alloc_size, (self._info.memory_bytes or wanted) // 2))

    def _timed(self, kernel: Any, buffers: list[Any], launch: Launch) -> float:
        started = time.perf_counter()
        device_s = self._run(kernel, buffers, launch, READ_GROUP)
        return device_s or max(time.perf_counter() - started, NS)

    def _run(self, kernel: Any, buffers: list[Any], launch: Launch, most: int = LARGEST_GROUP) -> float | None:
        """Every repeat is a launch of its own, in order; the device's word for the time from the first to the last."""
        import pyopencl

        size, group = (launch.items,), (self._group(launch.items, most),)
        scalars = [_argument(value) for value in launch.scalars]
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

    def _group(self, items: int, most: int) -> int:
        """The largest power of two that divides the items and that the device takes."""
        largest = min(most, int(self._opencl_device.max_work_group_size))
        group = 1
        while group * 2 <= largest and items % (group * 2) == 0:
            group *= 2
        return group

    def _zeros(self, size_bytes: int) -> Any:
        import pyopencl

        if size_bytes < 1:
            raise DeviceError(f"{self._info.id}: a buffer has at least one byte, not {size_bytes}")
        with self._worded("allocating a buffer"):
            buffer = pyopencl.Buffer(self._context, pyopencl.mem_flags.READ_WRITE, size_bytes)
            pyopencl.enqueue_fill_buffer(self._queue, buffer, np.uint8(0), 0, size_bytes).wait()
        return buffer

    def _built(self, text: str, entry: str) -> Any:
        import pyopencl

        try:
            return pyopencl.Kernel(compiled(self._context, text, self._cpu), entry)
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


def _argument(value: Scalar) -> Any:
    return np.int64(value) if isinstance(value, int) else np.float64(value)
