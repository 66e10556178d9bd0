"""Matrix products against numpy alone, convolutions against oneDNN's direct one: in turns, on one core.

Run with `tox -e perf -- tests/perf/test_products.py`; the figures stand in `extra_info`. By the thread's CPU time, so
that other programs cost little. oneDNN's is compiled from conv_peer.cpp (Debian: libdnnl-dev); it is limited to what
our kernel of the row uses, VNNI or AMX.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np
import pytest

from hashwatt.kernels.cpu.blas import about_blas, threads_of_blas
from hashwatt.kernels.cpu.codegen.dot_tile import host_target
from hashwatt.kernels.cpu.cores.amx import why_no_amx
from hashwatt.kernels.machines import host_machine
from hashwatt.kernels.workloads.gemm.library import multiply
from hashwatt.kernels.workloads.gemm.product import Gemm

from .in_turns import aligned, alternated, filled

HERE = Path(__file__).parent
GEMM_SIZE = 1024
# The goals are 0.99, 0.95 and 0.97; below the first two by what a loaded machine makes of a ratio.
LEAST = {"gemm": 0.97, "float32": 0.93, "int8": 0.97, "AMX": 0.9}


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
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("g++")
    if compiler is None or not Path("/usr/include/oneapi/dnnl/dnnl.hpp").exists():
        pytest.skip("oneDNN's headers or g++ are not here; on Debian: apt-get install libdnnl-dev g++")
    made = tmp_path_factory.mktemp("peer") / "peer.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(made), str(HERE / "conv_peer.cpp"), "-ldnnl"]
    subprocess.run(command, check=True)
    return made


@pytest.mark.parametrize(
    ("number", "peer_up_to"),
    [("float32", "AVX512_CORE"), ("int8", "AVX512_CORE_VNNI"), pytest.param("int8", "AVX512_CORE_AMX", id="int8-AMX")],
)
def test_a_convolution_is_as_fast_as_onednn_s(benchmark: Any, library: Path, number: str, peer_up_to: str) -> None:
    by_amx = peer_up_to == "AVX512_CORE_AMX"
    if by_amx and (reason := why_no_amx(number)):
        pytest.skip(reason)
    # oneDNN asks once in a process what it may use.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "DNNL_MAX_CPU_ISA": peer_up_to}
    way = "amx" if by_amx else host_target(number).way
    command = [sys.executable, "-m", "tests.perf.conv_beside_onednn", str(library), number, way]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    row = json.loads(done.stdout)
    if row is None:
        pytest.skip(f"oneDNN has no direct convolution of {number} here")
    told(benchmark, row["ratios"], {"number": number, "way": way, "peer": row["peer"]})
    assert median(row["ratios"]) > LEAST["AMX" if by_amx else number]


def told(benchmark: Any, ratios: list[float], more: dict[str, Any]) -> None:
    """Keep the figures."""
    machine = host_machine()
    low, _, high = quantiles(ratios)
    benchmark.extra_info.update(
        {"machine": machine and machine.name, "ratio": round(median(ratios), 3), "low": low, "high": high, **more}
    )
    print(f"\n  {benchmark.extra_info}", end="")
    benchmark.pedantic(lambda: None, rounds=1)
