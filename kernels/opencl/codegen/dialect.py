"""The languages that a generated kernel is written in: OpenCL C, and CUDA C++ by way of a few definitions.

A kernel is the same text in both. It is OpenCL C; before it, the dialect's prelude says what its words mean where
the language has other ones: address spaces, the index of a work-item, rotations, selections, atomics. A new word of
OpenCL in a kernel needs a line here, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

DialectName = Literal["opencl", "cuda"]


@dataclass(frozen=True)
class Dialect:
    """`prelude`: the lines before a kernel. `widest`: nonces a vector that its compilers know operators for."""

    name: DialectName
    prelude: tuple[str, ...]
    widest: int


OPENCL = Dialect("opencl", (), widest=16)

# CUDA's own vectors have no operators, and two nonces a work-item gain nothing on a GPU.
CUDA = Dialect(
    "cuda",
    (
        "/* OpenCL C's words in CUDA C++. */",
        "typedef unsigned int uint;",
        "typedef unsigned long long ulong;",
        '#define __kernel extern "C" __global__',
        "#define __global",
        "#define __local __shared__",
        "#define CUDA_INLINE __device__ __forceinline__",
        "CUDA_INLINE uint get_local_id(uint) { return threadIdx.x; }",
        "CUDA_INLINE uint get_local_size(uint) { return blockDim.x; }",
        "CUDA_INLINE uint get_group_id(uint) { return blockIdx.x; }",
        "CUDA_INLINE uint get_global_id(uint) { return blockIdx.x * blockDim.x + threadIdx.x; }",
        "CUDA_INLINE uint get_global_size(uint) { return gridDim.x * blockDim.x; }",
        "CUDA_INLINE uint rotate(uint x, uint n) { return __funnelshift_l(x, x, n); }",
        "CUDA_INLINE uint bitselect(uint a, uint b, uint c) { return (a & ~c) | (b & c); }",
        "CUDA_INLINE uint mul_hi(uint a, uint b) { return __umulhi(a, b); }",
        "CUDA_INLINE uint atomic_inc(volatile uint *at) { return atomicAdd((uint *)at, 1u); }",
        "CUDA_INLINE uint atomic_xor(volatile uint *at, uint x) { return atomicXor((uint *)at, x); }",
        "",
    ),
    widest=1,
)

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (OPENCL, CUDA)}
