"""The largest batch of products that a device takes can be launched on it, buffers and all."""

from __future__ import annotations

from dataclasses import replace as with_changes
from typing import cast

import pytest

from hashwatt.kernels.device import DeviceInfo, Executes, Kind, Launch, Launched, Source
from hashwatt.kernels.execution import check_launch, check_span
from hashwatt.kernels.workloads.conv.product import Conv
from hashwatt.kernels.workloads.gemm.product import Gemm
from hashwatt.kernels.workloads.pairs.operands import Operands, compile_all
from hashwatt.kernels.workloads.pairs.product import Product
from hashwatt.kernels.workloads.pairs.task import largest_batch


class Sizes:
    """Computes nothing: holds each launch and what is written against the sizes of its buffers, as executors do."""

    info = DeviceInfo("opencl:0", "gpu", "", "", "opencl", "", languages=("opencl",))

    def __init__(self) -> None:
        self.buffers: list[int] = []
        self.sources: list[Source] = []

    def allocate(self, size_bytes: int) -> int:
        self.buffers.append(size_bytes)
        return len(self.buffers) - 1

    def compile(self, source: Source) -> tuple[int, float]:
        self.sources.append(source)
        return len(self.sources) - 1, 0.0

    def write(self, buffer: int, offset_bytes: int, data: bytes) -> None:
        check_span(self.buffers[buffer], offset_bytes, len(data), self.info.id)

    def launch(self, launch: Launch) -> Launched:
        sizes = tuple(self.buffers[number] for number in launch.buffers)
        check_launch(launch, self.sources[launch.kernel], sizes, self.info.id)
        return Launched(1.0)


@pytest.mark.parametrize("kind", ["gpu", "cpu"])
@pytest.mark.parametrize(
    "product",
    [
        *(Conv(size, number) for size in (3, 64, 65, 90, 256) for number in ("float32", "int16", "int8")),
        *(Gemm(size, number) for size in (16, 67, 2048) for number in ("float32", "float64")),
    ],
    ids=str,
)
def test_the_largest_batch_can_be_launched(product: Product, kind: Kind) -> None:
    device = Sizes()
    device.info = with_changes(device.info, kind=kind)
    layout = product.layout(device.info)
    most = largest_batch(product, layout, device.info)
    kernels = compile_all(cast(Executes, device), product, layout)
    pool = Operands(cast(Executes, device), product, layout, kernels, lambda _side, number: number, most)
    pool.fill(0, most)
    pool.multiply(0, most)
