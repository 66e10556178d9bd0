"""The race for the tile of sums on the host's cores: a device that is wrong with one, slow, or refuses it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hashwatt.kernels.device import BufferId, DeviceInfo, KernelId, Launch, Launched, Source
from hashwatt.kernels.errors import DeviceError, WrongResult
from hashwatt.kernels.workloads import kept
from hashwatt.kernels.workloads.conv.product import Conv
from hashwatt.kernels.workloads.gemm.opencl import DEPTH, MOST_ROWS, columns_an_item
from hashwatt.kernels.workloads.gemm.product import Gemm
from hashwatt.kernels.workloads.pairs import race
from hashwatt.kernels.workloads.pairs.operands import FEW_NUMBERS, Kernels, compile_all
from hashwatt.kernels.workloads.pairs.product import Product
from hashwatt.kernels.workloads.pairs.race import TRIALS, chosen
from hashwatt.kernels.workloads.pairs.task import PairTask
from hashwatt.kernels.workloads.pairs.tiles import NARROW, SMALLER, USUAL, WIDE, Choice, Tile, tiles
from hashwatt.kernels.workloads.protocol import Request

INFO = DeviceInfo(
    "opencl:0", "cpu", "a CPU", "", "opencl", "a runtime", compute_units=2, limits={"native_vector_width": 8},
    languages=("opencl",), numbers=("float64", "float32", "int32"),
)  # fmt: skip
PRODUCTS: list[Product] = [Gemm(300, "float32"), Conv(40, "int8")]


class Runtime:
    """Multiplies nothing; a launch of a tile takes the seconds that are told of its name. Notes what it does."""

    def __init__(self, product: Product, seconds: dict[str, float], broken: Iterable[str] = ()) -> None:
        self.info = INFO
        self.done: list[str] = []
        self._seconds, self._broken = seconds, broken
        self._names = {product.layout(INFO, tile).source: tile.name for tile in (USUAL, SMALLER, WIDE, NARROW)}
        self._sources: list[Source] = []

    def allocate(self, size_bytes: int) -> BufferId:
        return 0

    def write(self, buffer: BufferId, offset_bytes: int, data: bytes) -> None:
        assert len(data) <= FEW_NUMBERS * np.dtype("float64").itemsize, "operands of more numbers are made by launches"

    def repeat(self, buffer: BufferId, period_bytes: int, size_bytes: int) -> None:
        raise AssertionError

    def read(self, buffer: BufferId, offset_bytes: int, size_bytes: int) -> bytes:
        return bytes(np.zeros(size_bytes, np.uint8))

    def compile(self, source: Source) -> tuple[KernelId, float]:
        name = self._names.get(source, "")
        if name in self._broken:
            raise DeviceError(f"opencl:0: the compiler does not like {name}")
        self._sources.append(source)
        self.done += [f"compile {name}"] if name else []
        return len(self._sources) - 1, 0.1

    def launch(self, launch: Launch) -> Launched:
        name = self._names.get(self._sources[launch.kernel], "")
        if name:
            assert launch.grain == 1, "several work-items a group turn the loops inside out"
            self.done.append(name)
        return Launched(self._seconds.get(name, 1e-3))

    def release(self) -> None:
        """Nothing: what was made stays."""

    def close(self) -> None:
        """Nothing."""


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kept, "cache_folder", lambda *_: tmp_path)


def check(runtime: Runtime, product: Product, wrong: Collection[Tile] = ()) -> Callable[[Choice | None], Kernels]:
    def checked(tile: Choice | None) -> Kernels:
        kernels = compile_all(runtime, product, product.layout(runtime.info, tile))
        if tile in wrong:
            raise WrongResult(f"opencl:0 multiplied wrong numbers with {tile}")
        return kernels

    return checked


@pytest.mark.parametrize("product", PRODUCTS, ids=str)
def test_the_fastest_tile_that_is_right_is_taken(product: Product) -> None:
    seconds = {USUAL.name: 2e-3, SMALLER.name: 1e-3}
    runtime = Runtime(product, seconds)
    tile, kernels = chosen(runtime, product, check(runtime, product))
    assert tile == SMALLER
    assert runtime.done[-TRIALS * 2 :] == [USUAL.name, SMALLER.name] * TRIALS, "in turns"
    assert runtime._names[runtime._sources[kernels.multiply]] == SMALLER.name
    for other in (Runtime(product, {USUAL.name: 1e-4}), Runtime(product, seconds, [SMALLER.name])):
        assert chosen(other, product, check(other, product), anew=True)[0] == USUAL
    wrong = Runtime(product, seconds)
    assert chosen(wrong, product, check(wrong, product, [SMALLER]), anew=True)[0] == USUAL


def test_where_no_tile_works_the_first_failure_is_told() -> None:
    product = PRODUCTS[0]
    runtime = Runtime(product, {})
    with pytest.raises(WrongResult, match="lines=6"):
        chosen(runtime, product, check(runtime, product, [USUAL, SMALLER]))


def test_a_race_is_run_once_and_then_the_winner_alone_is_compiled(tmp_path: Path) -> None:
    product = PRODUCTS[0]
    first, later, anew, damaged = (Runtime(product, {SMALLER.name: 1e-4}) for _ in range(4))
    chosen(first, product, check(first, product))
    assert chosen(later, product, check(later, product))[0] == SMALLER
    assert later.done == [f"compile {SMALLER.name}"]
    chosen(anew, product, check(anew, product), anew=True)
    assert f"compile {USUAL.name}" in anew.done
    (path,) = tmp_path.iterdir()
    for content in (b"", b"{}", b'{"seconds": {"6x2x256": 0.5}}', b'{"seconds": {"6x2x256": -1, "4x2x256": 1}}'):
        path.write_bytes(content)
        assert chosen(damaged, product, check(damaged, product))[0] == SMALLER
        assert path.read_bytes() != content


def test_a_winner_that_is_wrong_by_now_is_found_out() -> None:
    product = PRODUCTS[0]
    runtime = Runtime(product, {SMALLER.name: 1e-4})
    chosen(runtime, product, check(runtime, product))
    assert chosen(runtime, product, check(runtime, product, [SMALLER]))[0] == USUAL


def test_other_formats_and_other_devices_race_for_themselves(tmp_path: Path) -> None:
    product = PRODUCTS[0]
    for number, info in (("float32", INFO), ("float64", INFO), ("float32", replace(INFO, driver="another"))):
        other = replace(product, operand_type=number)  # type: ignore[type-var]
        runtime = Runtime(other, {})
        runtime.info = info
        chosen(runtime, other, check(runtime, other))
        assert len([each for each in runtime.done if each.startswith("compile")]) == 2
    assert len(list(tmp_path.iterdir())) == 3


def test_a_race_ends_in_time_on_a_slow_device(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    class Slow(Runtime):
        def launch(self, launch: Launch) -> Launched:
            done = super().launch(launch)
            now[0] += 2.0
            return done

    monkeypatch.setattr(race, "perf_counter", lambda: now[0])
    product = PRODUCTS[0]
    runtime = Slow(product, {})
    chosen(runtime, product, check(runtime, product))
    # One to have it compiled, one that counts.
    assert [runtime.done.count(tile.name) for tile in (USUAL, SMALLER)] == [2, 2]


@pytest.mark.parametrize(
    ("changed", "among"),
    [
        ({}, (USUAL, SMALLER)),
        ({"limits": {"native_vector_width": 16}}, (USUAL, WIDE)),
        ({"limits": {"native_vector_width": 4}}, (USUAL, NARROW)),
        ({"limits": {}}, (USUAL, NARROW)),
        ({"simulator": True}, (USUAL,)),
        ({"kind": "gpu"}, ()),
        ({"kind": "gpu", "runs_on_host_cpu": True}, (USUAL, SMALLER)),
        ({"languages": ("numpy", "numba", "llvm")}, ()),
    ],
)
def test_which_tiles_race_on_a_device(changed: dict[str, object], among: tuple[Tile, ...]) -> None:
    assert tiles(replace(INFO, **changed)) == among  # type: ignore[arg-type]


def test_gpus_keep_their_kernels_and_race_nothing() -> None:
    info = replace(INFO, kind="gpu")
    gemm, conv = Gemm(100, "float32").layout(info), Conv(9, "int8").layout(info)
    assert "barrier(" in gemm.source.text
    assert (gemm.items_each, conv.items_each) == (256, 9 * 3 * 16)
    assert gemm.grain is conv.grain is None
    runtime = Runtime(PRODUCTS[0], {})
    runtime.info = info
    assert chosen(runtime, PRODUCTS[0], check(runtime, PRODUCTS[0]))[0] is None
    assert runtime.done == []


def test_a_race_of_tiny_products_tells_nothing_of_large_ones() -> None:
    tiny, large = Gemm(16, "float32"), Gemm(2048, "float32")
    first, later = Runtime(tiny, {SMALLER.name: 1e-6}), Runtime(large, {USUAL.name: 1e-4})
    assert chosen(first, tiny, check(first, tiny))[0] == SMALLER
    assert chosen(later, large, check(later, large))[0] == USUAL
    alike = replace(large, size=4096)
    assert chosen(later, alike, check(later, alike))[0] == USUAL
    assert later.done.count(f"compile {SMALLER.name}") == 1, "all large ones race alike, once"


@pytest.mark.parametrize(("largest", "shares"), [(1, False), (255, False), (256, True), (1024, True)])
def test_a_card_with_small_groups_multiplies_without_them(largest: int, shares: bool) -> None:
    info = replace(INFO, kind="gpu", limits={"max_work_group_size": largest})
    layout = Gemm(100, "float32").layout(info)
    assert ("barrier(" in layout.source.text) == shares
    assert layout.grain == (None if shares else 1)


@pytest.mark.parametrize("product", PRODUCTS, ids=str)
@pytest.mark.parametrize("tile", [USUAL, SMALLER, WIDE, NARROW], ids=str)
def test_a_tile_s_kernel_is_the_same_for_all_sizes(product: Product, tile: Tile) -> None:
    sizes = (product, product.small(), product.medium())
    assert len({each.layout(INFO, tile).source for each in sizes}) == 1


def test_the_small_product_goes_through_several_blocks_each_way() -> None:
    small = Gemm(2048, "float32").small()
    assert small.size > max(DEPTH, MOST_ROWS, columns_an_item(4))


def test_a_task_measures_with_the_tile_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    product = Gemm(300, "float32")
    for fast in (USUAL, SMALLER):
        runtime = Runtime(product, {fast.name: 1e-4})
        task = PairTask(runtime, Request("c", "r", {"number": "float32"}, retune=True), "gemm", product)
        # What it multiplies is not looked at here.
        monkeypatch.setattr(task, "_checked", check(runtime, product))
        task.self_test()
        assert task.kernel is not None
        assert task.kernel.tuning["tile"] == fast.name
        task.rehearse(None)
        task.ready(1)
        task.run(1)
        assert runtime.done[-1] == fast.name
