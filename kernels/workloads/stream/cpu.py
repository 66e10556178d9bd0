"""The operations for the CPU, as LLVM IR; stores go past the caches, which STREAM's arrays do not fit anyway."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...cpu.codegen.array_ir import Compute, Kind, Lines, each_block, each_item, splat
from .counts import BLOCK

FACTOR = "%s0"
# What is read is asked for before: into L2, and half as far ahead into L1. On Xeon model 167 copy was 20 % faster than
# C without it, the others 6 to 10; 16 KiB into L2 gained as much in copy, and nothing where two arrays are read.
AHEAD = {4096: 2, 2048: 3}


def _one_by_one(compute: Callable[[Lines, Kind, Sequence[str]], str]) -> Compute:
    """Vector after vector: two operations of each need no order among them."""
    return lambda lines, kind, vectors: [compute(lines, kind, values) for values in vectors]


def copy() -> str:
    """target = older."""
    read = _one_by_one(lambda _lines, _kind, values: values[0])
    return each_item("copy", 3, ["double"], [1], 0, read, past_cache=True, ahead=AHEAD)


def mul() -> str:
    """target = factor · older."""

    def scaled(lines: Lines, kind: Kind, values: Sequence[str]) -> str:
        return lines.value(f"fmul {kind.text} {splat(lines, kind, FACTOR)}, {values[0]}")

    return each_item("mul", 3, ["double"], [1], 0, _one_by_one(scaled), past_cache=True, ahead=AHEAD)


def add() -> str:
    """target = older + newer."""

    def both(lines: Lines, kind: Kind, values: Sequence[str]) -> str:
        return lines.value(f"fadd {kind.text} {values[0]}, {values[1]}")

    return each_item("add", 3, ["double"], [1, 2], 0, _one_by_one(both), past_cache=True, ahead=AHEAD)


def triad() -> str:
    """target = older + factor · newer."""

    def sum_of_product(lines: Lines, kind: Kind, values: Sequence[str]) -> str:
        product = lines.value(f"fmul contract {kind.text} {splat(lines, kind, FACTOR)}, {values[1]}")
        return lines.value(f"fadd contract {kind.text} {values[0]}, {product}")

    return each_item("triad", 3, ["double"], [1, 2], 0, _one_by_one(sum_of_product), past_cache=True, ahead=AHEAD)


def dot() -> str:
    """The sum of the products of each block of two arrays, added to the sums of the passes before."""
    return each_block("dot", BLOCK, ahead=AHEAD)
