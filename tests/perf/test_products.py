"""Matrix products against numpy alone, convolutions against oneDNN's direct one: in turns, on one core.

Run with `tox -e perf -- tests/perf/test_products.py`; the figures stand in `extra_info`. By the thread's CPU time, so
that other programs cost little. oneDNN's is compiled from conv_peer.cpp (Debian: libdnnl-dev), and without AMX.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numba
import numpy as np
import pytest

from hashwatt.kernels.cpu.blas import about_blas, threads_of_blas
from hashwatt.kernels.cpu.codegen.dot_tile import host_target
from hashwatt.kernels.cpu.cores.clock import thread_seconds
from hashwatt.kernels.machines import host_machine
from hashwatt.kernels.workloads.conv import cpu as conv_on_cpu
from hashwatt.kernels.workloads.conv.product import Conv
from hashwatt.kernels.workloads.conv.shape import ITEMS
from hashwatt.kernels.workloads.gemm.library import multiply
from hashwatt.kernels.workloads.gemm.product import Gemm
from hashwatt.kernels.workloads.pairs.inputs import values
from hashwatt.kernels.workloads.pairs.product import Product

HERE = Path(__file__).parent
# A product takes some hundredths of a second, and a goal of one in a hundred wants many of them.
ROUNDS = 61
GEMM_SIZE = 1024
SIZE = 64
# The goals are 0.99, 0.95 and 0.97; below the first two by what a loaded machine makes of a ratio.
LEAST = {"gemm": 0.97, "float32": 0.93, "int8": 0.97}


def alternated(ours: Callable[[], object], peer: Callable[[], object]) -> list[float]:
    """The peer's time over ours, round by round."""
    ours()
    peer()
    ratios = []
    for number in range(ROUNDS):
        seconds = {}
        for work in (ours, peer) if number % 2 else (peer, ours):
            started = thread_seconds()
            work()
            seconds[work] = thread_seconds() - started
        ratios.append(seconds[peer] / seconds[ours])
    return ratios


def filled(product: Product, number: str) -> tuple[Any, Any]:
    """A left and a right operand as a device has them."""
    made = []
    for box, seed in ((product.left, 1), (product.right, 2)):
        whole = np.zeros((box.lines, box.line), number)
        whole[box.top : box.top + box.rows, box.left : box.left + box.columns] = values(box, seed)
        made.append(aligned(whole))
    return made[0], made[1]


def aligned(array: Any) -> Any:
    """The same numbers, from a page on."""
    room = np.empty(array.nbytes + 4096, np.uint8)
    begin = -room.ctypes.data % 4096
    placed = room[begin : begin + array.nbytes].view(array.dtype)
    placed[:] = array.ravel()
    return placed


@pytest.mark.parametrize("number", ["float32", "float64"])
def test_a_matrix_product_costs_no_more_than_numpy_alone(benchmark: Any, number: str) -> None:
    size = GEMM_SIZE
    left, right = filled(Gemm(size, number), number)
    one, other = left.reshape(size, size), right.reshape(size, size)
    # Both write to the same memory: where pages come to lie makes as much of a difference as is looked for here.
    product = aligned(np.zeros(size * size, number))
    whole = product.reshape(size, size)

    def ours() -> None:
        multiply(product, left, right, size, 1, 0, 1, 0, 1)

    with threads_of_blas(1):
        ours()
        made = whole.copy()
        ratios = alternated(ours, lambda: np.matmul(one, other, out=whole))
    assert np.array_equal(made, whole)
    told(benchmark, ratios, {"number": number, **about_blas()})
    assert median(ratios) > LEAST["gemm"]


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    compiler = shutil.which("g++")
    if compiler is None or not Path("/usr/include/oneapi/dnnl/dnnl.hpp").exists():
        pytest.skip("oneDNN's headers or g++ are not here; on Debian: apt-get install libdnnl-dev g++")
    library = tmp_path_factory.mktemp("peer") / "peer.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(HERE / "conv_peer.cpp"), "-ldnnl"]
    subprocess.run(command, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        # What our kernels have, too: no AMX.
        patch.setenv("DNNL_MAX_CPU_ISA", "AVX512_CORE_VNNI")
        loaded = ctypes.CDLL(str(library))
        loaded.peer_make.restype = ctypes.c_void_p
        loaded.peer_name.restype = ctypes.c_char_p
        loaded.peer_name.argtypes = loaded.peer_run.argtypes = [ctypes.c_void_p]
        yield loaded


@pytest.mark.parametrize("number", ["float32", "int8"])
def test_a_convolution_is_as_fast_as_onednn_s(benchmark: Any, peer: Any, number: str) -> None:
    handle = peer.peer_make(int(number == "int8"), 128, SIZE)
    if not handle:
        pytest.skip(f"oneDNN has no direct convolution of {number} here")
    product = Conv(SIZE, number)
    image, weights = filled(product, number)
    sums = aligned(np.zeros(SIZE * SIZE * 128, product.product_type))
    convolve = numba.njit(nogil=True)(getattr(conv_on_cpu, f"convolve_{number}"))
    ratios = alternated(lambda: convolve(sums, image, weights, SIZE, 1, 0, 1, 0, ITEMS), lambda: peer.peer_run(handle))
    expected = product.expected(values(product.left, 1), values(product.right, 2), range(product.lines))
    assert np.array_equal(sums.reshape(expected.shape), expected)
    told(benchmark, ratios, {"number": number, "way": host_target(number).way, "peer": peer.peer_name(handle).decode()})
    assert median(ratios) > LEAST[number]


def told(benchmark: Any, ratios: list[float], more: dict[str, Any]) -> None:
    """Keep the figures."""
    machine = host_machine()
    low, _, high = quantiles(ratios)
    benchmark.extra_info.update(
        {"machine": machine and machine.name, "ratio": round(median(ratios), 3), "low": low, "high": high, **more}
    )
    print(f"\n  {benchmark.extra_info}", end="")
    benchmark.pedantic(lambda: None, rounds=1)
