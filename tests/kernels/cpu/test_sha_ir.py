"""SHA-instruction kernels: the steps on integers, the x86 kernel on this CPU, the ARM kernel cross-compiled."""

from __future__ import annotations

import ctypes
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import llvmlite.binding as llvm
import numpy as np
import pytest

from hashwatt.kernels.cpu.codegen.sha_instructions import LANES, ArmSha, ShaInstructions, X86Sha
from hashwatt.kernels.cpu.codegen.sha_ir import ShaTarget, emit
from hashwatt.kernels.cpu.codegen.sha_rounds import (
    EARLY_28,
    JOB_QUADS,
    MIDSTATE,
    ROUND_4,
    SCHEDULE_16,
    HeaderHasher,
    JobValues,
    RowValues,
    Steps,
    e_lane,
    job_words,
    operation_counts,
)
from hashwatt.kernels.cpu.cores.features import host_features
from hashwatt.kernels.graph.words import MASK
from hashwatt.kernels.headers.job import NONCES, Job, header_with_nonce, roll_versions
from hashwatt.kernels.headers.oracle import last_word, meets, reference_scan, sha256d
from hashwatt.kernels.sha256.fips180 import INITIAL_STATE

from .integer_quads import IntegerQuads, Quad

X86, ARM = X86Sha(), ArmSha()
BOTH = pytest.mark.parametrize("isa", [X86, ARM], ids=["x86", "arm"])
T = TypeVar("T")

NAME = "scan"
ANY_DIGEST = 2**256 - 1

Answer = tuple[list[tuple[int, int]], int]
Kernel = Callable[[int, int, int, int, int, int], int]


def finish(steps: Steps[T]) -> T:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: T = stop.value
            return result


def h7_by_steps(isa: ShaInstructions, job: Job, nonce: int) -> tuple[int, IntegerQuads]:
    words = job_words(job, isa)
    quads = [tuple(words[index : index + LANES]) for index in range(0, len(words), LANES)]
    row = quads[JOB_QUADS:]
    q = IntegerQuads()
    hasher: HeaderHasher[Quad] = HeaderHasher(q, isa)
    word = (int.from_bytes(nonce.to_bytes(4, "little"), "big"), 0, 0, 0)
    schedule = hasher.first_schedule(JobValues(quads[SCHEDULE_16], quads[EARLY_28]), word)
    values = RowValues((row[ROUND_4], row[ROUND_4 + 1]), (row[MIDSTATE], row[MIDSTATE + 1]))
    digest = finish(hasher.first_digest(values, word, schedule))
    register = finish(hasher.second_last_e(digest))
    return (register[e_lane(isa)] + INITIAL_STATE[7]) & MASK, q


@BOTH
def test_the_steps_give_the_last_digest_word(isa: ShaInstructions) -> None:
    source = random.Random(1)
    for _ in range(50):
        prefix, nonce = source.randbytes(76), source.randrange(NONCES)
        h7, _ = h7_by_steps(isa, Job((prefix,), ANY_DIGEST), nonce)
        assert h7 == last_word(sha256d(header_with_nonce(prefix, nonce)))


def test_no_hash_takes_more_sha_instructions_than_it_must() -> None:
    # Two whole blocks are 32 groups of four rounds and 24 groups of schedule words; two of those rounds'
    # groups hold nothing but an addition, and the half steps that padding makes constant are not taken.
    job = Job((bytes(76),), ANY_DIGEST)
    _, x86 = h7_by_steps(X86, job, 0)
    _, arm = h7_by_steps(ARM, job, 0)
    assert x86.executed == {"sha256rnds2": 60, "sha256msg1": 20, "sha256msg2": 22}
    assert arm.executed == {"sha256h": 29, "sha256h2": 30, "sha256su0": 20, "sha256su1": 22}


@BOTH
def test_operations_of_a_hash_are_counted_from_its_steps(isa: ShaInstructions) -> None:
    own, shared = operation_counts(isa)
    _, q = h7_by_steps(isa, Job((bytes(76),), ANY_DIGEST), 0)
    named = {kind.split(".")[-1]: count for kind, count in (own + shared).items() if "." in kind}
    assert named == q.executed
    assert own["add"] + shared["add"] > 30
    # The schedule of the first hash, which depends on no midstate.
    assert {kind.split(".")[-1] for kind in shared if "." in kind} <= {
        "sha256msg1",
        "sha256msg2",
        "sha256su0",
        "sha256su1",
    }


class Compiled:
    """An emitted scan, ready to be called on this machine."""

    def __init__(self, lanes: int, rolled: bool = False) -> None:
        missing = X86.features - host_features()
        if missing:
            pytest.skip(f"this CPU has no {', '.join(sorted(missing))}")
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        module = llvm.parse_assembly(emit(NAME, ShaTarget(X86, lanes, rolled)))
        module.verify()
        machine = llvm.Target.from_default_triple().create_target_machine(opt=3, jit=True)
        self.assembly: str = machine.emit_assembly(module)
        self.lanes = lanes
        self._engine = llvm.create_mcjit_compiler(module, machine)
        self._engine.finalize_object()
        signature = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p, *[ctypes.c_uint32] * 4, ctypes.c_void_p)
        self._scan: Kernel = signature(self._engine.get_function_address(NAME))

    def scan(self, job: Job, nonces: range) -> Answer:
        words = np.array(job_words(job, X86), np.uint32)
        batches, partial = divmod(len(nonces), self.lanes)
        records = np.zeros(3 * (batches + 1) * len(job.prefixes), np.uint32)
        answer = self._scan(words.ctypes.data, nonces.start, batches, partial, len(job.prefixes), records.ctypes.data)
        hits = [
            (prefix, first + lane)
            for first, prefix, bits in records[: 3 * (answer >> 32)].reshape(-1, 3).tolist()
            for lane in range(self.lanes)
            if bits >> lane & 1 and first + lane in nonces
        ]
        return sorted(hit for hit in hits if meets(job.prefixes[hit[0]], hit[1], job.target)), answer & MASK


