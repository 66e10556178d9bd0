"""Kernels on buffers, on the CPU's cores: each pinned thread works on its own part of every buffer, always the same.

A kernel of the language `llvm` is what the function named by the source gives: LLVM IR for this host, in the form that
`native` describes. One of `numba` is the function itself.

Parts begin on a page: no two threads share one. A thread touches its part first, so that on machines with several
memory controllers the pages lie beside it; and since no item depends on another one's data, threads need not wait for
each other between repeats.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ..device import KernelId, Launch, Launched, Scalar, Source
from ..errors import DeviceError, shortage_of
from ..execution import (
    PAGE_BYTES,
    Bytes,
    HoldsArrays,
    check_launch,
    check_source,
    copy_tiles,
    function_of,
    no_room,
    room_on_pages,
    tile_of,
    touch_pages,
)
from ..system.memory_nodes import is_one_node
from .blas import threads_of_blas
from .cores.clock import counts_cpu_time, thread_seconds
from .native import NativeFunction
from .workers import Workers

T = TypeVar("T")

NUMBA, LLVM, NUMPY = "numba", "llvm", "numpy"
LANGUAGES = (NUMBA, LLVM, NUMPY)


@dataclass(frozen=True)
class _Kernel:
    source: Source
    run: Callable[[Sequence[Scalar], bool], Callable[..., None]]


class Team:
    """Threads that each do their own part: number k of `len(team)` always gets the k-th."""

    def __init__(self, cpus: Sequence[int]) -> None:
        """A thread on each of these logical CPUs."""
        self._workers = Workers(cpus, pin=True)
        self._numbers: dict[int, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._workers)

    def on_each(self, work: Callable[[int], T]) -> list[T]:
        """What `work` returns for each part's number; all begin at the same moment. Raises what it raises."""
        # A thread that is through early must not take another one's part: all wait until each has taken one.
        ready = threading.Barrier(len(self))

        def part() -> T:
            with self._lock:
                number = self._numbers.setdefault(threading.get_ident(), len(self._numbers))
            ready.wait()
            return work(number)

        return self._workers.on_all(part, ready.abort)

    def close(self) -> None:
        """End the threads."""
        self._workers.close()


