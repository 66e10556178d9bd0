"""Convolution as a workload: see the package."""

from __future__ import annotations

from collections.abc import Mapping

from ...device import DeviceInfo
from ..pairs.product import Product
from ..pairs.workload import PairWorkload
from ..protocol import Value
from ..quantity import MAC, Quantity
from ..suite import Size, Suite
from .product import Conv

DEFAULT_SIZE = 64
# Operations of a multiply-accumulate.
OPERATIONS = 2.0
# What its kernel in OpenCL C computes integers of any size in, one by one.
ONE_BY_ONE = "int32"


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
        return self._counts(str(parameters["number"]), parameters)

    def counts_on(self, info: DeviceInfo, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        """See CountsByDevice. What takes integers out of their groups does not count: it is no convolution's work."""
        number = str(parameters["number"])
        one_by_one = "opencl" in info.languages and number.startswith("int")
        return self._counts(ONE_BY_ONE if one_by_one else number, parameters)

    def _counts(self, ceiling: str, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        product = Conv(int(parameters["size"]), str(parameters["number"]))
        return {ceiling: OPERATIONS, "memory": product.moved_bytes / (product.lines * product.line_units)}


WORKLOAD = ConvWorkload()
