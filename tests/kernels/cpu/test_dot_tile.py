"""Tiles of sums for every kind of CPU: run where this one can, and compiled for the others."""

from __future__ import annotations

import ctypes
import re
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest

from hashwatt.kernels.cpu.codegen.dot_tile import BLOCK, GROUPED, TAPS, TileTarget, target_of, tile
from hashwatt.kernels.cpu.cores.features import allowed, host_architecture, host_features

CHANNELS = 32
POSITIONS = 3
NUMBERS = tuple(GROUPED)
SSE, AVX2 = frozenset({"ssse3"}), frozenset({"ssse3", "avx", "avx2", "fma"})
AVX512 = AVX2 | {"avx512f", "avx512bw", "avx512vl"}
VNNI = AVX512 | {"avx512vnni"}
LESSER = [("nothing", frozenset[str]()), ("SSSE3", SSE), ("AVX2", AVX2)]
# What must be in the machine code of each number's kernel.
EXPECTED = [
    ("x86_64", VNNI, "float32", r"vfmadd\w+ps.*zmm"),
    ("x86_64", VNNI, "int8", r"vpdpbusd.*zmm"),
    ("x86_64", VNNI, "int16", r"vpdpwssd.*zmm"),
    ("x86_64", AVX512, "int8", r"vpmaddubsw.*zmm"),
    ("x86_64", AVX2 | {"avxvnni"}, "int8", r"\{vex\}\s+vpdpbusd.*ymm"),
    ("x86_64", AVX2 | {"avxvnni"}, "int16", r"\{vex\}\s+vpdpwssd.*ymm"),
    ("x86_64", AVX2, "int8", r"vpmaddubsw.*ymm"),
    ("x86_64", AVX2, "int16", r"vpmaddwd.*ymm"),
    ("x86_64", SSE, "int8", r"pmaddubsw.*xmm"),
    ("aarch64", frozenset({"neon"}), "float32", r"fmla\s+v\d+\.4s"),
    ("aarch64", frozenset({"neon"}), "int8", r"ml[as]\s+v\d+\.4s|mul\s+v\d+\.4s"),
]


@pytest.fixture(scope="module", autouse=True)
def initialized() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def operands(number: str) -> tuple[Any, Any]:
    """Three rows of positions × channels, and weights as tiles read them."""
    chance = np.random.default_rng(4)
    least, above = (0, 128) if number == "int8" else (-90, 91)
    rows = chance.integers(least, above, (TAPS, POSITIONS + 2, CHANNELS)).astype(number)
    low, high = (-128, 128) if number == "int8" else (-90, 91)
    group = GROUPED[number]
    weights = chance.integers(low, high, (CHANNELS // BLOCK, TAPS * TAPS, CHANNELS // group, BLOCK, group))
    return rows, weights.astype(number)


def expected(rows: Any, weights: Any, lanes: int) -> Any:
    """The sums of the first channels, by the definition."""
    taps = weights.transpose(1, 2, 4, 0, 3).reshape(TAPS, TAPS, CHANNELS, CHANNELS).astype(np.int64)
    sums = np.zeros((POSITIONS, CHANNELS), np.int64)
    for y in range(TAPS):
        for x in range(TAPS):
            sums += rows[y, x : x + POSITIONS].astype(np.int64) @ taps[y, x]
    return sums[:, :lanes]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(("name", "features"), LESSER, ids=[name for name, _ in LESSER])
def test_a_tile_adds_up_exactly(number: str, name: str, features: frozenset[str]) -> None:
    if host_architecture() != "x86_64" or not features <= host_features():
        pytest.skip(f"this CPU is no x86-64 with {name}")
    target = target_of(number, "x86_64", features)
    engine = loaded(tile("tile", target, CHANNELS, POSITIONS))
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(engine.get_function_address("tile"))
    rows, weights = operands(number)
    sums = np.full((POSITIONS, CHANNELS), 7, np.float32 if number == "float32" else np.int32)
    function(rows.ctypes.data, weights.ctypes.data, sums.ctypes.data, rows.strides[0])
    wide = target.lanes * target.vectors
    assert np.array_equal(sums[:, :wide], expected(rows, weights, wide))
    assert (sums[:, wide:] == 7).all(), "nothing beyond the tile is written"


def loaded(text: str) -> Any:
    machine = llvm.Target.from_default_triple().create_target_machine(opt=2, jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(text), machine)
    engine.finalize_object()
    return engine


@pytest.mark.parametrize(("architecture", "features", "number", "instruction"), EXPECTED)
def test_a_tile_for_another_cpu_uses_what_that_has(
    architecture: str, features: frozenset[str], number: str, instruction: str
) -> None:
    target = target_of(number, architecture, features)
    wanted = ",".join(f"+{name}" for name in allowed(features))
    text = tile("tile", target, CHANNELS, target.positions, f'"target-features"="{wanted}"')
    assembly = assembled(architecture, wanted, text)
    assert re.search(instruction, assembly)
    if target.way == "vnni":
        assert not re.search("vpmadd", assembly), "a dot product is one operation, not two"
    # All sums stay in registers: the loop stores nothing. SSE's instructions overwrite an operand: its copies take two.
    if target.way != "plain" and features != SSE:
        assert not spills(assembly), "a sum is kept in memory"


def assembled(architecture: str, features: str, text: str) -> str:
    try:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        made = llvm.Target.from_triple(f"{architecture}-unknown-linux-gnu")
    except (RuntimeError, AttributeError):
        pytest.skip(f"this LLVM does not compile for {architecture}")
    machine = made.create_target_machine(features=features, opt=3)
    module = llvm.parse_assembly(text)
    module.triple = f"{architecture}-unknown-linux-gnu"
    # As Numba does, which orders sums anew.
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    return str(machine.emit_assembly(module))


def spills(assembly: str) -> list[str]:
    """Stores of whole registers to the stack."""
    return re.findall(r".*%[xyz]mm\d+, -?\d*\(%r[sb]p.*|\bst[rup]+\s+q\d+.*\[sp.*", assembly)


def test_a_tile_fits_the_registers() -> None:
    for _, features in LESSER:
        for number in NUMBERS:
            target: TileTarget = target_of(number, "x86_64", features)
            assert target.positions * target.vectors + target.vectors + 2 <= target.registers