class CpuExecutor(HoldsArrays):
    """`Executor` on the CPU's cores; kernels are plain functions that Numba compiles."""

    def __init__(self, device_id: str, cpus: Sequence[int]) -> None:
        """One thread on each of these logical CPUs."""
        # Where there are several controllers, each thread's pages lie beside its own.
        super().__init__(device_id, in_parts=is_one_node())
        self._team = Team(cpus)

    def compile(self, source: Source) -> tuple[KernelId, float]:
        """See Executor."""
        check_source(source, LANGUAGES, self._device_id)
        return self._built_once(source, lambda: _build(source))

    def launch(self, launch: Launch) -> Launched:
        """See Executor."""
        kernel = self._kernels.get(launch.kernel)
        raw = self._parts(launch)
        check_launch(launch, kernel.source, tuple(each.size for each in raw), self._device_id)
        if kernel.source.language == LLVM:
            arrays = [each.ctypes.data for each in raw]
        else:
            arrays = [
                each[: each.size // np.dtype(name).itemsize * np.dtype(name).itemsize].view(name)
                for each, name in zip(raw, kernel.source.types, strict=True)
            ]
        run = kernel.run(launch.scalars, launch.rotate)
        grain = launch.grain or PAGE_BYTES // max(np.dtype(name).itemsize for name in kernel.source.types)

        def work(number: int) -> float:
            start, stop = _part(launch.items, grain, number, len(self._team))
            began_s = thread_seconds()
            if start < stop:
                run(*arrays, *launch.scalars, start, stop, launch.repeats)
            return thread_seconds() - began_s

        def by_library() -> None:
            with threads_of_blas(len(self._team)):
                for _ in range(launch.repeats):
                    run(*arrays, *launch.scalars, 0, launch.items)

        try:
            if kernel.source.language == NUMPY:
                by_library()
                cpu_s = None
            else:
                seconds = math.fsum(self._team.on_each(work))
                cpu_s = seconds if counts_cpu_time(thread_seconds) else None
        except DeviceError:
            raise
        except Exception as error:
            if shortage_of(error) is not None:
                raise
            # Whatever Numba's compiler or a kernel raises is this kernel's failure only.
            fault = f"{type(error).__name__}: {error!s:.200}"
            raise DeviceError(f"{self._device_id}: the kernel {kernel.source.text:.80} failed ({fault})") from error
        return Launched(threads=len(self._team), cpu_s=cpu_s)

    def close(self) -> None:
        """Give everything back and end the threads."""
        self._buffers.close()
        self._kernels.clear()
        self._built.clear()
        self._team.close()

    def _zeros(self, size_bytes: int) -> Bytes:
        """Zeros, each part written first by the thread whose part it is."""
        try:
            buffer = room_on_pages(size_bytes)
        except MemoryError:
            raise no_room(self._device_id, size_bytes) from None

        def touch(number: int) -> None:
            start, stop = _part(size_bytes, PAGE_BYTES, number, len(self._team))
            touch_pages(buffer[start:stop])

        self._team.on_each(touch)
        return buffer

    def _zero(self, held: Bytes, first_byte: int) -> None:
        """See HoldsBuffers: each thread its own part."""

        def clear(number: int) -> None:
            start, stop = _part(held.size, PAGE_BYTES, number, len(self._team))
            held[max(start, first_byte) : stop] = 0

        self._team.on_each(clear)

    def _spread(self, held: Bytes, period_bytes: int, size_bytes: int) -> None:
        """See HoldsBuffers: each thread into its own part, from some periods that its own cache holds."""
        tile_bytes = tile_of(period_bytes, size_bytes)
        super()._spread(held, period_bytes, tile_bytes)

        def copy(number: int) -> None:
            start, stop = _part(held.size, PAGE_BYTES, number, len(self._team))
            copy_tiles(held, tile_bytes, start, min(stop, size_bytes))

        self._team.on_each(copy)


def _build(source: Source) -> tuple[_Kernel, float]:
    """The kernel, and the CPU seconds that it took."""
    started = time.process_time()
    if source.language == NUMPY:
        function = function_of(source)
        return _Kernel(source, lambda scalars, rotate: function), 0.0
    if source.language == LLVM:
        run = _native(NativeFunction(function_of(source)(), source.entry), len(source.types))
    else:
        run = _compiled(function_of(source), len(source.types))
    # Numba compiles at the first call, for the types of its arguments: the number of scalars is not known here.
    return _Kernel(source, run), time.process_time() - started


def _part(items: int, grain: int, number: int, parts: int) -> tuple[int, int]:
    """The `number`-th of so many equal parts, cut at multiples of `grain` items."""
    grains = -(-items // grain)
    return min(items, grains * number // parts * grain), min(items, grains * (number + 1) // parts * grain)


def _native(function: NativeFunction, buffers: int) -> Callable[[Sequence[Scalar], bool], Callable[..., None]]:
    """What gives, for scalars of these types and with or without rotation, the function in a loop over its repeats."""

    def run(scalars: Sequence[Scalar], rotate: bool) -> Callable[..., None]:
        call = function.typed(buffers, scalars)

        def repeated(*arguments: Any) -> None:
            *others, repeats = arguments
            places, rest = others[:buffers], others[buffers:]
            for _ in range(repeats):
                call(*places, *rest)
                if rotate:
                    places = [*places[1:], places[0]]

        return repeated

    return run


def _compiled(function: Any, buffers: int) -> Callable[[Sequence[Scalar], bool], Callable[..., None]]:
    """What gives, for so many scalars and with or without rotation, the kernel in a loop over its repeats.

    Raises DeviceError where Numba cannot be loaded or has been told not to compile.
    """
    try:
        import numba
    except Exception as error:
        if shortage_of(error) is not None:
            raise
        words = " ".join(str(error).split())
        raise DeviceError(f"Numba cannot be loaded ({words:.60}); install hashwatt anew") from error
    if numba.config.DISABLE_JIT:
        raise DeviceError("this program has set numba.config.DISABLE_JIT, so no kernel can be compiled; unset it")
    compiled = numba.njit(nogil=True)(function)
    made: dict[tuple[int, bool], Callable[..., None]] = {}

    def run(scalars: Sequence[Scalar], rotate: bool) -> Callable[..., None]:
        key = len(scalars), rotate and buffers > 1
        if key not in made:
            made[key] = numba.njit(nogil=True)(_wrapper(compiled, buffers, *key))
        return made[key]

    return run


def _wrapper(kernel: Any, buffers: int, scalars: int, rotate: bool) -> Callable[..., None]:
    names = [f"b{index}" for index in range(buffers)]
    arguments = ", ".join([*names, *(f"s{index}" for index in range(scalars)), "start", "stop"])
    lines = [f"def run({arguments}, repeats):", "    for _ in range(repeats):", f"        kernel({arguments})"]
    if rotate:
        lines.append(f"        {', '.join(names)} = {', '.join([*names[1:], names[0]])}")
    space: dict[str, Any] = {"kernel": kernel}
    exec("\n".join(lines), space)
    return space["run"]  # type: ignore[no-any-return]
