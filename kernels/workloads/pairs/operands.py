"""A pool of operands and room for products on one device: filled, multiplied, and their prints taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...device import Executes, KernelId, Launch, Launched, Source
from ...errors import DeviceError
from . import opencl
from .inputs import Box, Integers, in_memory, values
from .numbering import operands_of
from .prints import Prints
from .product import Layout, Product

PACKAGE = __package__
# The language of the helpers beside each kernel's.
HELPERS = {"numpy": "llvm", "numba": "llvm", "llvm": "llvm", "opencl": "opencl", "python": "python"}
PRINT_TYPE = "uint32"
# Devices hand items to their threads by pages and want a number in each buffer for each item.
SMALLEST_BUFFER_BYTES = 8 << 20
# Numbers of an operand that is made here: a launch for each would take far longer than all of their products.
FEW_NUMBERS = 1 << 12
# Room for products grows with the batches that are tried out: of a gigabyte of zeros a slow device needs little.
GROWTH = 8


@dataclass(frozen=True)
class Kernels:
    """The kernels of one format of numbers on a device, and the seconds that they took to compile."""

    multiply: KernelId
    fill: KernelId
    take_prints: KernelId
    compile_s: float


def compile_all(device: Executes, product: Product, layout: Layout) -> Kernels:
    """All that a product of this format needs."""
    language = HELPERS[layout.source.language]
    sources = (
        layout.source,
        _helper(language, "fill", (product.operand_type,)),
        _helper(language, "take_prints", (PRINT_TYPE, product.product_type)),
    )
    (multiply, first_s), (fill, second_s), (take_prints, third_s) = map(device.compile, sources)
    return Kernels(multiply, fill, take_prints, first_s + second_s + third_s)


def _helper(language: str, name: str, types: tuple[str, ...]) -> Source:
    if language == "opencl":
        text = opencl.fill(types[0]) if name == "fill" else opencl.take_prints(types[1])
        return Source(language, text, name, types)
    if language == "llvm":
        function = f"fill_{types[0]}" if name == "fill" else f"prints_of_{types[1]}"
        return Source(language, f"{PACKAGE}.on_cpu:{function}", name, types)
    return Source(language, f"{PACKAGE}.plain:{name}", "", types)


def items_of(layout: Layout, count: int) -> int:
    """How many work-items do so many products."""
    return layout.items or layout.items_each * count


class Operands:
    """The operands of a product's pool, and room for the products of the largest batch."""

    def __init__(
        self, device: Executes, product: Product, layout: Layout, kernels: Kernels, seeds: Callable[[str, int], int],
        room: int,
    ) -> None:  # fmt: skip
        """`seeds` gives the seed of a side's ("left", "right") operand; `room`: for so many products at most."""
        self._device = device
        self._product = product
        self._layout = layout
        self._kernels = kernels
        self._seeds = seeds
        operand, made = np.dtype(product.operand_type).itemsize, np.dtype(product.product_type).itemsize
        # Weights are few numbers, and neighbours on a card share theirs.
        most_items = items_of(layout, room)
        self._left = self._buffer(max(product.side * layout.left.elements, most_items) * operand)
        self._right = self._buffer(max(product.side * layout.right.elements, most_items) * operand)
        self._product_bytes = layout.elements * made
        self._most = room
        self._room = 0
        self._products = self._prints = 0
        self._held: dict[tuple[str, int], int] = {}

    def _make_room(self, count: int) -> None:
        """Have room for so many products. What is enlarged is so by much, since buffers are given back all at once."""
        if count <= self._room:
            return
        self._room = min(self._most, count * GROWTH) if self._room else count
        self._products = self._buffer(self._room * self._product_bytes)
        self._prints = self._buffer(self._room * self._product.lines * np.dtype(PRINT_TYPE).itemsize)

    def _buffer(self, size_bytes: int) -> int:
        return self._device.allocate(max(size_bytes, SMALLEST_BUFFER_BYTES))

    def fill(self, first: int, count: int) -> None:
        """Have the operands of so many products in place."""
        self._make_room(count)
        pairs = [operands_of(number, self._product.side) for number in range(first, first + count)]
        self._fill("left", sorted({left for left, _ in pairs}), self._left, self._layout.left)
        self._fill("right", sorted({right for _, right in pairs}), self._right, self._layout.right)

    def _fill(self, side: str, numbers: Sequence[int], buffer: int, box: Box) -> None:
        missing = [number for number in numbers if self._held.get((side, self._slot(number))) != number]
        for number in missing:
            self._held.pop((side, self._slot(number)), None)
        if box.elements > FEW_NUMBERS:
            for number in missing:
                scalars = (self._seeds(side, number), self._slot(number) * box.elements, *box.scalars())
                self._device.launch(Launch(self._kernels.fill, (buffer,), scalars, box.elements))
        else:
            for run in self._in_a_row(missing):
                data = in_memory(box, [self._seeds(side, number) for number in run], self._product.operand_type)
                self._device.write(buffer, self._slot(run[0]) * len(data) // len(run), data)
        self._held |= {(side, self._slot(number)): number for number in missing}

    def _slot(self, number: int) -> int:
        return number % self._product.side

    def _in_a_row(self, numbers: Sequence[int]) -> list[list[int]]:
        """The numbers, which are sorted, in lists of those whose slots follow one another."""
        runs: list[list[int]] = []
        for number in numbers:
            if runs and runs[-1][-1] + 1 == number and self._slot(number):
                runs[-1].append(number)
            else:
                runs.append([number])
        return runs

    def multiply(self, first: int, count: int) -> Launched:
        """Do so many products, one after another in room."""
        layout = self._layout
        pair = first % self._product.side**2
        scalars = (*layout.scalars, pair, count)
        buffers = (self._products, self._left, self._right)
        return self._device.launch(
            Launch(self._kernels.multiply, buffers, scalars, items_of(layout, count), grain=layout.grain)
        )

    def prints(self, count: int) -> Prints:
        """The prints of the products in room (products × lines)."""
        layout = self._layout
        scalars = (layout.lines, layout.columns, layout.line, layout.elements)
        items = count * layout.lines
        self._device.launch(Launch(self._kernels.take_prints, (self._prints, self._products), scalars, items))
        data = self._device.read(self._prints, 0, items * np.dtype(PRINT_TYPE).itemsize)
        return np.frombuffer(data, PRINT_TYPE).reshape(count, layout.lines)

    def product(self, place: int) -> Integers:
        """The numbers of a product in room (lines × columns). Raises DeviceError where one is no whole number."""
        layout = self._layout
        dtype = np.dtype(self._product.product_type)
        data = self._device.read(
            self._products, place * layout.elements * dtype.itemsize, layout.elements * dtype.itemsize
        )
        lines = np.frombuffer(data, dtype).reshape(-1, layout.line)[: layout.lines, : layout.columns]
        whole = lines.astype(np.int64)
        if not np.array_equal(whole, lines):
            raise DeviceError(f"{self._device.info.id}: products of whole numbers are not whole")
        return whole

    def operand(self, side: str, number: int, rows: range | None = None) -> Integers:
        """What an operand holds on the device (rows × columns of its rectangle)."""
        buffer, box = (self._left, self._layout.left) if side == "left" else (self._right, self._layout.right)
        rows = range(box.rows) if rows is None else rows
        dtype = np.dtype(self._product.operand_type)
        begin = (number % self._product.side) * box.elements + (box.top + rows.start) * box.line
        data = self._device.read(buffer, begin * dtype.itemsize, len(rows) * box.line * dtype.itemsize)
        held = np.frombuffer(data, dtype).reshape(len(rows), box.line)
        return held[:, box.left : box.left + box.columns].astype(np.int64)

    def right_values(self, side: str, number: int) -> npt.NDArray[np.int64]:
        """What an operand should hold."""
        box = self._layout.left if side == "left" else self._layout.right
        return values(box, self._seeds(side, number))
