"""What operands hold, what prints tell, and which operands meet: the same numbers wherever they are made."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.workloads.conv.product import Conv
from hashwatt.kernels.workloads.evidence import Claim
from hashwatt.kernels.workloads.gemm.product import Gemm
from hashwatt.kernels.workloads.pairs.inputs import CHUNK, Box, seed_of, values
from hashwatt.kernels.workloads.pairs.numbering import block_lines, blocks_of, operands_of
from hashwatt.kernels.workloads.pairs.prints import prints_of
from hashwatt.kernels.workloads.pairs.product import Product

# The first outputs of splitmix64 from seed 0, as https://prng.di.unimi.it/splitmix64.c gives them.
SPLITMIX64_OF_0 = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC)
CLAIM = Claim(
    challenge="c", machine="m", device_id="cpu", run_id="r", workload="gemm", parameters={"size": 3}, amounts=()
)
PRODUCTS: list[Product] = [
    Gemm(2048, "float32"),
    Gemm(67, "float64"),
    *(Conv(7, n) for n in ("float32", "int16", "int8")),
]


def test_operands_hold_the_numbers_of_splitmix64() -> None:
    upper_halves = values(Box(1, 4, 1, 4, 0, 1 << 32), 0)
    assert upper_halves.tolist() == [[number >> 32 for number in SPLITMIX64_OF_0]]


def test_some_rows_are_the_same_as_the_same_rows_of_all() -> None:
    box = Box(90, 1000, 90, 1000, -9, 19)
    assert box.rows * box.columns > 2 * CHUNK
    whole = values(box, -77)
    assert np.array_equal(values(box, -77, 31, 62), whole[31:62])
    assert set(whole.ravel().tolist()) == set(range(-9, 10))


def test_whatever_a_result_claims_gives_other_operands() -> None:
    changed: list[dict[str, Any]] = [
        {"challenge": "d"}, {"machine": "n"}, {"device_id": "opencl:0"}, {"run_id": "s"}, {"workload": "conv"},
        {"parameters": {"size": 4}},
    ]  # fmt: skip
    fields = {name: getattr(CLAIM, name) for name in CLAIM.__struct_fields__}
    claims = [CLAIM, *(Claim(**{**fields, **change}) for change in changed)]
    seeds = {seed_of(claim, side, number) for claim in claims for side in ("left", "right") for number in range(3)}
    assert len(seeds) == len(claims) * 2 * 3


@given(st.integers(0, 999), st.integers(-(1 << 31), (1 << 31) - 1), st.integers(0, 50))
def test_a_print_changes_with_each_number(place: int, number: int, line: int) -> None:
    lines = np.arange(1000, dtype=np.int64)[None] - 500
    other = lines.copy()
    other[0, place] = number
    same = prints_of(lines, line)[0] == prints_of(other, line)[0]
    assert same == (number == lines[0, place])


def test_a_print_tells_the_order_and_the_place_of_a_line() -> None:
    line = np.array([[1, 2, 3, 4]])
    assert len({int(prints_of(one, at)[0]) for one, at in ((line, 0), (line[:, ::-1], 0), (line, 1))}) == 3


@pytest.mark.parametrize("side", [1, 2, 8])
def test_each_left_operand_meets_each_right_one_of_its_pool_once(side: int) -> None:
    pairs = [operands_of(number, side) for number in range(3 * side * side)]
    assert len(set(pairs)) == len(pairs)
    assert {left // side == right // side for left, right in pairs} == {True}


@given(st.integers(1, 5000))
def test_blocks_cover_all_lines_once(lines: int) -> None:
    covered = [line for block in range(blocks_of(lines)) for line in block_lines(block, lines)]
    assert covered == list(range(lines))


@pytest.mark.parametrize("product", PRODUCTS, ids=str)
def test_no_order_of_adding_can_round(product: Product) -> None:
    largest = [max(abs(box.least), abs(box.least + box.span - 1)) for box in (product.left, product.right)]
    terms = product.size if isinstance(product, Gemm) else 9 * 128
    exact_below = {"float32": 1 << 24, "float64": 1 << 53, "int32": 1 << 31}[product.product_type]
    assert largest[0] * largest[1] * terms < exact_below


@pytest.mark.parametrize("number", ["float32", "int16", "int8"])
def test_lines_of_a_convolution_are_those_of_direct_loops(number: str) -> None:
    product = Conv(5, number)
    image, weights = (values(box, seed) for box, seed in ((product.left, 4), (product.right, 5)))
    lines = range(1, 4)
    rows = product.left_rows(lines)
    sums = product.expected(image[rows.start : rows.stop], weights, lines).reshape(3, 5, 128)
    padded = np.zeros((7, 7, 128), np.int64)
    padded[1:6, 1:6] = image.reshape(5, 5, 128)
    group = {"float32": 1, "int16": 2, "int8": 4}[number]
    flat = weights.ravel()
    chance = random.Random(3)
    for _ in range(20):
        y, x, out = chance.randrange(3), chance.randrange(5), chance.randrange(128)
        total = 0
        for tap in range(9):
            for channel in range(128):
                # Block of 16 outputs, tap, group of inputs, output in the block, input in the group.
                at = ((out // 16 * 9 + tap) * (128 // group) + channel // group) * 16 * group
                at += out % 16 * group + channel % group
                total += int(padded[lines.start + y + tap // 3, x + tap % 3, channel]) * int(flat[at])
        assert sums[y, x, out] == total
