"""Convolution as a workload: see the package."""

from __future__ import annotations

from collections.abc import Mapping

from ..pairs.product import Product
from ..pairs.workload import PairWorkload
from ..protocol import Value
from ..quantity import MAC, Quantity
from ..suite import Size, Suite
from .product import Conv

DEFAULT_SIZE = 64
# Which ceiling a format takes, and how much of it a multiply-accumulate is. There is none for 16-bit integers: what
# dot products a device has for them is not measured, and the memory alone is far from binding.
CEILINGS: Mapping[str, tuple[str, float] | None] = {"float32": ("float32", 2.0), "int16": None, "int8": ("int8", 2.0)}


class ConvWorkload(PairWorkload):
    """See Workload."""

    name = "conv"
    summary = "convolution 3 × 3, 128 → 128 channels, direct: what AI chips are built for"
    quantity: Quantity = MAC
    binds = "float32"
    suite: Suite | None = Suite(
        other_s=2.0,
        rows=({"number": "float32"}, {"number": "int16"}, {"number": "int8"}),
        size=Size("positions a side of the image", 3, 1024),
    )

    def product_of(self, number: str, size: int) -> Product:
        """See PairWorkload."""
        return Conv(size, number)

    def defaults(self) -> Mapping[str, Value]:
        """See PairWorkload."""
        return {"number": "float32", "size": DEFAULT_SIZE}

    def numbers(self) -> tuple[str, ...]:
        """See PairWorkload."""
        return ("float32", "int16", "int8")

    def counts_of(self, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        """See Workload: images, weights and sums are read or written once at least."""
        product = Conv(int(parameters["size"]), str(parameters["number"]))
        ceiling = CEILINGS[product.operand_type]
        if ceiling is None:
            return {}
        return {ceiling[0]: ceiling[1], "memory": product.moved_bytes / (product.lines * product.line_units)}

    def why_no_roof(self, parameters: Mapping[str, Value]) -> str | None:
        """See HasNoRoof."""
        number = str(parameters["number"])
        return f"nothing measures what a device does with {number} at most" if CEILINGS[number] is None else None


WORKLOAD = ConvWorkload()
