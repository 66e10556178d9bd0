"""The race for the width of OpenCL's vectors on the host's cores: a device that is wrong, or slow, at one of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from hashwatt.kernels.device import BufferId, DeviceInfo, KernelId, Launch, Launched, Source
from hashwatt.kernels.errors import DeviceError, WrongResult
from hashwatt.kernels.workloads.peak.launches import values_an_item
from hashwatt.kernels.workloads.peak.oracle import after
from hashwatt.kernels.workloads.peak.task import PeakTask
from hashwatt.kernels.workloads.peak.widths import candidates, chosen_bits
from hashwatt.kernels.workloads.peak.workload import WORKLOAD
from hashwatt.kernels.workloads.protocol import Request

INFO = DeviceInfo(
    "opencl:0", "cpu", "a CPU", "", "opencl", "a runtime", compute_units=2,
    limits={"native_vector_width": 16}, languages=("opencl",), numbers=("float64", "float32", "int32"),
)  # fmt: skip
WIDE = {"float64": "double8", "float32": "float16", "int32": "uint16"}


class Runtime:
    """Computes by closed forms; kernels of 512 bits are wrong for the formats in `wrong`, do not compile for `refused`.

    Launches of 512 bits take `wide_s` for each number, others 1.
    """

    def __init__(self, wrong: Iterable[str] = (), refused: Iterable[str] = (), wide_s: float = 0.5) -> None:
        self.info = INFO
        self.compiled: list[str] = []
        self._wrong, self._refused, self._wide_s = wrong, refused, wide_s
        self._memory: list[bytearray] = []
        self._sources: list[Source] = []

    def allocate(self, size_bytes: int) -> BufferId:
        self._memory.append(bytearray(size_bytes))
        return len(self._memory) - 1

    def write(self, buffer: BufferId, offset_bytes: int, data: bytes) -> None:
        self._memory[buffer][offset_bytes : offset_bytes + len(data)] = data

    def repeat(self, buffer: BufferId, period_bytes: int, size_bytes: int) -> None:
        raise AssertionError

    def read(self, buffer: BufferId, offset_bytes: int, size_bytes: int) -> bytes:
        return bytes(self._memory[buffer][offset_bytes : offset_bytes + size_bytes])

    def compile(self, source: Source) -> tuple[KernelId, float]:
        wide = WIDE[source.entry] in source.text
        if wide and source.entry in self._refused:
            raise DeviceError("opencl:0: the compiler of this runtime does not like it")
        self.compiled.append(f"{source.entry} {512 if wide else 256}")
        self._sources.append(source)
        return len(self._sources) - 1, 0.1

    def launch(self, launch: Launch) -> Launched:
        source, memory = self._sources[launch.kernel], self._memory[launch.buffers[0]]
        number, wide = source.entry, WIDE[source.entry] in source.text
        turns, m, c = (int(value) for value in launch.scalars)
        numbers = np.frombuffer(memory, source.types[0])
        right = after(number, numbers, turns, launch.repeats, m, c)
        memory[:] = (right + right.dtype.type(1) if wide and number in self._wrong else right).tobytes()
        return Launched(1e-6 * len(numbers) * (self._wide_s if wide else 1.0))

    def release(self) -> None:
        """Nothing: what was made stays."""

    def close(self) -> None:
        """Nothing."""


@pytest.mark.parametrize("number", WIDE)
def test_the_fastest_width_that_is_right_is_taken(number: str) -> None:
    assert chosen_bits(Runtime(), number) == 512
    assert chosen_bits(Runtime(wide_s=1.5), number) == 256
    assert chosen_bits(Runtime(wrong=[number]), number) == 256
    assert chosen_bits(Runtime(refused=[number]), number) == 256


def test_a_width_is_raced_once_a_device_and_by_format() -> None:
    runtime = Runtime(wrong=["float32"])
    assert [chosen_bits(runtime, number) for number in ("float64", "float32", "float64", "float32")] == [512, 256] * 2
    assert runtime.compiled == ["float64 512", "float64 256", "float32 512", "float32 256"]


def test_where_no_width_works_the_first_failure_is_told() -> None:
    class Broken(Runtime):
        def read(self, buffer: BufferId, offset_bytes: int, size_bytes: int) -> bytes:
            return bytes(size_bytes)

    with pytest.raises(WrongResult, match=r"opencl:0 computes float64 wrong in vectors of 512 bits; use another"):
        chosen_bits(Broken(), "float64")


def test_the_workload_measures_with_the_width_that_was_chosen() -> None:
    for runtime, bits in ((Runtime(), 512), (Runtime(wrong=["float64"]), 256)):
        task = WORKLOAD.bind(runtime, Request("a challenge", "run", WORKLOAD.parameters_of({"number": "float64"})))
        assert isinstance(task, PeakTask)
        task.self_test()
        assert task.kernel is not None
        assert task.kernel.tuning["numbers_an_item"] == values_an_item("float64", INFO, bits) == 12 * bits // 64


@pytest.mark.parametrize(
    "changed",
    [
        {"limits": {"native_vector_width": 8}},
        {"limits": {}},
        {"kind": "gpu"},
        {"simulator": True},
        {"languages": ("llvm", "opencl")},
    ],
)
def test_where_there_is_nothing_to_choose_nothing_is_compiled(changed: dict[str, object]) -> None:
    assert candidates(replace(INFO, **changed)) == (256,)  # type: ignore[arg-type]
    runtime = Runtime()
    runtime.info = replace(INFO, **changed)  # type: ignore[arg-type]
    assert chosen_bits(runtime, "float64") == 256
    assert runtime.compiled == []
