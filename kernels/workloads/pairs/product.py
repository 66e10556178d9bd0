"""What a workload that multiplies pairs brings: the sizes of a product, its kernel in each language, its definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ...device import DeviceInfo, Scalar, Source
from .inputs import Box

Numbers = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """How a device computes products: its kernel, and how operands and products lie in its memory.

    A product has `lines` × `columns` numbers, its lines `line` numbers apart in memory, and takes `elements` of them
    in all. The kernel takes the buffers of products, left and right operands; `scalars`, then the first pair of the
    pool and the number of products. `items_each` work-items do a product; 0: `items` do all of them together.
    """

    source: Source
    left: Box
    right: Box
    lines: int
    columns: int
    line: int
    elements: int
    scalars: tuple[Scalar, ...]
    items: int
    items_each: int = 0
    about: Mapping[str, int | float | str] | None = None


class Product(Protocol):
    """A kind of product of one size and one format of numbers.

    `side`: so many left and right operands has a pool. `lines` and `columns` of a product; `line_units`: units of work
    for a line. `left`, `right`: what the operands hold, as the definition has it.
    """

    operand_type: str
    product_type: str
    side: int
    lines: int
    columns: int
    line_units: int
    left: Box
    right: Box

    def layout(self, info: DeviceInfo) -> Layout:
        """How this device does it."""
        ...

    def left_rows(self, lines: range) -> range:
        """Which rows of the left operand so many lines of a product need."""
        ...

    def expected(self, left: Numbers, right: Numbers, lines: range) -> Numbers:
        """The lines of a product (lines × columns), exact: `left` has the rows that `left_rows` says, `right` all."""
        ...

    def small(self) -> Product:
        """The same with an odd size that is quickly done."""
        ...
