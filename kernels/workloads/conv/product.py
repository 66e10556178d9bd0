"""A convolution as a product of pairs: every image with every set of weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isqrt

import numpy as np

from ...cpu.codegen.amx_ir import ROWS
from ...device import DeviceInfo, Source
from ..amx import about_withheld, uses_amx
from ..pairs.inputs import Box
from ..pairs.product import Layout, Numbers
from ..pairs.tiles import BY_AMX, BY_VECTORS, GROUP, Choice, Tile, tiles
from . import on_amx, opencl
from .definition import convolved
from .shape import BLOCK, CHANNELS, GROUPED, ITEMS, TAPS

PACKAGE = __package__
SIDE = 16
# Odd, shorter than some tiles and longer than others.
SMALL = 7
# AMX's has strips of each length, and a rest.
SMALL_BY_AMX = sum(strip * ROWS for strip in on_amx.TOGETHER) + SMALL
# Some hundredths of a second of one core.
MEDIUM = 32
TERMS = TAPS * TAPS * CHANNELS


@dataclass(frozen=True)
class Conv:
    """See Product: the sums of an image of size × size × CHANNELS with TAPS × TAPS × CHANNELS × CHANNELS weights.

    Images have a border of zeros. 8-bit images hold 0 to 127, as after a rectifier: what x86's older dot products add
    up without overflow.
    """

    size: int
    operand_type: str

    @property
    def product_type(self) -> str:
        """32 bits."""
        return "float32" if self.operand_type == "float32" else "int32"

    @property
    def side(self) -> int:
        """See Product."""
        return SIDE

    @property
    def lines(self) -> int:
        """See Product."""
        return self.size

    @property
    def columns(self) -> int:
        """See Product."""
        return self.size * CHANNELS

    @property
    def line_units(self) -> int:
        """See Product: multiply-accumulates, those with the border's zeros included, as is the custom."""
        return self.size * CHANNELS * TERMS

    @property
    def left(self) -> Box:
        """See Product."""
        least, span = (0, 128) if self.operand_type == "int8" else self._both_signs()
        wide = (self.size + 2) * CHANNELS
        return Box(self.size + 2, wide, self.size, self.size * CHANNELS, least, span, 1, CHANNELS)

    @property
    def right(self) -> Box:
        """See Product."""
        least, span = (-128, 256) if self.operand_type == "int8" else self._both_signs()
        group = GROUPED[self.operand_type]
        lines, line = (TAPS * CHANNELS) ** 2 // (BLOCK * group), BLOCK * group
        return Box(lines, line, lines, line, least, span)

    @property
    def moved_bytes(self) -> int:
        """What must be read and written at least for a product."""
        operands = self.left.elements + self.right.elements
        return operands * np.dtype(self.operand_type).itemsize + self.lines * self.columns * 4

    def _both_signs(self) -> tuple[int, int]:
        exact_below = 1 << (24 if self.operand_type == "float32" else 31)
        most = isqrt((exact_below - 1) // TERMS)
        return -most, 2 * most + 1

    def choices(self, info: DeviceInfo) -> tuple[Choice, ...]:
        """See Product."""
        if "numba" in info.languages:
            return (BY_VECTORS, BY_AMX) if uses_amx(self.operand_type, info) else (BY_VECTORS,)
        return tiles(info)

    def layout(self, info: DeviceInfo, choice: Choice | None = None) -> Layout:
        """See Product."""
        types = (self.product_type, self.operand_type, self.operand_type)
        about: dict[str, int | float | str] = {"size": self.size, "channels": CHANNELS}
        items, items_each, grain = ITEMS, 0, None
        if "opencl" in info.languages:
            tile = choice if isinstance(choice, Tile) else next(iter(tiles(info)), None)
            number = self.operand_type
            text = opencl.in_channels(number) if tile is None else opencl.in_registers(number, tile)
            source = Source("opencl", text, opencl.ENTRY, types)
            items, items_each = 0, opencl.items(self.size, tile)
            if tile is not None:
                about["tile"] = tile.name
                grain = GROUP
        elif choice == BY_AMX:
            about |= {"sums": "amx", "positions": on_amx.LONGEST}
            source = Source("llvm", f"{on_amx.__name__}:convolve_{self.operand_type}", on_amx.ENTRY, types)
        elif "numba" in info.languages:
            from ...cpu.codegen.dot_tile import host_target

            target = host_target(self.operand_type)
            about |= {"lanes": target.lanes, "sums": target.way, "positions": target.positions}
            # What is only planned asks for no leave.
            about |= about_withheld(self.operand_type, info) if choice is not None else {}
            source = Source("numba", f"{PACKAGE}.cpu:convolve_{self.operand_type}", "", types)
        else:
            source = Source("python", f"{PACKAGE}.plain:convolve", "", types)
        return Layout(
            source, self.left, self.right, self.lines, self.columns, self.columns, self.lines * self.columns,
            (self.size, self.side), items, items_each, about, grain,
        )  # fmt: skip

    def left_rows(self, lines: range) -> range:
        """See Product: a row above and one below."""
        return range(max(0, lines.start - 1), min(self.size, lines.stop + 1))

    def expected(self, left: Numbers, right: Numbers, lines: range) -> Numbers:
        """See Product."""
        rows = self.left_rows(lines)
        padded = np.zeros((len(lines) + 2, self.size + 2, CHANNELS), left.dtype)
        above = rows.start - (lines.start - 1)
        padded[above : above + len(rows), 1:-1] = left.reshape(len(rows), self.size, CHANNELS)
        sums = convolved(padded, right.ravel(), self.operand_type)
        made: Numbers = sums.reshape(len(lines), self.columns)
        return made

    def small(self, choice: Choice | None = None) -> Conv:
        """See Product."""
        return replace(self, size=SMALL_BY_AMX if choice == BY_AMX else SMALL)

    def medium(self) -> Conv:
        """See Product."""
        return replace(self, size=min(self.size, MEDIUM))
