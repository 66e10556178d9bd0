"""The convolution's dot products in registers do what a step of its tile does, as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from hashwatt.kernels.cpu.codegen.dot_tile import host_target
from hashwatt.kernels.cpu.native import NativeFunction
from hashwatt.kernels.workloads.conv import dots

FACTORS = 0x01030507
TURNS = 3


def dot(sums: np.ndarray, number: str) -> np.ndarray:
    """The sums, and the products of their bytes or pairs with those of FACTORS; nothing saturates with such factors."""
    signed, way = np.dtype(number), host_target(number).way
    mine = (
        sums.view(np.uint8 if number == "int8" and way != "plain" else signed).reshape(len(sums), -1).astype(np.int64)
    )
    other = np.array([FACTORS], np.int32).view(signed).astype(np.int64)
    added: np.ndarray = (sums + (mine * other).sum(axis=1)).astype(np.int64)
    return (added & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


@pytest.mark.parametrize("number", ["int8", "int16"])
def test_a_turn_is_so_many_steps_on_every_number(number: str) -> None:
    target = host_target(number)
    count = dots.item_bytes(number) // 4
    sums = (np.arange(2 * count, dtype=np.int64) * 0x9E3779B1).astype(np.uint32).view(np.int32).copy()
    right = sums.copy()
    for _ in range(TURNS * dots.STEPS):
        right[count:] = dot(right[count:], number)
    function = NativeFunction(getattr(dots, number)(), dots.ENTRY)
    function.typed(1, (1, 1))(sums.ctypes.data, TURNS, FACTORS, 1, 2)
    assert np.array_equal(sums, right)
    assert dots.operations_a_turn(number) == dots.STEPS * count * (4 if number == "int8" else 2) * 2
    assert dots.chains_of(target) * target.lanes == count
