"""What this CPU's cores can do a cycle: the rows of `kernels/machines/models.csv` for a machine that has none yet.

Run with `tox -e perf -- tests/perf/test_cores.py --benchmark-json FILE`; the figures stand in `extra_info`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from statistics import median
from typing import Any

import llvmlite.binding as llvm
import pytest

from hashwatt.kernels.cpu.codegen.stream_ir import clock_chain, sha_operation, stream
from hashwatt.kernels.cpu.codegen.vector_ir import VectorTarget
from hashwatt.kernels.cpu.cores.clock import thread_seconds
from hashwatt.kernels.cpu.cores.features import host_attributes, host_features
from hashwatt.kernels.machines import host_machine

ROUNDS = 9
ITERATIONS = 200_000
IN_THE_DATA = {"rotr": "rotate", "shr": "shift"}
# An operation on one register alone waits for itself. Not so simple on AMD Zen 5: additions and logic come after one
# cycle here, and after two where the core has much to do at once, which is what a kernel meets.
SHA = ("x86.sha256rnds2", "x86.sha256msg1", "x86.sha256msg2")
KINDS = [
    *((bits, kind) for bits in (512, 256, 128) for kind in ("add", "xor", "ternary", "rotr", "shr")),
    *((128, kind) for kind in SHA),
]

WITH_AVX512 = {"avx512f", "avx512vl"}

Run = Callable[[int], int]


def needed(bits: int, kind: str) -> set[str]:
    """The extensions without which a CPU cannot do it; without AVX-512 a rotate is two shifts and an OR."""
    if kind in SHA:
        return {"sha"}
    return WITH_AVX512 if bits == 512 or kind == "ternary" else {"avx2"}


def loaded(module: str, keep: list[Any]) -> Run:
    """The operations done by so many passes of a micro-benchmark."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(opt=2, jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(module), machine)
    engine.finalize_object()
    keep.append(engine)
    signature = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p, *[ctypes.c_uint32] * 4, ctypes.c_void_p)
    function = signature(engine.get_function_address("run"))
    return lambda passes: int(function(None, 0, passes, 0, 0, None))


def rate(run: Run, passes: int) -> float:
    """Operations a second."""
    started = thread_seconds()
    done = run(passes)
    return done / (thread_seconds() - started)


@pytest.mark.parametrize(("bits", "kind"), KINDS)
def test_operations_a_cycle_and_cycles_until_a_result(benchmark: Any, bits: int, kind: str) -> None:
    if lacking := needed(bits, kind) - host_features():
        pytest.skip(f"this CPU lacks {', '.join(sorted(lacking))}")
    # As many as leave some for the compiler: results must not be waited for.
    registers = 24 if kind not in SHA and host_features() >= WITH_AVX512 else 12
    target = VectorTarget(bits // 32, x86_ternary=kind == "ternary", attributes=host_attributes())
    keep: list[Any] = []
    clock = loaded(clock_chain("run", target), keep)
    many = loaded(stream("run", {kind: 1}, sha_operation, target, registers=registers), keep)
    one = loaded(stream("run", {kind: 1}, sha_operation, target, registers=1), keep)
    per_cycle: list[float] = []
    latency: list[float] = []

    def measure() -> None:
        clock_hz = rate(clock, ITERATIONS // 8)
        per_cycle.append(rate(many, ITERATIONS) / clock_hz)
        latency.append(clock_hz / rate(one, ITERATIONS))

    benchmark.pedantic(measure, rounds=ROUNDS, warmup_rounds=1)
    found = median(per_cycle[1:])
    benchmark.extra_info |= {"bits": bits, "kind": kind, "per_cycle": round(found, 2)}
    if kind in SHA:
        benchmark.extra_info["latency"] = round(median(latency[1:]), 1)
    host = host_machine()
    row = host.rows.get((bits, IN_THE_DATA.get(kind, kind.removeprefix("x86.")))) if host else None
    # Three-operand logic alone is slower than among others where registers cannot be read fast enough.
    if row is not None and kind != "ternary":
        assert found == pytest.approx(row.per_cycle, rel=0.25)
