"""Kernels on buffers of a card. Sources are OpenCL C that the dialect's words can say in CUDA C++."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..device import BufferId, DeviceInfo, KernelId, Launch, Launched, Source
from ..errors import DeviceError
from ..execution import HoldsBuffers, as_argument, check_launch, check_source, check_span, largest_group
from ..opencl.codegen.dialect import CUDA
from .queue import Queue
from .wording import worded

LANGUAGES = ("opencl",)
# Every card takes it.
LARGEST_GROUP = 256
# Launches under way at once, as with OpenCL.
MOST_UNDER_WAY = 32
NS = 1e-9
# What goes through memory that the card reads and writes by itself, in pieces.
PIECE_BYTES = 16 << 20
# `(float2)(a, b)` is a comma expression to C++, which no compiler refuses. Of four words there is a type below.
WORDS4 = "uint4"
SAME_TYPE = re.compile(rf"typedef {WORDS4} (\w+);")
PLACES = re.compile(r"\.s([0-3]{4})\b")
VECTOR = re.compile(r"\b(?:u?(?:char|short|int|long)|float|double|half)(?:2|3|4|8|16)\b")
# OpenCL's words without underscores are free names in C++; as macros they would change CUDA's own words.
KEYWORD = re.compile(r"\b(?=(?:kernel|global|local|constant|private)\b)")
# Beyond what the hash's kernels say.
MORE_WORDS = """\
typedef unsigned char uchar;
typedef unsigned short ushort;
#define __constant static __constant__ const
#define __private
#define CLK_LOCAL_MEM_FENCE 1
#define CLK_GLOBAL_MEM_FENCE 2
#define barrier(fence) __syncthreads()
CUDA_INLINE uint get_num_groups(uint) { return gridDim.x; }
CUDA_INLINE ulong rotate(ulong x, ulong n) { return (x << (n & 63)) | (x >> ((64 - n) & 63)); }
CUDA_INLINE ulong bitselect(ulong a, ulong b, ulong c) { return (a & ~c) | (b & c); }
CUDA_INLINE ulong mul_hi(ulong a, ulong b) { return __umul64hi(a, b); }
"""
# Aligned, so that a card reads and writes its four words at once.
FOUR_WORDS = """\
struct alignas(16) words4 {
    uint s0, s1, s2, s3;
    words4() = default;
    CUDA_INLINE explicit words4(uint x) : s0(x), s1(x), s2(x), s3(x) {}
    CUDA_INLINE words4(uint a, uint b, uint c, uint d) : s0(a), s1(b), s2(c), s3(d) {}
    CUDA_INLINE uint at(uint n) const { return n == 0 ? s0 : n == 1 ? s1 : n == 2 ? s2 : s3; }
    template <uint places> CUDA_INLINE words4 turned() const {
        return words4(at(places >> 12 & 3), at(places >> 8 & 3), at(places >> 4 & 3), at(places & 3));
    }
    CUDA_INLINE void operator^=(words4 y) { s0 ^= y.s0, s1 ^= y.s1, s2 ^= y.s2, s3 ^= y.s3; }
};
CUDA_INLINE words4 operator+(words4 x, words4 y) {
    return words4(x.s0 + y.s0, x.s1 + y.s1, x.s2 + y.s2, x.s3 + y.s3);
}
CUDA_INLINE words4 operator^(words4 x, words4 y) {
    return words4(x.s0 ^ y.s0, x.s1 ^ y.s1, x.s2 ^ y.s2, x.s3 ^ y.s3);
}
CUDA_INLINE words4 rotate(words4 x, words4 n) {
    return words4(rotate(x.s0, n.s0), rotate(x.s1, n.s1), rotate(x.s2, n.s2), rotate(x.s3, n.s3));
}
"""


def as_cuda(opencl: str) -> str:
    """OpenCL C as CUDA C++. Raises ValueError where it has what would be misunderstood without a word."""
    words = [MORE_WORDS]
    if re.search(rf"\b{WORDS4}\b", opencl):
        opencl = _with_four_words(opencl)
        words.append(FOUR_WORDS)
    vector = VECTOR.search(opencl)
    if vector:
        raise ValueError(f"it has {vector[0]}, and CUDA's vectors have no operators")
    return "\n".join((*CUDA.prelude, *words, KEYWORD.sub("__", opencl)))


def _with_four_words(opencl: str) -> str:
    """`(uint4)(a, b, c, d)` as a call, also by the names of typedefs; `.s1230` as a turn."""
    names = "|".join((WORDS4, *SAME_TYPE.findall(opencl)))
    called = re.sub(rf"\((?:{names})\)(?=\()", "words4", opencl)
    return re.sub(rf"\b{WORDS4}\b", "words4", PLACES.sub(r".turned<0x\1>()", called))


@dataclass(frozen=True)
class _Kernel:
    source: Source
    kernel: Any


class CudaExecutor(HoldsBuffers):
    """`Executor` on one queue of a card."""

    def __init__(self, info: DeviceInfo, queue: Queue, compiled: Callable[[str, str], Any]) -> None:
        """`compiled`: a CUDA source and an entry become a kernel."""
        super().__init__(info.id)
        self._info = info
        self._queue = queue
        self._compiled = compiled

    def write(self, buffer: BufferId, offset_bytes: int, data: bytes) -> None:
        """See Executor."""
        with self._buffers.to_overwrite(buffer, offset_bytes, len(data)) as target, self._worded("writing a buffer"):
            check_span(target.size, offset_bytes, len(data), self._info.id)
            for first in range(0, len(data), PIECE_BYTES):
                piece = data[first : first + PIECE_BYTES]
                host, array = self._queue.host_memory(len(piece))
                array[:] = np.frombuffer(piece, np.uint8)
                self._queue.copy(self._queue.part(target, offset_bytes + first, len(piece)), host)
                self._queue.wait(self._queue.mark())

    def _copy_to(self, held: Any, to_bytes: int, count: int) -> None:
        with self._worded("copying within a buffer"):
            self._queue.copy(self._queue.part(held, to_bytes, count), self._queue.part(held, 0, count))
            self._queue.wait(self._queue.mark())

    def read(self, buffer: BufferId, offset_bytes: int, size_bytes: int) -> bytes:
        """See Executor."""
        target = self._buffers.get(buffer)
        check_span(target.size, offset_bytes, size_bytes, self._info.id)
        pieces = []
        with self._worded("reading a buffer"):
            for first in range(0, size_bytes, PIECE_BYTES):
                size = min(PIECE_BYTES, size_bytes - first)
                host, array = self._queue.host_memory(size)
                self._queue.copy(host, self._queue.part(target, offset_bytes + first, size))
                self._queue.wait(self._queue.mark())
                pieces.append(array.tobytes())
        return b"".join(pieces)

    def compile(self, source: Source) -> tuple[KernelId, float]:
        """See Executor."""
        check_source(source, LANGUAGES, self._info.id)
        return self._built_once(source, lambda: self._build(source))

    def launch(self, launch: Launch) -> Launched:
        """See Executor."""
        known: _Kernel = self._kernels.get(launch.kernel)
        buffers = self._parts(launch)
        check_launch(launch, known.source, tuple(buffer.size for buffer in buffers), self._info.id)
        scalars = [as_argument(value) for value in launch.scalars]
        group = largest_group(launch.items, LARGEST_GROUP)
        with self._worded("the launch"):
            first = last = self._queue.mark()
            for repeat in range(launch.repeats):
                self._queue.launch(known.kernel, launch.items // group, group, [*buffers, *scalars])
                if launch.rotate:
                    buffers = [*buffers[1:], buffers[0]]
                if repeat % MOST_UNDER_WAY == MOST_UNDER_WAY - 1:
                    self._queue.wait(self._queue.mark())
            last = self._queue.mark()
            self._queue.wait(last)
            return Launched(self._queue.seconds(first, last) or None)

    def _build(self, source: Source) -> tuple[_Kernel, float]:
        """The kernel, and the seconds that it took."""
        started = time.perf_counter()
        try:
            text = as_cuda(source.text)
        except ValueError as error:
            raise DeviceError(f"{self._info.id}: the kernel {source.entry} has no CUDA form: {error}") from error
        return _Kernel(source, self._compiled(text, source.entry)), time.perf_counter() - started

    def _zeros(self, size_bytes: int) -> Any:
        with self._worded("allocating a buffer"):
            buffer = self._queue.allocate(size_bytes)
            self._queue.fill(buffer, 0)
        return buffer

    def _from(self, held: Any, offset_bytes: int) -> Any:
        return self._queue.part(held, offset_bytes, held.size - offset_bytes)

    def _zero(self, held: Any, first_byte: int) -> None:
        with self._worded("clearing a buffer"):
            self._queue.fill(self._queue.part(held, first_byte, held.size - first_byte), 0)

    def _worded(self, what: str) -> Any:
        return worded(f"{self._info.id}: {what}", self._info.remedy)
