"""Peak of bytes and bfloat16 by AMX's tiles on the CPU, and what its sums must be.

An item has SUMS tiles of sums. Two tiles are multiplied with a third by turns, and each product is added to all sums:
of whole numbers, so that all sums are exact. Those of bytes go on modulo 2³². Of bfloat16 the second product takes away
what the first one adds, but for 1; at its end a launch takes away all that was added but 1, so that sums stay small.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...cpu.codegen.amx_ir import (
    MULTIPLY,
    ROW_BYTES,
    ROWS,
    TILE_BYTES,
    amx,
    configurations,
    configured,
    released,
)  # fmt: skip
from ...cpu.codegen.array_ir import each_item_in_turns
from ...cpu.cores.amx import demand_amx
from ...cpu.native import ATTRIBUTES
from .formats import STEPS

# A product takes 52 cycles and one begins in each 16th: four would do, and three registers are left for what is
# multiplied.
SUMS = 5
BY_TURNS, OTHER = (5, 6), 7
TILE_NUMBERS = TILE_BYTES // 4
VALUES_AN_ITEM = SUMS * TILE_NUMBERS
# Whole numbers of bfloat16 are up to here: sums of 31 products stay far below what a float32 holds exactly.
LARGEST = 7
# A vector of sums, for the end of a launch.
LANES = 16

Numbers = npt.NDArray[Any]
Tiles = tuple[Numbers, Numbers, Numbers]


def emit(number: str) -> str:
    """`number(sums, multiplied, turns, m, c, start, stop)`: for each item all its sums through so many turns."""
    sums, multiplied = registers()
    row = f"mov eax, {ROW_BYTES}"
    item = [
        f"  %place = mul i64 %k, {SUMS * TILE_BYTES}",
        "  %sums = getelementptr i8, ptr %b0, i64 %place",
        *configured(str(ROWS), "whole"),
        amx([row, *(f"tileloadd tmm{name}, [rdi + rax + {at}]" for name, at in sums)], {"rdi": "%sums"}, ["rax"]),
        amx([row, *(f"tileloadd tmm{name}, [rdi + rax + {at}]" for name, at in multiplied)], {"rdi": "%b1"}, ["rax"]),
    ]
    after = [
        amx([row, *(f"tilestored [rdi + rax + {at}], tmm{name}" for name, at in sums)], {"rdi": "%sums"}, ["rax"]),
        released(),
        *(_taken_away() if number == "bfloat16" else []),
    ]
    head = (
        f"define void @{number}(ptr noalias %b0, ptr noalias %b1, i64 %s0, i64 %s1, i64 %s2, i64 %start, i64 %stop) "
        f"{ATTRIBUTES} {{"
    )
    entry = [
        f"  %added = mul i64 %s0, {STEPS // 2}",
        "  %back = sub i64 1, %added",
        "  %real = sitofp i64 %back to float",
        f"  %one = insertelement <{LANES} x float> poison, float %real, i32 0",
        f"  %all = shufflevector <{LANES} x float> %one, <{LANES} x float> poison, <{LANES} x i32> zeroinitializer",
    ]
    return "\n".join([configurations(), each_item_in_turns(head, entry, item, [], [amx(turn(number), {})], after)])


def turn(number: str) -> list[str]:
    """The assembly of a turn."""
    return [
        f"{MULTIPLY[number]} tmm{total}, tmm{BY_TURNS[step % 2]}, tmm{OTHER}"
        for step in range(STEPS)
        for total in range(SUMS)
    ]


def registers() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Tile registers and where in memory each one's content begins: of the sums, and of what is multiplied."""
    sums = [(register, register * TILE_BYTES) for register in range(SUMS)]
    return sums, [(register, place * TILE_BYTES) for place, register in enumerate((*BY_TURNS, OTHER))]


def _taken_away() -> list[str]:
    lines = []
    vector = f"<{LANES} x float>"
    for number in range(SUMS * TILE_NUMBERS // LANES):
        lines += [
            f"  %at{number} = getelementptr {vector}, ptr %sums, i64 {number}",
            f"  %sum{number} = load {vector}, ptr %at{number}, align 4",
            f"  %less{number} = fadd {vector} %sum{number}, %all",
            f"  store {vector} %less{number}, ptr %at{number}, align 4",
        ]
    return lines


def int8() -> str:
    """See `emit`. Raises DeviceError where this process, which will run it, may not use AMX."""
    demand_amx("int8")
    return emit("int8")


def bfloat16() -> str:
    """See `int8`."""
    demand_amx("bfloat16")
    return emit("bfloat16")


def multiplied(number: str, random: np.random.PCG64) -> Tiles:
    """The two tiles multiplied by turns (rows × numbers), and the third as columns × numbers: whole numbers."""
    if number == "int8":
        drawn = random.random_raw(3 * TILE_BYTES // 8).view(np.uint8).reshape(3, ROWS, ROW_BYTES)
        return drawn[0], drawn[1], drawn[2].view(np.int8)
    across = ROW_BYTES // 2
    drawn = random.random_raw(2 * ROWS * across).reshape(2, ROWS, across) % np.uint64(2 * LARGEST + 1)
    one, other = drawn.astype(np.int64) - LARGEST
    # Of the first numbers only the second product has one.
    one[:, 0], other[:, 0] = 0, 1
    two = -one
    two[:, 0] = 1
    return one, two, other


def in_memory(number: str, tiles: Tiles) -> bytes:
    """The tiles as the kernel reads them: of the third, the numbers of a group of 32 bits stand side by side."""
    if number == "int8":
        of_bytes = [tile.astype(np.int64).astype(np.uint8) for tile in tiles]
    else:
        # The upper half of a float32 is a bfloat16.
        of_bytes = [
            (tile.astype("<f4").view("<u4") >> 16).astype("<u2").view(np.uint8).reshape(ROWS, ROW_BYTES)
            for tile in tiles
        ]
    columns = of_bytes[2].reshape(ROWS, ROW_BYTES // 4, 4).transpose(1, 0, 2)
    return b"".join(tile.tobytes() for tile in (*of_bytes[:2], columns))


def after(number: str, first: Numbers, begin: int, turns: int, launches: int, tiles: Tiles) -> Numbers:
    """What sums are after so many launches; `first`: what they began with, from number `begin` of the state on."""
    if number == "bfloat16":
        return (first.astype(np.float64) + launches).astype(first.dtype)
    one, two, other = (tile.astype(np.int64) for tile in tiles)
    pair = ((one + two) @ other.T).ravel()
    steps = turns * launches * STEPS // 2
    added = pair[(begin + np.arange(len(first))) % TILE_NUMBERS] * (steps % (1 << 32))
    return (first.astype(np.int64) + added).astype(np.uint64).astype(first.dtype)
