"""The convolution of bytes by AMX: where it races, that it is right at any size, and that a slip in it is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hashwatt.kernels.cpu.blas import threads_of_blas
from hashwatt.kernels.cpu.codegen.amx_ir import ROWS
from hashwatt.kernels.cpu.cores import amx
from hashwatt.kernels.cpu.cores.amx import why_no_amx
from hashwatt.kernels.cpu.native import NativeFunction
from hashwatt.kernels.device import DeviceInfo, KernelId, Launch, Launched, Source
from hashwatt.kernels.errors import DeviceError, WrongResult
from hashwatt.kernels.workloads import kept
from hashwatt.kernels.workloads.conv import on_amx, product
from hashwatt.kernels.workloads.conv.product import Conv
from hashwatt.kernels.workloads.conv.shape import CHANNELS, ITEMS
from hashwatt.kernels.workloads.pairs.inputs import values
from hashwatt.kernels.workloads.pairs.operands import Kernels, compile_all
from hashwatt.kernels.workloads.pairs.race import chosen
from hashwatt.kernels.workloads.pairs.task import PairTask
from hashwatt.kernels.workloads.pairs.tiles import BY_AMX, BY_VECTORS, Choice
from hashwatt.kernels.workloads.peak import on_amx as peak
from hashwatt.kernels.workloads.protocol import Request

from .devices import cpu

INFO = DeviceInfo("cpu", "cpu", "a CPU", "", "cpu", "Numba", compute_units=2, languages=("numba", "llvm", "numpy"))
WITHHELD = "the system says no"
needs_amx = pytest.mark.skipif(why_no_amx("int8") is not None, reason=str(why_no_amx("int8")))


def withheld(monkeypatch: pytest.MonkeyPatch, reason: str | None = WITHHELD) -> None:
    """A CPU with AMX that may not be used for this reason, or may."""
    everything = frozenset(name for names in amx.NEEDS.values() for name in names)
    monkeypatch.setattr(amx, "host_features", lambda: everything)
    monkeypatch.setattr(amx, "host_architecture", lambda: "x86_64")
    monkeypatch.setattr(amx, "_why_no_leave", lambda: reason)


def test_it_races_where_it_may_be_used_and_for_bytes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    withheld(monkeypatch, None)
    assert Conv(64, "int8").choices(INFO) == (BY_VECTORS, BY_AMX)
    assert [Conv(64, number).choices(INFO) for number in ("float32", "int16")] == [(BY_VECTORS,)] * 2
    layouts = [Conv(64, "int8").layout(INFO, choice) for choice in (BY_VECTORS, BY_AMX)]
    assert [layout.source.language for layout in layouts] == ["numba", "llvm"]
    assert (layouts[1].about or {})["sums"] == "amx"
    withheld(monkeypatch)
    assert Conv(64, "int8").choices(INFO) == (BY_VECTORS,)


def test_a_kernel_says_why_it_does_without_and_a_plan_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    withheld(monkeypatch)
    conv = Conv(64, "int8")
    assert (conv.layout(INFO, BY_VECTORS).about or {})["without_amx"] == WITHHELD

    def asked() -> str | None:
        raise AssertionError("leave was asked for a plan")

    monkeypatch.setattr(amx, "_why_no_leave", asked)
    assert "without_amx" not in (conv.layout(INFO).about or {})


@pytest.mark.parametrize("source", [on_amx.convolve_int8, peak.int8, peak.bfloat16])
def test_the_process_that_compiles_a_kernel_needs_leave_itself(
    source: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    withheld(monkeypatch)
    with pytest.raises(DeviceError, match=WITHHELD):
        source()
    withheld(monkeypatch, None)
    assert "tilerelease" in source()


class Cores:
    """Multiplies nothing; a convolution takes the CPU seconds that are told of its language."""

    info = INFO

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds = seconds
        self._sources: list[Source] = []

    def allocate(self, size_bytes: int) -> int:
        return 0

    def write(self, buffer: int, offset_bytes: int, data: bytes) -> None:
        raise AssertionError("nothing is written in a race")

    def repeat(self, buffer: int, period_bytes: int, size_bytes: int) -> None:
        raise AssertionError

    def read(self, buffer: int, offset_bytes: int, size_bytes: int) -> bytes:
        raise AssertionError

    def compile(self, source: Source) -> tuple[KernelId, float]:
        self._sources.append(source)
        return len(self._sources) - 1, 0.1

    def launch(self, launch: Launch) -> Launched:
        return Launched(cpu_s=self._seconds.get(self._sources[launch.kernel].language, 1.0))

    def release(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


@pytest.mark.parametrize(("seconds", "fastest"), [({"llvm": 0.3}, BY_AMX), ({"llvm": 3.0}, BY_VECTORS)])
def test_the_race_goes_by_the_cores_own_time(
    seconds: dict[str, float], fastest: Choice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kept, "cache_folder", lambda *_: tmp_path)
    monkeypatch.setattr(product, "uses_amx", lambda _number, _info: True)
    cores, conv = Cores(seconds), Conv(64, "int8")

    def compiled(choice: Choice | None) -> Kernels:
        return compile_all(cores, conv, conv.layout(INFO, choice))

    assert chosen(cores, conv, compiled)[0] == fastest
    (outcome,) = tmp_path.iterdir()
    assert BY_AMX.name in outcome.read_text()


def test_the_self_test_goes_through_strips_of_every_length() -> None:
    size = Conv(64, "int8").small(BY_AMX).size
    for tiles in on_amx.TOGETHER:
        positions = tiles * ROWS
        assert size >= positions
        size -= positions
    assert 0 < size < ROWS


@cache
def operands(size: int) -> tuple[Any, Any, Any]:
    """Two images, two sets of weights, and what pairs 1 and 2 of them come to."""
    conv = Conv(size, "int8")
    sides = {}
    for side, box in (("left", conv.left), ("right", conv.right)):
        whole = np.zeros((2, box.lines, box.line), np.int8)
        made = [values(box, seed) for seed in (size, -size)]
        whole[:, box.top : box.top + box.rows, box.left : box.left + box.columns] = made
        sides[side] = whole, [one.astype(np.float64) for one in made]
    (images, left), (weights, right) = sides["left"], sides["right"]
    with threads_of_blas(1):
        expected = [conv.expected(left[one], right[other], range(size)) for one, other in ((1, 0), (0, 1))]
    return images, weights, np.concatenate(expected)


def multiplied(text: str, size: int, parts: int = 1) -> bool:
    """Whether the products, done in so many parts, are what they must be, and nothing beyond them is written."""
    images, weights, expected = operands(size)
    sums = np.full((2 * size + 1, size * CHANNELS), 7, np.int32)
    native = NativeFunction(text, on_amx.ENTRY)
    function = native.typed(3, (1,) * 4)
    for part in range(parts):
        bounds = (ITEMS * part // parts, ITEMS * (part + 1) // parts)
        function(sums.ctypes.data, images.ctypes.data, weights.ctypes.data, size, 2, 1, 2, *bounds)
    return np.array_equal(sums[:-1], expected) and bool((sums[-1] == 7).all())


@needs_amx
@pytest.mark.parametrize("size", [3, 16, 17, 33, 64, 83])
def test_it_multiplies_as_integers_do_at_any_size(size: int) -> None:
    assert multiplied(on_amx.emit(), size, parts=3)


SLIPS = [
    (r"tdpbusd tmm2, tmm4, tmm6", "tdpbusd tmm2, tmm5, tmm6"),
    (r"tileloadd tmm5, \[rdx \+ rax \+ 2112\]", "tileloadd tmm5, [rsi + rax + 2112]"),
    (r"\[rcx \+ r9 \+ 17408\]", "[rcx + r9 + 16384]"),
    (r"tilestored \[r8 \+ r10 \+ 8192\], tmm1", "tilestored [r8 + r10 + 8192], tmm2"),
    (r"%left = urem", "%left = udiv"),
    (r"%p1.next = add i64 %p1, 16", "%p1.next = add i64 %p1, 32"),
    (r"icmp ult i64 %k.next, 8", "icmp ult i64 %k.next, 7"),
    (r"%whole.number = sub i64 16, 1", "%whole.number = sub i64 15, 1"),
    (r"%few.number = sub i64 %rest, 1", "%few.number = sub i64 %rest, 2"),
]


@needs_amx
@pytest.mark.parametrize(("pattern", "instead"), SLIPS)
def test_a_slip_in_it_shows_at_the_size_of_the_self_test(pattern: str, instead: str) -> None:
    slipped = re.sub(pattern, instead, on_amx.emit(), count=1)
    assert slipped != on_amx.emit()
    assert not multiplied(slipped, Conv(64, "int8").small(BY_AMX).size)


# Numba compiles what fills operands and takes prints for two seconds.
@pytest.mark.slow
@needs_amx
def test_the_self_test_refuses_a_slip_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slipped = re.sub(*SLIPS[0], on_amx.emit(), count=1)
    device = cpu()
    try:
        task = PairTask(device, Request("c", "r", {"number": "int8"}), "conv", Conv(64, "int8"))
        monkeypatch.setattr(on_amx, "convolve_int8", lambda: slipped)
        with pytest.raises(WrongResult, match="multiplied wrong numbers"):
            task._checked(BY_AMX)
    finally:
        device.close()
