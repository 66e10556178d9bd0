"""Arrays are so large that no cache serves them, whatever a system tells of its caches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hashwatt.kernels.device import DeviceInfo, Launch, Launched, Source
from hashwatt.kernels.errors import Unfit
from hashwatt.kernels.workloads.ceilings import MemoryProbe
from hashwatt.kernels.workloads.stream.beyond import LEAST_REFERENCE_BYTES, beyond_caches
from hashwatt.kernels.workloads.stream.counts import BLOCK, DOT, OPERATIONS

MIB = 1 << 20
MEMORY_BYTES_S, CACHE_BYTES_S = 20e9, 150e9
INFO = DeviceInfo(
    "x", "cpu", "", "", "", "", cache_bytes=4 * MIB, memory_bytes=16 << 30, languages=("llvm",), runs_on_host_cpu=True,
    numbers=("float64",),
)  # fmt: skip


class Cached:
    """A device whose last cache holds so many bytes, whatever it tells; buffers and kernels are numbers."""

    def __init__(self, serves_bytes: int, info: DeviceInfo = INFO) -> None:
        self.info = info
        self.allocated: list[int] = []
        self.launches = 0
        self.asked: list[int] = []
        self._serves_bytes = serves_bytes
        self._kernels: list[str] = []

    def close(self) -> None: ...

    def allocate(self, size_bytes: int) -> int:
        self.allocated.append(size_bytes)
        return len(self.allocated) - 1

    def write(self, buffer: int, offset_bytes: int, data: bytes) -> None: ...

    def repeat(self, buffer: int, period_bytes: int, size_bytes: int) -> None: ...

    def read(self, buffer: int, offset_bytes: int, size_bytes: int) -> bytes:
        raise AssertionError

    def compile(self, source: Source) -> tuple[int, float]:
        self._kernels.append(source.entry)
        return len(self._kernels) - 1, 0.0

    def launch(self, launch: Launch) -> Launched:
        """Of what is read in place so much comes from the cache as it holds; what goes past it comes from memory."""
        self.launches += 1
        self.asked.append(launch.items)
        name = self._kernels[launch.kernel]
        items = launch.items * BLOCK if name == DOT else launch.items
        arrays = {DOT: 2, "sweep1": 1}.get(name)
        part = 0.0 if arrays is None else min(1.0, self._serves_bytes / (8 * items * arrays))
        moved = (OPERATIONS[name].item_bytes if name in OPERATIONS else 16) * items * launch.repeats
        return Launched(device_s=moved * (part / CACHE_BYTES_S + (1 - part) / MEMORY_BYTES_S))

    def release(self) -> None: ...


@pytest.mark.parametrize(("told_mib", "serves_mib"), [(4, 4), (4, 1), (32, 32), (32, 16)])
def test_what_is_told_of_caches_counts_where_it_is_true(told_mib: int, serves_mib: int) -> None:
    device = Cached(serves_mib * MIB, replace(INFO, cache_bytes=told_mib * MIB))
    assert beyond_caches(device).items * 8 == 4 * told_mib * MIB


@pytest.mark.parametrize("serves_mib", [16, 32, 96, 128])
def test_a_cache_that_is_larger_than_was_told_is_seen(serves_mib: int) -> None:
    device = Cached(serves_mib * MIB)
    assert beyond_caches(device).items * 8 >= 4 * serves_mib * MIB
    # The memory that looking takes is bounded: the arrays that the work takes may be half of it.
    assert sum(device.allocated) <= 0.76 * (INFO.memory_bytes or 0)


@pytest.mark.parametrize("told_bytes", [1, 64, 4095, 4096])
def test_a_cache_of_a_few_bytes_that_a_driver_tells_of_is_no_reason_to_measure_nothing(told_bytes: int) -> None:
    device = Cached(4 * MIB, replace(INFO, cache_bytes=told_bytes))
    assert beyond_caches(device).items * 8 >= 16 * MIB
    assert min(device.asked) >= 1


def test_it_is_found_out_once_while_the_device_is_open() -> None:
    device = Cached(4 * MIB)
    first, launches = beyond_caches(device), device.launches
    assert beyond_caches(device).items == first.items
    assert device.launches == launches
    assert first.spare
    assert not beyond_caches(device).spare


def test_where_no_size_is_seen_to_be_beyond_the_caches_the_reason_is_said() -> None:
    device = Cached(96 * MIB, replace(INFO, memory_bytes=600 * MIB))
    with pytest.raises(Unfit, match="still read as from a cache, and larger ones do not fit") as refused:
        beyond_caches(device)
    assert len(str(refused.value)) <= 120
    assert sum(device.allocated) < LEAST_REFERENCE_BYTES


def test_where_there_is_little_memory_it_is_said_how_large_a_cache_was_looked_for() -> None:
    probe = MemoryProbe(Cached(4 * MIB, replace(INFO, memory_bytes=256 * MIB)))
    assert probe.explanation.endswith("arrays of 16 MiB, for lack of memory held against 64 MiB only)")
    assert "lack" not in MemoryProbe(Cached(4 * MIB)).explanation


def test_nothing_is_measured_where_it_would_say_nothing() -> None:
    for info in (replace(INFO, simulator=True), replace(INFO, memory_bytes=None), replace(INFO, languages=("python",))):
        device = Cached(1 << 40, info)
        beyond_caches(device)
        assert not device.launches


def test_the_ceiling_of_memory_is_no_cache_s() -> None:
    device = Cached(32 * MIB)
    probe = MemoryProbe(device)
    assert probe.rate() <= 1.3 * MEMORY_BYTES_S, probe.explanation
    assert sum(device.allocated) < (INFO.memory_bytes or 0) / 2
