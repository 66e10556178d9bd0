"""Devices for products of pairs, and products on them against whole numbers' own arithmetic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hashwatt.kernels.cpu import backend
from hashwatt.kernels.device import DeviceOptions, Executes, Found
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock
from hashwatt.kernels.workloads.pairs.inputs import values
from hashwatt.kernels.workloads.pairs.numbering import operands_of
from hashwatt.kernels.workloads.pairs.operands import Kernels, Operands, compile_all
from hashwatt.kernels.workloads.pairs.prints import prints_of
from hashwatt.kernels.workloads.pairs.product import Product
from hashwatt.kernels.workloads.pairs.tiles import Choice


def fake(behaviour: str = "steady") -> FakeDevice:
    return FakeDevice(behaviour, spend=VirtualClock().spend)


def cpu(threads: int | None = None) -> Executes:
    (found,) = (entry for entry in backend.find() if isinstance(entry, Found))
    opened = found.open(DeviceOptions(threads=threads))
    assert isinstance(opened, Executes)
    return opened


def seeds(base: int) -> Callable[[str, int], int]:
    return lambda side, number: base * 1_000_003 + number * 2 + (side == "left")


def check(
    device: Executes, product: Product, base: int, count: int = 2, kernels: Kernels | None = None,
    choice: Choice | None = None,
) -> Kernels:  # fmt: skip
    """Do products from number 1 on, and hold every number and every print against integers; the kernels that did it."""
    layout = product.layout(device.info, choice)
    kernels = kernels or compile_all(device, product, layout)
    pool = Operands(device, product, layout, kernels, seeds(base), count)
    pool.fill(1, count)
    pool.multiply(1, count)
    prints = pool.prints(count)
    for place in range(count):
        left, right = operands_of(1 + place, product.side)
        operands = values(product.left, seeds(base)("left", left)), values(product.right, seeds(base)("right", right))
        expected = product.expected(*operands, range(product.lines))
        assert expected.dtype == np.int64
        assert np.array_equal(pool.product(place), expected), f"product {1 + place} of {product}"
        assert np.array_equal(prints[place], prints_of(expected, 0))
    return kernels
