"""A matrix product as a product of pairs: its sizes, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isqrt

import numpy as np

from ...device import DeviceInfo, Source
from ..pairs.inputs import Box
from ..pairs.product import Layout, Numbers
from ..pairs.tiles import GROUP, USUAL, Choice, Tile, tiles
from . import opencl

PACKAGE = __package__
# Below which whole numbers, and so all sums of products, are exact in each format; prints take 32 bits of them.
EXACT_BELOW = {"float32": 1 << 24, "float64": 1 << 31}
LARGEST_VALUE = 1023
# How many work-items a runtime says that a group may have.
LARGEST_GROUP = "max_work_group_size"
# The operands of a pool a side, by the largest size that has so many.
SIDES = ((2048, 8), (4096, 4), (8192, 2))
# Odd, no multiple of any tile, and beyond one block of any kernel's each way.
SMALL = 131
# Some hundredths of a second of one core.
MEDIUM = 512


@dataclass(frozen=True)
class Gemm:
    """See Product: C = A · B of size × size numbers in `operand_type`."""

    size: int
    operand_type: str

    @property
    def product_type(self) -> str:
        """The same."""
        return self.operand_type

    @property
    def side(self) -> int:
        """See Product: memory bounds it."""
        return next((side for largest, side in SIDES if self.size <= largest), 1)

    @property
    def lines(self) -> int:
        """See Product."""
        return self.size

    @property
    def columns(self) -> int:
        """See Product."""
        return self.size

    @property
    def line_units(self) -> int:
        """See Product: a multiplication and an addition each."""
        return 2 * self.size * self.size

    @property
    def left(self) -> Box:
        """See Product."""
        most = min(LARGEST_VALUE, isqrt((EXACT_BELOW[self.operand_type] - 1) // self.size))
        return Box(self.size, self.size, self.size, self.size, -most, 2 * most + 1)

    @property
    def right(self) -> Box:
        """See Product."""
        return self.left

    @property
    def moved_bytes(self) -> int:
        """What must be read and written at least for a product."""
        return 3 * self.size * self.size * np.dtype(self.operand_type).itemsize

    def choices(self, info: DeviceInfo) -> tuple[Choice, ...]:
        """See Product."""
        return tiles(info)

    def layout(self, info: DeviceInfo, choice: Choice | None = None) -> Layout:
        """See Product."""
        types = (self.operand_type,) * 3
        if "opencl" in info.languages:
            fitting = choice if isinstance(choice, Tile) else next(iter(tiles(info)), None)
            if fitting is None and int(info.limits.get(LARGEST_GROUP) or opencl.GROUP) < opencl.GROUP:
                # Slow, but right: what shares tiles in a group would not be launched.
                fitting = USUAL
            return self._in_groups(types) if fitting is None else self._in_registers(types, fitting)
        language = "numpy" if "numpy" in info.languages else "python"
        about: dict[str, int | float | str] = {"size": self.size}
        if language == "numpy":
            from ...cpu.blas import about_blas

            about |= about_blas()
        source = Source(language, f"{PACKAGE}.library:multiply", "", types)
        scalars = (self.size, self.side)
        return self._layout(source, self.size, self.size, self.size, scalars, 1, about=about)

    def _in_registers(self, types: tuple[str, ...], tile: Tile) -> Layout:
        number_bytes = np.dtype(self.operand_type).itemsize
        source = Source("opencl", opencl.in_registers(self.operand_type, number_bytes, tile), opencl.ENTRY, types)
        tall, line = -(-self.size // tile.lines) * tile.lines, opencl.line_in_memory(self.size, number_bytes)
        scalars = (self.size, tall, line, self.side)
        items = opencl.items(self.size, tile, number_bytes)
        return self._layout(source, tall, self.size, line, scalars, items, {"tile": tile.name}, GROUP)

    def _in_groups(self, types: tuple[str, ...]) -> Layout:
        source = Source(
            "opencl", opencl.in_groups(self.operand_type, np.dtype(self.operand_type).itemsize), opencl.ENTRY, types
        )
        line = -(-self.size // opencl.TILE) * opencl.TILE
        items = (line // opencl.TILE) ** 2 * opencl.GROUP
        return self._layout(source, line, line, line, (line, self.side), items, {"tile": "local memory"})

    def _layout(
        self, source: Source, left_lines: int, right_lines: int, line: int, scalars: tuple[int, ...], items_each: int,
        about: dict[str, int | float | str], grain: int | None = None,
    ) -> Layout:  # fmt: skip
        left, right = (replace(self.left, lines=lines, line=line) for lines in (left_lines, right_lines))
        return Layout(
            source, left, right, self.size, self.size, line, left_lines * line, scalars, items=0, items_each=items_each,
            about={"size": self.size, **about}, grain=grain,
        )  # fmt: skip

    def left_rows(self, lines: range) -> range:
        """See Product."""
        return lines

    def expected(self, left: Numbers, right: Numbers, lines: range) -> Numbers:
        """See Product."""
        made: Numbers = left @ right
        return made

    def small(self, choice: Choice | None = None) -> Gemm:
        """See Product."""
        return replace(self, size=SMALL)

    def medium(self) -> Gemm:
        """See Product."""
        return replace(self, size=min(self.size, MEDIUM))
