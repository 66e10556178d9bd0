"""A matrix product as a product of pairs: its sizes, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isqrt

import numpy as np

from ...device import DeviceInfo, Source
from ..pairs.inputs import Box
from ..pairs.product import Layout, Numbers
from . import opencl

PACKAGE = __package__
# Below which whole numbers, and so all sums of products, are exact in each format; prints take 32 bits of them.
EXACT_BELOW = {"float32": 1 << 24, "float64": 1 << 31}
LARGEST_VALUE = 1023
# The operands of a pool a side, by the largest size that has so many.
SIDES = ((2048, 8), (4096, 4), (8192, 2))
# Odd, and no multiple of any tile.
SMALL = 67


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

    def layout(self, info: DeviceInfo) -> Layout:
        """See Product."""
        types = (self.operand_type,) * 3
        if "opencl" in info.languages:
            return self._by_opencl(types, info.on_host_cores)
        language = "numpy" if "numpy" in info.languages else "python"
        about: dict[str, int | float | str] = {"size": self.size}
        if language == "numpy":
            from ...cpu.blas import about_blas

            about |= about_blas()
        source = Source(language, f"{PACKAGE}.library:multiply", "", types)
        return self._layout(source, self.size, items_each=1, about=about)

    def _by_opencl(self, types: tuple[str, ...], on_cpu: bool) -> Layout:
        number_bytes = np.dtype(self.operand_type).itemsize
        size = -(-self.size // opencl.GRAIN) * opencl.GRAIN
        if on_cpu:
            text = opencl.in_registers(self.operand_type, number_bytes)
            items = size // opencl.LINES * (size // opencl.columns_each(number_bytes))
        else:
            text = opencl.in_groups(self.operand_type)
            items = (size // opencl.TILE) ** 2 * opencl.GROUP
        about: dict[str, int | float | str] = {"size": self.size, "tile": "registers" if on_cpu else "local memory"}
        return self._layout(Source("opencl", text, opencl.ENTRY, types), size, items_each=items, about=about)

    def _layout(
        self, source: Source, line: int, items: int = 0, items_each: int = 0,
        about: dict[str, int | float | str] | None = None,
    ) -> Layout:  # fmt: skip
        box = replace(self.left, lines=line, line=line)
        scalars = (line, self.side)
        return Layout(source, box, box, self.size, self.size, line, line * line, scalars, items, items_each, about)

    def left_rows(self, lines: range) -> range:
        """See Product."""
        return lines

    def expected(self, left: Numbers, right: Numbers, lines: range) -> Numbers:
        """See Product."""
        made: Numbers = left @ right
        return made

    def small(self) -> Gemm:
        """See Product."""
        return replace(self, size=SMALL)
