"""Our convolution beside oneDNN's, as JSON: `python -m tests.perf.conv_beside_onednn LIBRARY NUMBER WAY`.

A process of its own: oneDNN reads once in a process what it may use (DNNL_MAX_CPU_ISA).
"""

from __future__ import annotations

import ctypes
import json
import sys
from typing import Any

import numba
import numpy as np

from hashwatt.kernels.cpu.native import NativeFunction
from hashwatt.kernels.workloads.conv import cpu as on_cpu
from hashwatt.kernels.workloads.conv import on_amx
from hashwatt.kernels.workloads.conv.product import Conv
from hashwatt.kernels.workloads.conv.shape import ITEMS
from hashwatt.kernels.workloads.pairs.inputs import values

from .in_turns import aligned, alternated, filled

SIZE = 64
# AMX does a convolution in 0.4 ms: so many are timed together.
TIMES = 3


def row(library: str, number: str, way: str) -> dict[str, Any] | None:
    """The peer's time over ours, and what the peer calls itself; None where it has no such convolution."""
    loaded = ctypes.CDLL(library)
    loaded.peer_make.restype = ctypes.c_void_p
    loaded.peer_name.restype = ctypes.c_char_p
    loaded.peer_name.argtypes = loaded.peer_run.argtypes = [ctypes.c_void_p]
    handle = loaded.peer_make(int(number == "int8"), 128, SIZE)
    if not handle:
        return None
    product = Conv(SIZE, number)
    image, weights = filled(product, number)
    sums = aligned(np.zeros(SIZE * SIZE * 128, product.product_type))
    if way == "amx":
        native = NativeFunction(on_amx.convolve_int8(), on_amx.ENTRY)
        function, places = native.typed(3, (1,) * 4), (sums.ctypes.data, image.ctypes.data, weights.ctypes.data)
    else:
        function = numba.njit(nogil=True)(getattr(on_cpu, f"convolve_{number}"))
        places = (sums, image, weights)

    def ours() -> None:
        for _ in range(TIMES):
            function(*places, SIZE, 1, 0, 1, 0, ITEMS)

    def peers() -> None:
        for _ in range(TIMES):
            loaded.peer_run(handle)

    ratios = alternated(ours, peers)
    expected = product.expected(values(product.left, 1), values(product.right, 2), range(product.lines))
    assert np.array_equal(sums.reshape(expected.shape), expected)
    return {"ratios": ratios, "peer": loaded.peer_name(handle).decode()}


if __name__ == "__main__":
    print(json.dumps(row(*sys.argv[1:])))
