"""Matrix multiplication as a workload: see the package."""

from __future__ import annotations

from collections.abc import Mapping

from ..pairs.product import Product
from ..pairs.workload import PairWorkload
from ..protocol import Value
from ..quantity import FLOP, Quantity
from ..suite import Size, Suite
from .product import Gemm

DEFAULT_SIZE = 2048


class GemmWorkload(PairWorkload):
    """See Workload."""

    name = "gemm"
    summary = "matrix multiplication C = A · B (numpy's BLAS on CPUs, an own kernel in OpenCL)"
    quantity: Quantity = FLOP
    binds = "float32"
    suite: Suite | None = Suite(
        other_s=3.0, rows=({"number": "float32"}, {"number": "float64"}), size=Size("rows of a matrix", 16, 32_768)
    )

    def product_of(self, number: str, size: int) -> Product:
        """See PairWorkload."""
        return Gemm(size, number)

    def defaults(self) -> Mapping[str, Value]:
        """See PairWorkload."""
        return {"number": "float32", "size": DEFAULT_SIZE}

    def numbers(self) -> tuple[str, ...]:
        """See PairWorkload."""
        return ("float32", "float64")

    def counts_of(self, parameters: Mapping[str, Value]) -> Mapping[str, float]:
        """See Workload: each matrix is read or written once at least."""
        product = Gemm(int(parameters["size"]), str(parameters["number"]))
        return {product.operand_type: 1.0, "memory": product.moved_bytes / (product.lines * product.line_units)}


WORKLOAD = GemmWorkload()
