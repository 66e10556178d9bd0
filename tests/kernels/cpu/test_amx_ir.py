"""Tiles of AMX: what is emitted for them, run by a machine of numpy's, and compiled wherever LLVM knows x86-64."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import llvmlite.binding as llvm
import numpy as np
import pytest

from hashwatt.kernels.cpu.codegen.amx_ir import ROW_BYTES, ROWS, TILE_BYTES, TILES, configuration
from hashwatt.kernels.cpu.codegen.amx_tile import MOST_TILES, WEIGHTS, block_of_channels
from hashwatt.kernels.cpu.codegen.dot_tile import BLOCK, TAPS, weights_at
from hashwatt.kernels.cpu.cores.features import host_architecture
from hashwatt.kernels.cpu.native import ATTRIBUTES
from hashwatt.kernels.workloads.conv import on_amx as conv
from hashwatt.kernels.workloads.peak import on_amx as peak
from hashwatt.kernels.workloads.peak.formats import STEPS

from .tile_machine import TileMachine

CHANNELS = 128
FEATURES = "+amx-tile,+amx-int8,+amx-bf16,+avx512f,+avx512bw,+avx512vl"
EMITTED: Mapping[str, Callable[[], str]] = {
    "conv int8": conv.emit, "peak int8": lambda: peak.emit("int8"), "peak bfloat16": lambda: peak.emit("bfloat16"),
}  # fmt: skip


def test_a_configuration_is_as_the_processor_reads_it() -> None:
    made = configuration(5, of_weights=(6, 7))
    assert len(made) == 64
    assert made[0] == 1, "the palette"
    assert not any(made[1:16]), "no row is begun with, and the rest is reserved"
    assert np.frombuffer(made, "<u2", 8, 16).tolist() == [64] * 8
    assert list(made[48:56]) == [5] * 6 + [16] * 2
    assert not any(made[32:48])
    assert not any(made[56:])


@pytest.mark.parametrize(("tiles", "rows"), [(MOST_TILES, ROWS), (1, ROWS), (1, 1), (1, 7)])
def test_a_block_of_channels_adds_up_exactly_and_touches_nothing_else(tiles: int, rows: int) -> None:
    positions = (tiles - 1) * ROWS + rows
    chance = np.random.default_rng(7)
    image = chance.integers(0, 256, (TAPS, positions + 2, CHANNELS)).astype(np.uint8)
    weights = chance.integers(-128, 128, (TAPS * TAPS, CHANNELS // 4, BLOCK, 4)).astype(np.int8)
    assert weights.nbytes == weights_at(BLOCK, CHANNELS, "int8")
    sums = np.full((positions + 1, CHANNELS), 7, np.int32)
    places = np.cumsum([0, image.nbytes, weights.nbytes]).tolist()
    machine = TileMachine(
        np.concatenate([each.reshape(-1).view(np.uint8) for each in (image, weights, sums)]), rows, WEIGHTS
    )
    row = image.strides[0]
    machine.run(block_of_channels(CHANNELS, tiles), rdi=0, rsi=row, rdx=2 * row, rcx=places[1], r8=places[2])
    made = machine.memory[places[2] :].view(np.int32).reshape(sums.shape)
    taps = weights.transpose(0, 1, 3, 2).reshape(TAPS, TAPS, CHANNELS, BLOCK).astype(np.int64)
    right = np.zeros((positions, BLOCK), np.int64)
    for y in range(TAPS):
        for x in range(TAPS):
            right += image[y, x : x + positions].astype(np.int64) @ taps[y, x]
    assert np.array_equal(made[:positions, :BLOCK], right)
    assert (made[:, BLOCK:] == 7).all()
    assert (made[positions:] == 7).all()
    assert np.array_equal(machine.memory[: places[2]], np.concatenate([image.ravel(), weights.view(np.uint8).ravel()]))
    # What is asked for beforehand is what is stored: of few positions nothing, of many each line.
    lines = {places[2] + 4 * CHANNELS * position for position in range(positions)} if tiles > 1 else set()
    assert machine.asked_for == lines


@pytest.mark.parametrize("number", ["int8", "bfloat16"])
def test_turns_of_peak_come_to_what_the_oracle_says(number: str) -> None:
    turns = 3
    tiles = peak.multiplied(number, np.random.PCG64(3))
    chance = np.random.default_rng(4)
    first = chance.integers(0, 1 << 20, peak.VALUES_AN_ITEM).astype(np.uint32 if number == "int8" else np.float32)
    machine = TileMachine(
        np.concatenate([first.view(np.uint8), np.frombuffer(peak.in_memory(number, tiles), np.uint8)])
    )
    sums, multiplied = peak.registers()
    loads = [f"tileloadd tmm{name}, [rdi + rax + {at}]" for name, at in (*sums, *multiplied)]
    machine.run(loads[: peak.SUMS], rdi=0, rax=ROW_BYTES)
    machine.run(loads[peak.SUMS :], rdi=first.nbytes, rax=ROW_BYTES)
    for _ in range(turns):
        machine.run(peak.turn(number))
    machine.run([f"tilestored [rdi + rax + {at}], tmm{name}" for name, at in sums], rdi=0, rax=ROW_BYTES)
    made = machine.memory[: first.nbytes].view(first.dtype)
    if number == "bfloat16":
        made = (made + (1 - turns * STEPS // 2)).astype(first.dtype)
    assert np.array_equal(made, peak.after(number, first, 0, turns, 1, tiles))
    part = slice(300, 1000)
    assert np.array_equal(made[part], peak.after(number, first[part], part.start, turns, 1, tiles))


def test_sums_of_bfloat16_stay_where_floats_are_exact() -> None:
    one, two, other = peak.multiplied("bfloat16", np.random.PCG64(5))
    assert np.array_equal((one + two) @ other.T, np.ones((ROWS, ROWS)))
    # What is added before it is taken away again, and every partial sum.
    assert (np.abs(one) @ np.abs(other).T).max() < 1 << 12


@pytest.mark.parametrize("name", EMITTED)
def test_what_is_emitted_compiles_and_keeps_its_order(name: str) -> None:
    if host_architecture() != "x86_64":
        pytest.skip("LLVM reads this assembly on x86-64 only")
    text = EMITTED[name]().replace(ATTRIBUTES, f'"target-features"="{FEATURES}"')
    kept = [line.split()[0] for line in compiled(text).splitlines() if re.match(r"\s+(ldtile|tile|tdp)", line)]
    assert kept[-1] == "tilerelease", "a thread gives its tiles back"
    assert kept.count("tilerelease") == 1
    multiply = "tdpbf16ps" if "bfloat16" in name else "tdpbusd"
    for each in ("ldtilecfg", multiply, "tileloadd", "tilestored"):
        # A strip that is called twice may stand in both places.
        assert text.count(f"{each} ") <= kept.count(each) <= 2 * text.count(f"{each} ")
    assert kept.count(multiply) >= STEPS * peak.SUMS


def compiled(text: str) -> str:
    """The machine code as `native` makes it, for a CPU that need not be here."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
    machine = llvm.Target.from_default_triple().create_target_machine(features=FEATURES, opt=3)
    module = llvm.parse_assembly(text)
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_unrolling = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return str(machine.emit_assembly(module))


def test_of_enough_sums_one_is_ready_when_its_turn_comes() -> None:
    # A product takes 52 cycles, and one begins in each 16th.
    assert 16 * min(peak.SUMS, MOST_TILES) >= 52
    assert peak.SUMS + len(peak.BY_TURNS) + 1 == len(TILES)
    assert peak.VALUES_AN_ITEM * 4 == peak.SUMS * TILE_BYTES
