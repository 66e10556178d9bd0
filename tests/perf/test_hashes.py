"""scrypt, Keccak-256 and BLAKE2s against cpuminer-opt's kernels, on one core, alternated by the thread's CPU time.

Run with `HASHWATT_CPUMINER=FOLDER/libpeer.so tox -e perf -- tests/perf/test_hashes.py -s`: the library is
cpuminer-opt's own scan functions, as `docs/performance.md` says how to build it. The figures stand in
`extra_info`, and are printed. Ours are compared as they race here, and where this CPU has AVX-512 and the library has
not, made of AVX2's instructions alone, too.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from statistics import median
from typing import Any

import numpy as np
import pytest

from hashwatt.kernels.cpu.backend import find
from hashwatt.kernels.cpu.cores.features import host_attributes, host_features
from hashwatt.kernels.cpu.native import NativeFunction
from hashwatt.kernels.device import Found
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.workloads.hashing import llvm
from hashwatt.kernels.workloads.hashing.kernel import HashKernel
from hashwatt.kernels.workloads.hashing.layout import ROOM, WORDS
from hashwatt.kernels.workloads.scrypt import llvm as scrypt_llvm

from ..kernels.workloads.hashing.hashes import workload

ROUNDS = 11
RACED = "as raced here"
LIBRARY = "HASHWATT_CPUMINER"
# The peer's scan functions, of AVX-512 and of AVX2 (a library has the one that its compiler was told), and nonces of a
# round.
PEERS = {
    "keccak256": (("scanhash_keccak_8way", "scanhash_keccak_4way"), 1 << 15),
    "blake2s": (("scanhash_blake2s_16way", "scanhash_blake2s_8way"), 1 << 17),
}
WITH_AVX512 = "scrypt_core_16way"
# Its cores of ROMix, with the hashes of a call: those that only AVX-512 has, and those that AVX2 has as well.
WIDE_ROMIX = {WITH_AVX512: 16, "scrypt_core_4way_simd128": 4, "scrypt_core_simd128_4way": 4}
ROMIX = {
    "scrypt_core_2way_simd128": 2,
    "scrypt_core_2way_simd128_2buf": 4,
    "scrypt_core_2way_simd128_3buf": 6,
    "scrypt_core_simd128_3buf": 3,
}
# Of our own kernels' rate, by CPU time.
LEAST_ON_OPENCL = 0.6
# A round: what each of these numbers of hashes divides.
ROMIX_HASHES = 48

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


@pytest.fixture(params=[RACED, "AVX2 alone"])
def instructions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which of this CPU's instructions our kernels are made of."""
    if request.param == "AVX2 alone":
        avx512 = {name for name in host_features() if name.startswith("avx512")}
        if not avx512:
            pytest.skip("this CPU has no AVX-512, so that its kernels are made of AVX2 as they are")
        monkeypatch.setattr(llvm, "host_features", lambda: host_features() - avx512)
        for module in (llvm, scrypt_llvm):
            monkeypatch.setattr(module, "host_attributes", lambda _without=(): host_attributes(("avx512f",)))
    return str(request.param)


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


def tell(benchmark: Any, taken: dict[str, list[float]], peers: list[str], about: str) -> float:
    """Each of our kernels' ratio to each peer, the medians of all rounds; our best one's to the peer's best."""
    ours = [name for name in taken if name not in peers]
    figures = {f"{name} (H/s)": 1e9 / median(times) for name, times in taken.items()}
    ratios = {
        f"{our} / {peer}": median(theirs / mine for theirs, mine in zip(taken[peer], taken[our], strict=True))
        for our in ours
        for peer in peers
    }
    benchmark.extra_info.update({"instructions": about, **figures, **ratios})
    for name, figure in benchmark.extra_info.items():
        print(f"\n  {name}: {figure if isinstance(figure, str) else format(figure, '.6g')}", end="")
    benchmark.pedantic(lambda: None)
    best, of_peers = (min(names, key=lambda name: median(taken[name])) for names in (ours, peers))
    return ratios[f"{best} / {of_peers}"]


@pytest.mark.parametrize("name", PEERS)
def test_a_hash_against_cpuminer_opts_scan(benchmark: Any, peer: ctypes.CDLL, name: str, instructions: str) -> None:
    functions, nonces = PEERS[name]
    function = next(each for each in functions if hasattr(peer, each))
    skip_unless_alike(instructions, function == functions[0])
    taken = alternated({function: scanned_by(peer, function, nonces), **ours(name, nonces)})
    ratio = tell(benchmark, taken, [function], instructions)
    # What no machine like this one runs is told, and judged where it does run.
    assert ratio > 1.0 or instructions != RACED


def skip_unless_alike(instructions: str, peer_has_avx512: bool) -> None:
    """Skip a comparison that says nothing: ours without what the peer has."""
    if instructions == "AVX2 alone" and peer_has_avx512:
        pytest.skip("the peer's library is made of AVX-512; one that is made for haswell compares with this")


def test_romix_against_cpuminer_opts_cores(benchmark: Any, peer: ctypes.CDLL, instructions: str) -> None:
    skip_unless_alike(instructions, hasattr(peer, WITH_AVX512))
    cores = {name: hashes for name, hashes in {**WIDE_ROMIX, **ROMIX}.items() if hasattr(peer, name)}
    room = np.zeros(max(cores.values()) * 1024 * 128 + (1 << 16), np.uint8)
    rows = -(-room.ctypes.data // 4096) * 4096
    memory = rows + 8192
    timed: dict[str, Timed] = {}
    for name, hashes in cores.items():
        times, core = ROMIX_HASHES // hashes, getattr(peer, name)

        def theirs(core: Any = core, times: int = times) -> float:
            def run() -> None:
                for _ in range(times):
                    core(ctypes.c_void_p(rows), ctypes.c_void_p(memory), ctypes.c_uint32(1024))

            return nanoseconds(run, ROMIX_HASHES)

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
                for _ in range(ROMIX_HASHES // mixed):
                    call(at, at + 8192)

            return nanoseconds(run, ROMIX_HASHES // mixed * mixed)

        timed[kernel.name] = run_ours
    taken = alternated(timed)
    ratio = tell(benchmark, taken, list(cores), instructions)
    assert ratio > 1.0 or instructions != RACED


def test_opencl_on_the_same_cores(benchmark: Any) -> None:
    """No peer of others' is needed: on OpenCL each hash is held against our own kernel for the CPU."""
    command = [sys.executable, "-m", "tests.perf.hashes_on_opencl"]
    done = benchmark.pedantic(subprocess.run, (command,), {"capture_output": True, "text": True}, rounds=1)
    if done.returncode:
        pytest.skip(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no OpenCL device on the CPU")
    ratios = json.loads(done.stdout)
    benchmark.extra_info["quartiles"] = ratios
    print(f"\n  OpenCL / ours: {ratios}")
    for name, kernels in ratios.items():
        assert max(median(quartiles) for quartiles in kernels.values()) >= LEAST_ON_OPENCL, name
