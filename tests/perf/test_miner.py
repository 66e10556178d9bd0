"""SHA-256d against cpuminer-opt's scans, on one core, alternated by the thread's CPU time, in ns and cycles a hash.

Run with `HASHWATT_CPUMINER=FOLDER/gcc.so:FOLDER/clang.so tox -e perf -- tests/perf/test_miner.py -s`, as
`test_hashes.py`, which says what is printed. A library has the scan of the instructions that its compiler was told of,
and is held against our kernels of the same ones. Cycles are those that a chain of additions counts within the turns.
"""

from __future__ import annotations

from typing import Any

import pytest

from hashwatt.kernels.cpu.jit import compile_variant
from hashwatt.kernels.cpu.job_words import job_array
from hashwatt.kernels.cpu.race import ROLLED_PREFIXES
from hashwatt.kernels.cpu.variants import variant
from hashwatt.kernels.cpu.workers import record_space, scan_chunk
from hashwatt.kernels.headers.job import Job, roll_versions

from .cpuminer import Peers, named_libraries, scanned_by
from .turns import CLOCK_NAME, Timed, a_cycle, alternated, nanoseconds, tell, tell_cycles

# Of each burst: a millisecond. What Python does around a burst of ours takes 7 us, which was 3 % of a quarter of it.
NONCES = 1 << 15
# By what the peer's scan is made of: our kernels of the same instructions, plain, and rolled (the peer has none).
KERNELS = {
    "scanhash_sha256d_16way": ("avx512-x16", "avx512-x16-ordered", "avx512-x16-piped", "avx512-sha-x8"),
    "scanhash_sha256d_8way": ("avx2-x8", "avx2-x8-halved"),
    "scanhash_sha256d_sha": ("sha-ni-x2", "sha-ni-x4", "sha-ni-evex-x4", "sha-decoupled-x4", "sha-decoupled-x8"),
}


def scanned_by_ours(name: str) -> Timed:
    kernel = compile_variant(variant(name))
    prefixes = ROLLED_PREFIXES if kernel.variant.rolled else 1
    words = job_array(kernel, Job(roll_versions(bytes(range(76)), prefixes), 1))
    nonces = NONCES // prefixes
    records = record_space(kernel.variant.lanes, prefixes, nonces)
    return lambda: nanoseconds(lambda: scan_chunk(kernel, words, prefixes, 0, nonces, records), nonces * prefixes)


@pytest.mark.parametrize("rolled", [False, True], ids=["plain", "rolled"])
@pytest.mark.parametrize("scan", KERNELS)
def test_sha256d_against_cpuminer_opts_scan(benchmark: Any, scan: str, rolled: bool) -> None:
    peers: Peers = {name: library for name, library in named_libraries().items() if hasattr(library, scan)}
    kernels = [f"{name}-rolled" if rolled else name for name in KERNELS[scan]]
    kernels = [name for name in kernels if not variant(name).missing()]
    if not peers or not kernels:
        pytest.skip(f"{scan}: no library has it, or this CPU has none of our kernels of its instructions")
    theirs = {f"{label}'s {scan}": scanned_by(library, scan, NONCES) for label, library in peers.items()}
    ours = {name: scanned_by_ours(name) for name in kernels}
    taken = alternated({CLOCK_NAME: a_cycle(kernels[0])} | theirs | ours)
    cycle = taken.pop(CLOCK_NAME)
    ratio = tell(benchmark, taken, list(theirs), "rolled" if rolled else "plain")
    tell_cycles(benchmark, taken, cycle)
    assert ratio > 1.0
