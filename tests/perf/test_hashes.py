"""scrypt, Keccak-256 and BLAKE2s against cpuminer-opt's kernels, on one core, alternated by the thread's CPU time.

Run with `HASHWATT_CPUMINER=FOLDER/gcc.so:FOLDER/clang.so tox -e perf -- tests/perf/test_hashes.py -s`: each library
is cpuminer-opt's own scan functions, as `docs/performance.md` says how to build it, and is called by its file's name.
All are measured in turns, in bursts so short that some meet no other program. Printed, and in `extra_info`, are for
each kernel the median of all its bursts and of the fastest 3 % of them (undisturbed, or the least disturbed there
were), and for each of ours against each peer: the ratio of the fastest, and the median of the ratios within a turn
with the middle half of them; of each its cycles, by a chain of additions in the same turns; and for ours of 512 bits
how many cycles the ports of an Intel core need for the operations. Ours are compared as they race here, and where this
CPU has AVX-512 and a library has not, made of AVX2's instructions alone, too.
"""

from __future__ import annotations

import ctypes
import json
import math
import subprocess
import sys
from importlib import import_module
from statistics import median
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hashwatt.kernels.cpu.backend import find
from hashwatt.kernels.cpu.cores.features import host_attributes, host_features
from hashwatt.kernels.cpu.native import NativeFunction
from hashwatt.kernels.device import Found
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.machines import machine
from hashwatt.kernels.workloads.hashing import llvm
from hashwatt.kernels.workloads.hashing.kernel import HashKernel
from hashwatt.kernels.workloads.hashing.layout import ROOM, WORDS
from hashwatt.kernels.workloads.scrypt import llvm as scrypt_llvm

from ..kernels.workloads.hashing.hashes import workload
from .cpuminer import Peers, named_libraries, scanned_by
from .turns import CLOCK_NAME, Timed, a_cycle, alternated, nanoseconds, tell, tell_cycles

RACED = "as raced here"
# The peer's scan functions, of AVX-512 and of AVX2 (a library has the one that its compiler was told), and nonces of a
# burst: a third of a millisecond.
PEERS = {
    "keccak256": (("scanhash_keccak_8way", "scanhash_keccak_4way"), 1 << 11),
    "blake2s": (("scanhash_blake2s_16way", "scanhash_blake2s_8way"), 1 << 13),
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
# Of a hash: V of scrypt(1024, 1, 1).
FRAME_BYTES = 1024 * 128


@pytest.fixture(scope="module")
def peers() -> Peers:
    return named_libraries()


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


@pytest.mark.parametrize("name", PEERS)
def test_a_hash_against_cpuminer_opts_scan(benchmark: Any, peers: Peers, name: str, instructions: str) -> None:
    functions, nonces = PEERS[name]
    timed: dict[str, Timed] = {}
    for label, library in peers.items():
        function = next(each for each in functions if hasattr(library, each))
        skip_unless_alike(instructions, function == functions[0])
        timed[f"{label}'s {function}"] = scanned_by(library, function, nonces)
    theirs = list(timed)
    taken = alternated({CLOCK_NAME: a_cycle()} | timed | ours(name, nonces))
    cycle = taken.pop(CLOCK_NAME)
    ratio = tell(benchmark, taken, theirs, instructions)
    tell_cycles(benchmark, taken, cycle)
    tell_ports(benchmark, our_kernels(name))
    # What no machine like this one runs is told, and judged where it does run.
    assert ratio > 1.0 or instructions != RACED


def tell_ports(benchmark: Any, kernels: list[HashKernel]) -> None:
    """Print what vectors of 512 bits need of an Intel core: two ports for all operations, one for those that rotate."""
    ports = machine("skylake_avx512").ports(512)
    for kernel in kernels:
        if kernel.name.startswith("v512"):
            rotated = sum(kernel.mix.get(kind, 0) for kind in ("rotr", "shr", "shl"))
            cycles = {"all": sum(kernel.mix.values()) / ports.width, "rotate": rotated / ports.shifts}
            told = {kind: each / kernel.nonces_an_item for kind, each in cycles.items()}
            benchmark.extra_info[kernel.name]["cycles_of_ports"] = told
            mix = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kernel.mix.items()))
            by_ports = f"{told['all']:.2f} by two ports, {told['rotate']:.2f} by the one that rotates"
            print(f"\n  {kernel.name}: {mix} for {kernel.nonces_an_item} hashes; cycles: {by_ports}", end="")


def skip_unless_alike(instructions: str, peer_has_avx512: bool) -> None:
    """Skip a comparison that says nothing: ours without what the peer has."""
    if instructions == "AVX2 alone" and peer_has_avx512:
        pytest.skip("the peer's library is made of AVX-512; one that is made for haswell compares with this")


def test_romix_against_cpuminer_opts_cores(benchmark: Any, peers: Peers, instructions: str) -> None:
    cores: dict[str, tuple[Any, int]] = {}
    for label, library in peers.items():
        skip_unless_alike(instructions, hasattr(library, WITH_AVX512))
        for name, hashes in {**WIDE_ROMIX, **ROMIX}.items():
            if hasattr(library, name):
                cores[f"{label}'s {name} ({hashes} hashes)"] = getattr(library, name), hashes
    kernels = {kernel.name: kernel for kernel in our_kernels("scrypt")}
    mixed = {name: kernel.frame_bytes // FRAME_BYTES for name, kernel in kernels.items()}
    # A burst: what each number of hashes divides.
    burst = math.lcm(*mixed.values(), *(hashes for _, hashes in cores.values()))
    rows, memory, keep = romix_memory(max(hashes for _, hashes in cores.values()))
    timed: dict[str, Timed] = {}
    for name, (core, hashes) in cores.items():

        def theirs(core: Any = core, times: int = burst // hashes, keep: Any = keep) -> float:
            def run() -> None:
                for _ in range(times):
                    core(ctypes.c_void_p(rows), ctypes.c_void_p(memory), ctypes.c_uint32(1024))

            return nanoseconds(run, burst)

        timed[name] = theirs
    for name, kernel in kernels.items():
        # The module's own function, which nothing outside of it needs to see otherwise.
        text = text_of(kernel).replace("define internal void @romix", "define void @romix")
        function = NativeFunction(text, "romix")
        own_rows, own_memory, own = romix_memory(mixed[name])
        call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(function._address)

        def run_ours(
            call: Any = call,
            times: int = burst // mixed[name],
            at: tuple[int, int] = (own_rows, own_memory),
            keep: Any = (function, own),
        ) -> float:
            def run() -> None:
                for _ in range(times):
                    call(*at)

            return nanoseconds(run, burst)

        timed[name] = run_ours
    taken = alternated({CLOCK_NAME: a_cycle()} | timed)
    cycle = taken.pop(CLOCK_NAME)
    ratio = tell(benchmark, taken, list(cores), instructions)
    tell_cycles(benchmark, taken, cycle)
    tell_ports(benchmark, list(kernels.values()))
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


def romix_memory(hashes: int) -> tuple[int, int, NDArray[np.uint8]]:
    """The addresses of the rows and of V for so many hashes, aligned to pages, and what holds them."""
    room = np.zeros(hashes * FRAME_BYTES + (1 << 16), np.uint8)
    rows = -(-room.ctypes.data // 4096) * 4096
    return rows, rows + 8192, room
