"""What AMX's instructions do, in numpy, as Intel's manual has it: assembly for tiles runs on any machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Memory = npt.NDArray[np.uint8]
GENERAL = {"eax": "rax", "r9d": "r9", "r10d": "r10"}


class TileMachine:
    """Eight tile registers over a memory; those of numbers in `whole` have 16 rows, the others `rows`."""

    def __init__(self, memory: Memory, rows: int = 16, whole: Iterable[int] = range(8)) -> None:
        kept = set(whole)
        self.memory = memory
        self.asked_for: set[int] = set()
        self._tiles: list[Memory] = [np.zeros((16 if number in kept else rows, 64), np.uint8) for number in range(8)]
        self._registers: dict[str, int] = {}
        self._by_name: Mapping[str, Callable[[list[str]], None]] = {
            "mov": self._move, "tilezero": self._zero, "tileloadd": self._load, "tilestored": self._store,
            "tdpbusd": self._bytes, "tdpbf16ps": self._pairs, "prefetchw": self._ask_for,
        }  # fmt: skip

    def run(self, lines: Iterable[str], **registers: int) -> None:
        """Run the lines, with these numbers in general registers at first. KeyError where one is read unset."""
        self._registers = dict(registers)
        for line in lines:
            name, _, rest = line.partition(" ")
            self._by_name[name]([operand.strip() for operand in rest.split(",")])

    def _tile(self, operand: str) -> Memory:
        return self._tiles[int(operand.removeprefix("tmm"))]

    def _place(self, operand: str) -> tuple[int, int]:
        """Where a tile's first row is, and how far rows are apart."""
        begin, step, at = re.fullmatch(r"\[(\w+) \+ (\w+) \+ (\d+)\]", operand).groups()  # type: ignore[union-attr]
        return self._registers[begin] + int(at), self._registers[step]

    def _rows(self, operand: str, count: int) -> list[slice]:
        begin, step = self._place(operand)
        assert 0 <= begin <= begin + (count - 1) * step + 64 <= len(self.memory), "outside of the memory"
        return [slice(begin + row * step, begin + row * step + 64) for row in range(count)]

    def _move(self, operands: list[str]) -> None:
        self._registers[GENERAL[operands[0]]] = int(operands[1])

    def _zero(self, operands: list[str]) -> None:
        self._tile(operands[0])[:] = 0

    def _load(self, operands: list[str]) -> None:
        tile = self._tile(operands[0])
        for row, place in zip(tile, self._rows(operands[1], len(tile)), strict=True):
            row[:] = self.memory[place]

    def _store(self, operands: list[str]) -> None:
        tile = self._tile(operands[1])
        for row, place in zip(tile, self._rows(operands[0], len(tile)), strict=True):
            self.memory[place] = row

    def _ask_for(self, operands: list[str]) -> None:
        begin, at = re.fullmatch(r"\[(\w+) \+ (\d+)\]", operands[0]).groups()  # type: ignore[union-attr]
        self.asked_for.add(self._registers[begin] + int(at))

    def _bytes(self, operands: list[str]) -> None:
        """Sums += products of bytes without a sign and with one, modulo 2³²."""
        total, left, right = self._three(operands)
        columns = right.view(np.int8).astype(np.int64).reshape(-1, 16, 4).transpose(0, 2, 1).reshape(-1, 16)
        sums = total.view(np.uint32)
        sums[:] = (sums + left.astype(np.int64) @ columns).astype(np.uint64).astype(np.uint32)

    def _pairs(self, operands: list[str]) -> None:
        """Sums += products of bfloat16, whose bits are a float32's upper half."""
        total, left, right = self._three(operands)
        one, other = (self._wide(tile) for tile in (left, right))
        columns = other.reshape(-1, 16, 2).transpose(0, 2, 1).reshape(-1, 16)
        sums = total.view(np.float32)
        sums[:] = (sums + one @ columns).astype(np.float32)

    def _wide(self, tile: Memory) -> Any:
        return (tile.view(np.uint16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)

    def _three(self, operands: list[str]) -> list[Memory]:
        assert len(set(operands)) == 3, "the processor refuses the same tile twice"
        return [self._tile(operand) for operand in operands]
