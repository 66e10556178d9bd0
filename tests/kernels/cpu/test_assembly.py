"""What the kernels become in machine code, on this CPU and on ones we do not have."""

from __future__ import annotations

import re
from collections import Counter

import llvmlite.binding as llvm
import pytest

from hashwatt.kernels.cpu import object_code
from hashwatt.kernels.cpu.codegen.vector_ir import VectorTarget, emit
from hashwatt.kernels.cpu.cores.features import host_architecture
from hashwatt.kernels.cpu.jit import symbol_of
from hashwatt.kernels.cpu.variants import CLOCK, MIXES, SCAN, variant
from hashwatt.kernels.graph.lower import lower
from hashwatt.kernels.sha256.mining import header_hash

# By which instructions a kind of operation shows.
MNEMONICS = {
    **{kind: [f"{v}p{kind}{d}" for v in ("", "v") for d in ("", "d")] for kind in ("xor", "and")},
    "add": ["vpaddd", "paddd", "addl", "leal"],
    "rotr": ["vprold", "vprord", "rorxl", "roll", "rorl"],
    "shr": ["vpsrld", "shrl"],
    "shl": ["vpslld", "shll"],
    "ternary": ["vpternlogd"],
    "shuffle": ["palignr", "pshufd", "shufps"],
    **{f"x86.sha256{name}": [f"sha256{name}"] for name in ("rnds2", "msg1", "msg2")},
}
MNEMONICS["xor"].append("xorl")
MNEMONICS["and"].append("andl")
needs_avx512 = pytest.mark.skipif(bool(variant("avx512-x16").missing()), reason="this CPU lacks AVX-512")
needs_avx2 = pytest.mark.skipif(bool(variant("avx2-x8").missing()), reason="this CPU lacks AVX2")


def native_assembly(name: str, part: str = SCAN) -> str:
    """The assembly of the emitted function itself, as it is compiled to be run."""
    symbol = symbol_of(variant(name), part)
    machine, module = object_code._optimised(variant(name).emit(part, symbol))
    text = str(machine.emit_assembly(module))
    start = re.search(rf"^{symbol}:", text, re.MULTILINE)
    assert start is not None
    return text[start.end() : text.index(".size", start.end())]


def mnemonics(assembly: str) -> Counter[str]:
    lines = (line.split() for line in assembly.splitlines() if line.startswith("\t") and not line.startswith("\t."))
    return Counter(words[0] for words in lines if words)


def cross_assembly(ir: str, triple: str, features: str) -> str:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(triple)
    machine = target.create_target_machine(features=features, opt=2)
    return str(machine.emit_assembly(llvm.parse_assembly(ir)))


@needs_avx512
def test_the_avx512_loop_has_the_graphs_operations_and_hardly_more() -> None:
    counts = mnemonics(native_assembly("avx512-x16"))
    assert counts["vpternlogd"] in (628, 629, 630)
    assert counts["vprold"] + counts["vprord"] == 1020
    assert counts["vpsrld"] == 156
    # Beside the graph's 1,043: the step to the next nonces; LLVM may save one.
    assert 1040 <= counts["vpaddd"] <= 1046


@needs_avx512
def test_spilled_vectors_lie_inside_cache_lines() -> None:
    # An unaligned frame shows as unaligned moves, and costs 6 %.
    for name in ("avx512-x16", "avx512-x16-rolled"):
        assert not [line for line in native_assembly(name).splitlines() if "vmovdqu64" in line and "rsp" in line]


@needs_avx2
def test_the_avx2_kernel_keeps_off_avx512() -> None:
    assembly = native_assembly("avx2-x8")
    assert "ymm" in assembly
    assert "zmm" not in assembly
    assert "vpternlog" not in assembly


@pytest.mark.parametrize("part", MIXES)
@pytest.mark.parametrize("name", ["avx512-x16", "avx2-x8", "sha-ni-x4", "scalar-x1"])
def test_the_micro_benchmark_runs_the_mix_it_claims(name: str, part: str) -> None:
    """LLVM joined operations of the order by chance, so that a roof was up to 6 % too high."""
    if host_architecture() != "x86_64" or variant(name).missing():
        pytest.skip(f"this CPU cannot run {name}")
    counts = mnemonics(native_assembly(name, part))
    own, _ = variant(name).operations()
    every = {kind: sum(counts[mnemonic] for mnemonic in MNEMONICS[kind]) for kind in own}
    claimed = 192 if name == "avx512-x16" else 96
    # Beside them: the step to the next pass, and what saves registers.
    assert claimed <= sum(every.values()) <= claimed + 6
    for kind, count in own.items():
        assert every[kind] == pytest.approx(claimed * count / own.total(), abs=1.5), kind


def test_the_clock_is_a_chain_that_nothing_shortened() -> None:
    architecture_neutral = "scalar-x1"
    counts = mnemonics(native_assembly(architecture_neutral, CLOCK))
    chain = sum(count for mnemonic, count in counts.items() if mnemonic.startswith(("add", "xor", "eor")))
    assert chain >= 64


def test_the_kernel_for_arm_is_neon_without_calls() -> None:
    ir = emit("scan", lower(header_hash().digest[7:], False, False), VectorTarget(4, x86_ternary=False), rolled=False)
    assembly = cross_assembly(ir, "aarch64-linux-gnu", "+neon")
    counts = mnemonics(assembly)
    assert counts["add"] > 1000
    # Choose becomes one bit-select instruction.
    assert counts["bsl"] + counts["bit"] + counts["bif"] >= 116
    assert ".4s" in assembly
    assert not counts["bl"]


@pytest.mark.parametrize(
    "triple",
    [
        "x86_64-pc-windows-msvc",
        "x86_64-apple-macosx",
        # Slow: LLVM works four times as long on it as on either of the others.
        pytest.param("riscv64-linux-gnu", marks=pytest.mark.slow),
    ],
)
def test_kernels_assemble_for_machines_we_do_not_have(triple: str) -> None:
    ir = emit("scan", lower(header_hash().digest[7:], False, False), VectorTarget(4, x86_ternary=False), rolled=True)
    features = "+m,+a" if triple.startswith("riscv") else ""
    assert "scan" in cross_assembly(ir, triple, features)
