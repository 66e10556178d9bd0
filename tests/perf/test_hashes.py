"""scrypt, Keccak-256 and BLAKE2s against cpuminer-opt's kernels, on one core, alternated by the thread's CPU time.

Run with `HASHWATT_CPUMINER=FOLDER/libpeer.so tox -e perf -- tests/perf/test_hashes.py -s`: the library is
cpuminer-opt's own scan functions, as `docs/performance.md` says how to build it. The figures stand in
`extra_info`, and are printed.
"""

from __future__ import annotations

import ctypes
import os
import struct
import time
from collections.abc import Callable
from importlib import import_module
from statistics import median
from typing import Any

import numpy as np
import pytest

from hashwatt.kernels.cpu.backend import find
from hashwatt.kernels.cpu.native import NativeFunction
from hashwatt.kernels.device import Found
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.workloads.hashing.kernel import HashKernel
from hashwatt.kernels.workloads.hashing.layout import ROOM, WORDS

from ..kernels.workloads.hashing.hashes import workload

ROUNDS = 11
LIBRARY = "HASHWATT_CPUMINER"
# The peer's scan function of this library, and nonces of a round.
PEERS = {"keccak256": ("scanhash_keccak_4way", 1 << 15), "blake2s": ("scanhash_blake2s_8way", 1 << 17)}
ROMIX = ("scrypt_core_2way_simd128", "scrypt_core_2way_simd128_2buf", "scrypt_core_simd128_3buf")
HASHES_A_CALL = {"scrypt_core_2way_simd128": 2, "scrypt_core_2way_simd128_2buf": 4, "scrypt_core_simd128_3buf": 3}

# CPU nanoseconds a hash, measured once.
Timed = Callable[[], float]


@pytest.fixture(scope="module")
def peer() -> ctypes.CDLL:
    path = os.environ.get(LIBRARY)
    if not path:
        pytest.skip(f"{LIBRARY} names no library of cpuminer-opt's kernels")
    library = ctypes.CDLL(path)
    for name in ("peer_work_size", "peer_data", "peer_target"):
        getattr(library, name).restype = ctypes.c_size_t
    return library


def nanoseconds(work: Callable[[], object], hashes: int) -> float:
    started = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - started) / hashes


def our_kernels(name: str) -> list[HashKernel]:
    (found,) = (entry for entry in find() if isinstance(entry, Found))
    return workload(name).kernels(found.info, "llvm")


def text_of(kernel: HashKernel) -> str:
    module, _, function = kernel.source.text.partition(":")
    return str(getattr(import_module(module), function)())


def ours(name: str, nonces: int) -> dict[str, Timed]:
    timed: dict[str, Timed] = {}
    for kernel in our_kernels(name):
        function = NativeFunction(text_of(kernel), kernel.source.entry)
        call = function.typed(2, (0, 0, 0))
        job = np.frombuffer(kernel.job_bytes(Job((bytes(range(PREFIX_BYTES)),), 1)), np.uint8).copy()
        results = np.zeros(WORDS, np.uint32)

        def run(
            call: Any = call, job: Any = job, results: Any = results, kernel: HashKernel = kernel, keep: Any = function
        ) -> float:
            items = nonces // kernel.nonces_an_item
            return nanoseconds(lambda: call(job.ctypes.data, results.ctypes.data, 0, nonces, ROOM, 0, items), nonces)

        timed[kernel.name] = run
    return timed


def scanned_by(library: ctypes.CDLL, function: str, nonces: int) -> Timed:
    room = ctypes.create_string_buffer(library.peer_work_size() + 64)
    work = -(-ctypes.addressof(room) // 64) * 64
    thread, done = ctypes.create_string_buffer(4096), ctypes.c_uint64()
    header = struct.pack(">19I", *range(19)) + bytes(4)

    def run() -> float:
        ctypes.memmove(work + library.peer_data(), header, len(header))
        ctypes.memset(work + library.peer_target(), 0, 32)
        assert room
        call = getattr(library, function)
        started = time.thread_time_ns()
        call(ctypes.c_void_p(work), ctypes.c_uint32(nonces), ctypes.byref(done), thread)
        return (time.thread_time_ns() - started) / done.value

    return run


def alternated(timed: dict[str, Timed]) -> dict[str, list[float]]:
    for work in timed.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(ROUNDS):
        for name, work in timed.items():
            taken[name].append(work())
    return taken


def tell(benchmark: Any, taken: dict[str, list[float]], peers: list[str]) -> float:
    """Our best kernel's ratio to each peer, in each round; the smallest of the medians."""
    best = min((name for name in taken if name not in peers), key=lambda name: median(taken[name]))
    figures = {f"{name} (H/s)": 1e9 / median(times) for name, times in taken.items()}
    ratios = {
        peer: median(theirs / our for theirs, our in zip(taken[peer], taken[best], strict=True)) for peer in peers
    }
    benchmark.extra_info.update(figures | {f"{best} / {peer}": ratio for peer, ratio in ratios.items()})
    for name, figure in benchmark.extra_info.items():
        print(f"\n  {name}: {figure:.6g}", end="")
    benchmark.pedantic(lambda: None)
    return min(ratios.values())


@pytest.mark.parametrize("name", PEERS)
def test_a_hash_against_cpuminer_opts_scan(benchmark: Any, peer: ctypes.CDLL, name: str) -> None:
    function, nonces = PEERS[name]
    taken = alternated({function: scanned_by(peer, function, nonces), **ours(name, nonces)})
    assert tell(benchmark, taken, [function]) > 1.0


def test_romix_against_cpuminer_opts_cores(benchmark: Any, peer: ctypes.CDLL) -> None:
    room = np.zeros(4 * 1024 * 128 + (1 << 16), np.uint8)
    rows = -(-room.ctypes.data // 4096) * 4096
    memory = rows + 8192
    timed: dict[str, Timed] = {}
    for name in ROMIX:
        times, core = 12 // HASHES_A_CALL[name], getattr(peer, name)

        def theirs(core: Any = core, times: int = times) -> float:
            def run() -> None:
                for _ in range(times):
                    core(ctypes.c_void_p(rows), ctypes.c_void_p(memory), ctypes.c_uint32(1024))

            return nanoseconds(run, 12)

        timed[name] = theirs
    for kernel in our_kernels("scrypt"):
        # The module's own function, which nothing outside of it needs to see otherwise.
        text = text_of(kernel).replace("define internal void @romix", "define void @romix")
        function = NativeFunction(text, "romix")
        mixed = kernel.frame_bytes // (1024 * 128)
        own = np.zeros(kernel.frame_bytes + (1 << 16), np.uint8)
        own_rows = -(-own.ctypes.data // 4096) * 4096
        call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(function._address)

        def run_ours(call: Any = call, mixed: int = mixed, at: int = own_rows, keep: Any = (function, own)) -> float:
            def run() -> None:
                for _ in range(12 // mixed):
                    call(at, at + 8192)

            return nanoseconds(run, 12 // mixed * mixed)

        timed[kernel.name] = run_ours
    taken = alternated(timed)
    assert tell(benchmark, taken, list(ROMIX)) > 1.0