RANGES = [
    range(0),
    range(1),
    range(7, 12),
    range(NONCES - 37, NONCES),
    range(NONCES - 1, NONCES),
    range(2**31 - 100, 2**31 + 163),
    range(12345, 13345),
]


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 8])
def test_the_x86_kernel_finds_what_hashlib_finds(lanes: int) -> None:
    kernel = Compiled(lanes)
    source = random.Random(lanes)
    for zero_bits in (0, 1, 5, 9):
        for nonces in RANGES:
            job = Job((source.randbytes(76),), 2 ** (256 - zero_bits) - 1)
            assert kernel.scan(job, nonces) == reference_scan(job, nonces)


@pytest.mark.parametrize("lanes", [1, 2, 3])
@pytest.mark.parametrize("prefixes", [1, 4, 16])
def test_the_rolled_x86_kernel_finds_what_hashlib_finds(lanes: int, prefixes: int) -> None:
    kernel = Compiled(lanes, rolled=True)
    source = random.Random(prefixes)
    for nonces in RANGES:
        job = Job(roll_versions(source.randbytes(76), prefixes), 2**252 - 1)
        assert kernel.scan(job, nonces) == reference_scan(job, nonces)


def test_ten_thousand_random_digests_are_right_one_by_one() -> None:
    kernel = Compiled(1)
    source = random.Random(2)
    for _ in range(100):
        job = Job((source.randbytes(76),), 1)
        for nonce in source.sample(range(NONCES), 100):
            expected = last_word(sha256d(header_with_nonce(job.prefixes[0], nonce)))
            assert kernel.scan(job, range(nonce, nonce + 1)) == ([], expected)


def test_the_x86_kernel_keeps_off_wide_registers() -> None:
    # Mixed with these, SHA instructions can be a hundred times slower (see X86Sha).
    assembly = Compiled(2).assembly
    assert "sha256rnds2" in assembly
    assert "ymm" not in assembly
    assert "zmm" not in assembly


def arm_machine() -> llvm.TargetMachine:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        return llvm.Target.from_triple("aarch64-linux-gnu").create_target_machine(opt=3, reloc="pic")
    except RuntimeError as reason:
        pytest.skip(f"this LLVM cannot compile for AArch64: {reason}")


@pytest.mark.parametrize("rolled", [False, True])
def test_the_arm_kernel_is_sha_instructions_without_calls(rolled: bool) -> None:
    lanes = 3
    module = llvm.parse_assembly(emit(NAME, ShaTarget(ARM, lanes, rolled)))
    module.verify()
    mnemonics = [line.split()[0] for line in arm_machine().emit_assembly(module).splitlines() if line.strip()]
    counts = {name: mnemonics.count(name) for name in ("sha256h", "sha256h2", "sha256su0", "sha256su1", "bl")}
    assert counts == {
        "sha256h": 29 * lanes,
        "sha256h2": 30 * lanes,
        "sha256su0": 20 * lanes,
        "sha256su1": 22 * lanes,
        "bl": 0,
    }


ARM_MAIN = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
uint64_t scan(const uint32_t *, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t *);
int main(int count, char **arguments) {
    static uint32_t job[4096], records[65536];
    for (int index = 5; index < count; index++) job[index - 5] = strtoul(arguments[index], 0, 10);
    uint32_t n[4];
    for (int index = 0; index < 4; index++) n[index] = strtoul(arguments[index + 1], 0, 10);
    uint64_t answer = scan(job, n[0], n[1], n[2], n[3], records);
    printf("%llu\\n", (unsigned long long)answer);
    for (uint64_t word = 0; word < 3 * (answer >> 32); word++) printf("%u\\n", records[word]);
}
"""


@pytest.mark.parametrize("prefixes", [1, 4])
def test_the_arm_kernel_runs_under_an_emulator(prefixes: int, tmp_path: Path) -> None:
    compiler, emulator = shutil.which("aarch64-linux-gnu-gcc"), shutil.which("qemu-aarch64")
    if not compiler or not emulator:
        pytest.skip("needs aarch64-linux-gnu-gcc and qemu-aarch64 (Debian: gcc-aarch64-linux-gnu, qemu-user)")
    lanes = 3
    module = llvm.parse_assembly(emit(NAME, ShaTarget(ARM, lanes, rolled=prefixes > 1)))
    (tmp_path / "scan.o").write_bytes(arm_machine().emit_object(module))
    (tmp_path / "main.c").write_text(ARM_MAIN)
    program = tmp_path / "program"
    subprocess.run(
        [compiler, "-static", "-o", program, tmp_path / "main.c", tmp_path / "scan.o"], check=True, timeout=60
    )
    job = Job(roll_versions(random.Random(3).randbytes(76), prefixes), ANY_DIGEST)
    nonces = range(2**31 - 50, 2**31 + 51)
    words = job_words(job, ARM)
    command = [emulator, "-cpu", "max", program, nonces.start, *divmod(len(nonces), lanes), prefixes, *words]
    ran = subprocess.run([str(part) for part in command], check=True, timeout=60, capture_output=True, text=True)
    answer, *records = [int(line) for line in ran.stdout.split()]
    assert answer & MASK == reference_scan(job, nonces)[1]
    batches = [(first, 2 ** min(lanes, nonces.stop - first) - 1) for first in nonces[::lanes]]
    assert records == [word for first, bits in batches for prefix in range(prefixes) for word in (first, prefix, bits)]
