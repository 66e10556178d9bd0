"""Products on every device that can do them here, at odd sizes and with many seeds, against integers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hashwatt.kernels.device import DeviceInfo, Executes, Source
from hashwatt.kernels.errors import WrongResult
from hashwatt.kernels.workloads.conv.product import Conv
from hashwatt.kernels.workloads.gemm.opencl import DEPTH
from hashwatt.kernels.workloads.gemm.product import Gemm
from hashwatt.kernels.workloads.pairs.product import Layout, Product
from hashwatt.kernels.workloads.pairs.task import PairTask
from hashwatt.kernels.workloads.pairs.tiles import NARROW, SMALLER, USUAL, WIDE, Choice, Tile
from hashwatt.kernels.workloads.protocol import Request

from ...opencl.devices import device_named, first_device
from .devices import check, cpu, fake

# Within one block of each kernel, and beyond it.
GEMM_SIZES = (16, 33, 259)
CONV_SIZES = (3, 8, 13)
NUMBERS = {"gemm": ("float32", "float64"), "conv": ("float32", "int16", "int8")}
QUICK = [("conv", "int8")]
CASES = [(name, number) for name, numbers in NUMBERS.items() for number in numbers]


def sized(name: str, number: str) -> list[Product]:
    if name == "gemm":
        return [Gemm(size, number) for size in GEMM_SIZES]
    return [Conv(size, number) for size in CONV_SIZES]


def check_many(device: Executes, name: str, number: str, seeds: int = 3) -> None:
    kernels = None
    for product in sized(name, number):
        for seed in range(seeds):
            kernels = check(device, product, seed, kernels=kernels)


@pytest.fixture(scope="module")
def the_cpu() -> Iterator[Executes]:
    device = cpu()
    yield device
    device.close()


# Numba compiles each for two seconds.
@pytest.mark.parametrize(
    ("name", "number"),
    [pytest.param(*case, marks=() if case in QUICK else pytest.mark.slow) for case in CASES],
)
def test_the_cpu_multiplies_as_integers_do(the_cpu: Executes, name: str, number: str) -> None:
    check_many(the_cpu, name, number)


def test_a_fake_device_multiplies_as_integers_do() -> None:
    for name, number in CASES:
        check_many(fake(), name, number, seeds=1)


@pytest.mark.parametrize(("name", "number"), [("conv", "int8")])
def test_an_opencl_device_multiplies_as_integers_do(name: str, number: str) -> None:
    device = opened()
    try:
        check_many(device, name, number, seeds=2)
    finally:
        device.close()


class InGroups(Gemm):
    """The kernel for GPUs on whatever device."""

    def layout(self, info: DeviceInfo, choice: Choice | None = None) -> Layout:
        return super().layout(as_gpu(info))


class InChannels(Conv):
    """The same."""

    def layout(self, info: DeviceInfo, choice: Choice | None = None) -> Layout:
        return super().layout(as_gpu(info))


def as_gpu(info: DeviceInfo) -> DeviceInfo:
    return replace(info, kind="gpu", runs_on_host_cpu=False)


GPU_KERNELS: list[tuple[Product, ...]] = [
    *(tuple(InGroups(size, number) for size in (64, 67, 130)) for number in NUMBERS["gemm"]),
    *(tuple(InChannels(size, number) for size in CONV_SIZES) for number in NUMBERS["conv"]),
]


@pytest.mark.slow
@pytest.mark.parametrize("products", GPU_KERNELS, ids=lambda products: str(products[0]))
def test_the_kernels_for_gpus_multiply_as_integers_do(products: tuple[Product, ...]) -> None:
    device = opened()
    try:
        kernels = None
        for seed, product in enumerate(products):
            kernels = check(device, product, seed, kernels=kernels)
    finally:
        device.close()


# Each compiles for a second or more. A runtime splits vectors that its CPU does not have.
@pytest.mark.slow
@pytest.mark.parametrize(("name", "number"), CASES)
@pytest.mark.parametrize("tile", [USUAL, SMALLER, WIDE, NARROW], ids=lambda tile: tile.name)
def test_every_tile_multiplies_as_integers_do(tile: Tile, name: str, number: str) -> None:
    device = opened()
    try:
        kernels = None
        for product in sized(name, number):
            for seed in range(3):
                kernels = check(device, product, seed, kernels=kernels, choice=tile)
    finally:
        device.close()


def opened() -> Executes:
    from hashwatt.kernels.device import DeviceOptions

    device = first_device().open(DeviceOptions())
    assert isinstance(device, Executes)
    return device


CLEAN = """
import sys
from hashwatt.kernels.device import DeviceOptions
from hashwatt.kernels.workloads.conv.product import Conv
from hashwatt.kernels.workloads.gemm.opencl import DEPTH
from hashwatt.kernels.workloads.gemm.product import Gemm
from tests.kernels.opencl.devices import device_named
from tests.kernels.workloads.pairs.devices import check
from tests.kernels.workloads.pairs.test_devices import InGroups
product = {"gemm": Gemm(33, "float32"), "groups": InGroups(33, "float32"), "conv": Conv(3, sys.argv[2])}[sys.argv[1]]
check(device_named("Oclgrind").open(DeviceOptions()), product, 7)
print("as integers")
"""


@pytest.mark.parametrize(
    ("name", "number"),
    [
        # It starts a process of its own.
        pytest.param("gemm", "float32", marks=pytest.mark.slow),
        # Half a minute of simulated barriers, and half a minute of simulated sums.
        pytest.param("groups", "float32", marks=pytest.mark.slow),
        pytest.param("conv", "float32", marks=pytest.mark.slow),
        pytest.param("conv", "int8", marks=pytest.mark.slow),
    ],
)
def test_oclgrind_finds_no_race_and_no_bad_access(name: str, number: str, tmp_path: Path) -> None:
    device_named("Oclgrind")
    log = tmp_path / "log"
    environment = {**os.environ, "OCLGRIND_DATA_RACES": "1", "OCLGRIND_LOG": str(log)}
    done = subprocess.run(
        [sys.executable, "-c", CLEAN, name, number],
        env=environment,
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.stdout == "as integers\n", done.stderr
    assert not log.exists() or log.read_text() == ""


# What stands in a kernel (in that of each tile), and what a slip would make of it.
GEMM_SLIPS = [
    ("number / side", "number % side"), ("number / side * size", "number / side * line"),
    ("w1 * x + s0_1", "w1 * x + s0_0"), ("first > 0", f"first > {DEPTH}"), ("(first + k)", "k"),
    ("block[panel][0]", "block[0][0]"), ("a[3 * line]", "a[2 * line]"),
    ("row * line + first", "row * line"), ("min(top + ", "min(top - 8 + "), ("place * tall", "place * size"),
    ("min(size - first,", "min(size - first - 1,"),
]  # fmt: skip
CONV_SLIPS = [
    ("tap < 9", "tap < 8"), ("tap % 3)", "tap / 3)"), (">> 24", ">> 23"), ("x[xs3 + 2]", "x[xs2 + 2]"),
    ("= W(1)", "= W(0)"), ("size - 1)", "size - 2)"), ("size * count", "size"),
    ("number / side *", "0 *"),
]  # fmt: skip
IN_GROUPS_SLIPS = [
    ("left += 16", "left += 15"), ("number / side", "number % side"), ("x[i] * y[j]", "x[j] * y[i]"),
    ("j / 4 * 64 + j % 4", "j"), ("[lines + n * 16]", "[lines + n * 8]"), ("= next_b[n]", "= next_a[n]"),
]  # fmt: skip
IN_CHANNELS_SLIPS = [*CONV_SLIPS[:4], ("channel % 16 * 4", "channel % 8 * 4"), ("size - 1)", "size - 2)")]
SLIPS: list[tuple[Product, list[tuple[str, str]]]] = [
    (Gemm(67, "float32"), GEMM_SLIPS), (Conv(7, "int8"), CONV_SLIPS), (InGroups(67, "float32"), IN_GROUPS_SLIPS),
    (InChannels(7, "int8"), IN_CHANNELS_SLIPS),
]  # fmt: skip


@pytest.mark.parametrize(
    ("product", "right", "slip"),
    [
        (product, right, slip)
        if number == 0 and slips is GEMM_SLIPS
        else pytest.param(product, right, slip, marks=pytest.mark.slow)
        for product, slips in SLIPS
        for number, (right, slip) in enumerate(slips)
    ],
)
def test_a_slip_in_a_kernel_is_found_by_the_self_test(product: Product, right: str, slip: str) -> None:
    device = opened()
    name = "gemm" if isinstance(product, Gemm) else "conv"
    task = PairTask(device, Request("c", "r", {"number": product.operand_type}), name, product)
    compile_source = device.compile

    def slipped(source: Source) -> tuple[int, float]:
        if source.entry not in ("multiply", "convolve"):
            return compile_source(source)
        assert right in source.text
        return compile_source(replace(source, text=source.text.replace(right, slip)))

    device.compile = slipped  # type: ignore[method-assign]
    try:
        with pytest.raises(WrongResult, match="wrong numbers"):
            task.self_test()
    finally:
        device.close()
