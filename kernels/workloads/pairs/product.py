"""What a workload that multiplies pairs brings: the sizes of a product, its kernel in each language, its definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

from ...device import DeviceInfo, Scalar, Source
from .inputs import Box
from .tiles import Choice

# Whole numbers, in 64-bit integers or floats: either adds them exactly.
Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Layout:
    """How a device computes products: its kernel, and how operands and products lie in its memory.

    A product has `lines` × `columns` numbers, its lines `line` numbers apart in memory, and takes `elements` of them
    in all. The kernel takes the buffers of products, left and right operands; `scalars`, then the first pair of the
    pool and the number of products. `items_each` work-items do a product; 0: `items` do all of them together. `grain`:
    see Launch.
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
    grain: int | None = None


class Product(Protocol):
    """A kind of product of one size and one format of numbers."""

    @property
    def operand_type(self) -> str:
        """numpy's name of what operands hold."""
        ...

    @property
    def product_type(self) -> str:
        """numpy's name of what products hold."""
        ...

    @property
    def side(self) -> int:
        """How many left and right operands a pool has."""
        ...

    @property
    def lines(self) -> int:
        """How many lines a product has."""
        ...

    @property
    def columns(self) -> int:
        """How many numbers a line has."""
        ...

    @property
    def line_units(self) -> int:
        """Units of work for a line."""
        ...

    @property
    def left(self) -> Box:
        """What a left operand holds, as the definition has it."""
        ...

    @property
    def right(self) -> Box:
        """The same of a right one."""
        ...

    def choices(self, info: DeviceInfo) -> tuple[Choice, ...]:
        """What races on a device, the safest first; none where there is one kernel that has no name."""
        ...

    def layout(self, info: DeviceInfo, choice: Choice | None = None) -> Layout:
        """How this device does it; by which of its `choices`, None: the safest, if it has any.

        The source of a choice is the same for all sizes.
        """
        ...

    def left_rows(self, lines: range) -> range:
        """Which rows of the left operand so many lines of a product need."""
        ...

    def expected(self, left: Numbers, right: Numbers, lines: range) -> Numbers:
        """The lines of a product (lines × columns), exact: `left` has the rows that `left_rows` says, `right` all."""
        ...

    def small(self, choice: Choice | None = None) -> Product:
        """The same with an odd size that is quickly done, and takes every way through the kernel of this choice."""
        ...

    def medium(self) -> Product:
        """The same with a size that shows which of a device's choices is the fastest, no larger than this one."""
        ...
