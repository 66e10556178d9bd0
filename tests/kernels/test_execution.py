"""Executing kernels on buffers: the same on the CPU, on the fake device, and through a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hashwatt.bench.isolation.deadlines import Deadlines
from hashwatt.bench.isolation.device import IsolatedDevice
from hashwatt.bench.isolation.messages import PART_BYTES
from hashwatt.kernels import execution
from hashwatt.kernels.buffers import KEPT_FROM_BYTES
from hashwatt.kernels.cpu import backend
from hashwatt.kernels.cpu.cores.clock import counts_cpu_time, thread_seconds
from hashwatt.kernels.cpu.executor import _part
from hashwatt.kernels.device import PART_GRAIN_BYTES, DeviceOptions, Executes, Found, Launch, Source
from hashwatt.kernels.errors import DeviceCrashed, DeviceError, DeviceHung, InputError
from hashwatt.kernels.execution import MOST_BUILT, PAGE_BYTES, HoldsBuffers, room_on_pages, touch_pages
from hashwatt.kernels.fakes import device as fake
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock

Numbers = npt.NDArray[np.int64]
ITEMS = 10_007


def add(target: Numbers, one: Numbers, other: Numbers, amount: int, start: int, stop: int) -> None:
    """target = one + other + amount: compiled by Numba on the CPU, run as it is on the fake device."""
    for index in range(start, stop):
        target[index] = one[index] + other[index] + amount


def fail(target: Numbers, start: int, stop: int) -> None:
    """Raises in the midst of a launch."""
    raise ValueError("this kernel does not work")


def source(device: Executes, name: str = "add", buffers: int = 3) -> Source:
    return Source(device.info.languages[0], f"{__name__}:{name}", "", ("int64",) * buffers)


def cpu(threads: int | None = None) -> Executes:
    (found,) = (entry for entry in backend.find() if isinstance(entry, Found))
    small = Found(replace(found.info, cache_bytes=1 << 16), found.open)
    opened = small.open(DeviceOptions(threads=threads))
    assert isinstance(opened, Executes)
    return opened


def isolated(behaviour: str, deadlines: Deadlines | None = None) -> IsolatedDevice:
    with pytest.MonkeyPatch.context() as patch:
        # The process finds this module's kernels as it would those of an installed distribution.
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        return IsolatedDevice(fake.fake_info(behaviour), fake.__name__, DeviceOptions(), deadlines or Deadlines())


@pytest.fixture(params=["cpu", "fake", "isolated"], scope="module")
def device(request: pytest.FixtureRequest) -> Iterator[Executes]:
    opened: Executes
    if request.param == "cpu":
        opened = cpu()
    elif request.param == "fake":
        opened = FakeDevice("steady", spend=VirtualClock().spend)
    else:
        opened = isolated("steady")
    yield opened
    opened.close()


def filled(device: Executes, values: Numbers) -> int:
    buffer = device.allocate(values.nbytes)
    device.write(buffer, 0, values.tobytes())
    return buffer


def test_a_launch_may_leave_out_the_beginnings_of_its_buffers(device: Executes) -> None:
    page = PART_GRAIN_BYTES // 8
    one, other = np.arange(3 * page), np.arange(3 * page) * 1000
    buffers = (device.allocate(one.nbytes), filled(device, one), filled(device, other))
    kernel, _ = device.compile(source(device))
    offsets = (PART_GRAIN_BYTES, 2 * PART_GRAIN_BYTES, 0)
    device.launch(Launch(kernel, buffers, (7,), page, offsets=offsets))
    right = np.concatenate([np.zeros(page), one[2 * page :] + other[:page] + 7, np.zeros(page)]).astype(np.int64)
    assert device.read(buffers[0], 0, one.nbytes) == right.tobytes()
    # From there on there must be room for all items.
    with pytest.raises(DeviceError, match="too small"):
        device.launch(Launch(kernel, buffers, (7,), page + 1, offsets=offsets))
    for wrong in ((0, 0), (8, 0, 0), (-PART_GRAIN_BYTES, 0, 0), (0, 3 * PART_GRAIN_BYTES, 0)):
        with pytest.raises(DeviceError, match=r"offsets were given|begins at"):
            device.launch(Launch(kernel, buffers, (7,), 1, offsets=wrong))


def contents(device: Executes, buffer: int) -> Numbers:
    return np.frombuffer(device.read(buffer, 0, 8 * ITEMS), np.int64)


# Each compiles anew: it takes the most of the time.
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(repeats=st.integers(1, 7), rotate=st.booleans(), amount=st.integers(-5, 5), items=st.integers(1, ITEMS))
def test_a_launch_does_each_item_once_a_repeat(
    device: Executes, repeats: int, rotate: bool, amount: int, items: int
) -> None:
    start = [np.arange(ITEMS, dtype=np.int64) * factor for factor in (1, 3, 7)]
    buffers = tuple(filled(device, values) for values in start)
    kernel, _ = device.compile(source(device))
    device.launch(Launch(kernel, buffers, (amount,), items, repeats, rotate))
    arrays = [values.copy() for values in start]
    order = [0, 1, 2]
    for _ in range(repeats):
        target, one, other = order
        arrays[target][:items] = arrays[one][:items] + arrays[other][:items] + amount
        order = [*order[1:], order[0]] if rotate else order
    for buffer, right in zip(buffers, arrays, strict=True):
        assert np.array_equal(contents(device, buffer), right)
    device.release()


def test_a_buffer_begins_with_zeros_and_keeps_what_is_written_anywhere(device: Executes) -> None:
    buffer = device.allocate(8 * ITEMS)
    assert not contents(device, buffer).any()
    device.write(buffer, 8 * 5000, np.int64(42).tobytes())
    device.write(buffer, 8 * ITEMS, b"")
    assert contents(device, buffer)[5000] == 42
    assert contents(device, buffer).sum() == 42
    assert device.read(buffer, 8 * 5000, 8) == np.int64(42).tobytes()
    device.release()


def test_a_large_buffer_begins_with_zeros_after_other_work_had_the_memory(device: Executes) -> None:
    size, kernel, period = KEPT_FROM_BYTES + 8 * 5, source(device), np.array([3, -7, 11, 500, 2], np.int64)
    for amount in (1, 2):
        target, one, other = (device.allocate(size) for _ in range(3))
        device.write(one, 0, period.tobytes())
        device.repeat(one, period.nbytes, size)
        device.launch(Launch(device.compile(kernel)[0], (target, one, other), (amount,), ITEMS))
        whole = np.resize(period, size // 8)
        found = [np.frombuffer(device.read(buffer, 0, size), np.int64) for buffer in (target, one, other)]
        assert np.array_equal(found[0][:ITEMS], whole[:ITEMS] + amount)
        assert not found[0][ITEMS:].any()
        assert np.array_equal(found[1], whole)
        assert not found[2].any()
        for buffer in (target, other):
            device.write(buffer, 0, b"\xff" * size)
        device.release()


def test_a_buffer_larger_than_a_message_goes_across_whole(device: Executes) -> None:
    size = PART_BYTES + 12_345
    data = np.random.default_rng(1).integers(0, 256, size, np.uint8).tobytes()
    buffer = device.allocate(size)
    device.write(buffer, 0, data)
    assert device.read(buffer, 0, size) == data
    device.release()


@pytest.mark.parametrize(
    ("period", "size"), [(1, 1), (1, 999), (7, 7), (7, 1000), (300, 1001), (999, 1000), (512, 1024)]
)
def test_a_buffer_s_beginning_is_repeated_as_far_as_asked_and_no_further(
    device: Executes, period: int, size: int
) -> None:
    values = np.arange(1100, dtype=np.int64)
    buffer = filled(device, values)
    device.repeat(buffer, 8 * period, 8 * size)
    found = np.frombuffer(device.read(buffer, 0, values.nbytes), np.int64)
    assert found.tolist() == [*np.resize(values[:period], size), *values[size:]]
    for too_much in ((8 * 1101, 8), (8, 8 * 1101), (0, 8), (-8, 8), (8, -8)):
        with pytest.raises(DeviceError, match=r"bytes? "):
            device.repeat(buffer, *too_much)


def test_what_cannot_be_is_refused_in_a_sentence_and_the_device_goes_on(device: Executes) -> None:
    kernel, _ = device.compile(source(device))
    buffers = tuple(device.allocate(8 * ITEMS) for _ in range(3))
    right = Launch(kernel, buffers, (1,), ITEMS)
    for wrong, words in (
        (replace(right, kernel=99), "no kernel 99"),
        (replace(right, buffers=(*buffers[:2], 99)), "no buffer 99"),
        (replace(right, buffers=buffers[:2]), "takes 3 buffers"),
        (replace(right, items=ITEMS + 1), "too small"),
        (replace(right, items=0), "at least one item"),
        (replace(right, repeats=0), "at least one item and one repeat"),
    ):
        with pytest.raises(DeviceError, match=words):
            device.launch(wrong)
    for offset, size in ((-1, 1), (0, 8 * ITEMS + 1), (8 * ITEMS, 1)):
        with pytest.raises(DeviceError, match="outside a buffer"):
            device.read(buffers[0], offset, size)
    with pytest.raises(DeviceError, match="outside a buffer"):
        device.write(buffers[0], 8 * ITEMS - 1, b"xx")
    for other in (Source("cobol", "x", "", ()), Source(device.info.languages[0], "no.module:f", "", ("int64",))):
        with pytest.raises(DeviceError):
            device.compile(other)
    with pytest.raises(DeviceError, match="complex64"):
        device.compile(replace(source(device), types=("complex64",)))
    device.launch(right)
    assert contents(device, buffers[0]).sum() == ITEMS
    device.release()
    with pytest.raises(DeviceError, match="no buffer"):
        device.read(buffers[0], 0, 1)


def test_a_kernel_that_fails_costs_its_own_launch_only(device: Executes) -> None:
    broken, _ = device.compile(source(device, "fail", 1))
    works, _ = device.compile(source(device))
    buffers = tuple(device.allocate(8 * ITEMS) for _ in range(3))
    with pytest.raises((DeviceError, ValueError)):
        device.launch(Launch(broken, buffers[:1], (), ITEMS))
    device.launch(Launch(works, buffers, (1,), ITEMS))
    assert contents(device, buffers[0]).sum() == ITEMS
    device.release()


def test_the_cpu_takes_as_many_threads_as_are_asked_for() -> None:
    one = cpu(threads=1)
    kernel, _ = one.compile(source(one))
    buffers = tuple(filled(one, np.arange(ITEMS, dtype=np.int64)) for _ in range(3))
    one.launch(Launch(kernel, buffers, (0,), ITEMS))
    assert np.array_equal(contents(one, buffers[0]), 2 * np.arange(ITEMS))
    one.close()
    with pytest.raises(DeviceError, match="closed"):
        one.allocate(1)
    with pytest.raises(InputError, match="--threads"):
        cpu(threads=10_000).allocate(1)


@given(st.integers(1, 10**7), st.integers(1, 4096), st.integers(1, 64))
def test_parts_cover_everything_once(items: int, grain: int, parts: int) -> None:
    cut = [_part(items, grain, number, parts) for number in range(parts)]
    assert cut[0][0] == 0
    assert cut[-1][1] == items
    assert all(before[1] == after[0] for before, after in pairwise(cut))
    assert all(start % grain == 0 or start == items for start, _ in cut)


def large(device: Executes) -> Launch:
    kernel, _ = device.compile(source(device))
    buffers = tuple(device.allocate(8 * ITEMS) for _ in range(3))
    return Launch(kernel, buffers, (1,), ITEMS, 20)


def test_a_launch_that_never_ends_is_cut_off() -> None:
    device = isolated("hanging", Deadlines(first_scan_s=1.5))
    with pytest.raises(DeviceHung, match="while computing"):
        device.launch(large(device))
    device.close()


def test_a_launch_that_ends_the_process_is_an_error() -> None:
    device = isolated("crashing")
    with pytest.raises(DeviceCrashed, match="internal error 42"):
        device.launch(large(device))
    device.close()


class Built(HoldsBuffers):
    """An executor that notes what it built."""

    def __init__(self) -> None:
        super().__init__("a device")
        self.made: list[str] = []

    def compile(self, wanted: Source) -> tuple[int, float]:
        def build() -> tuple[str, float]:
            self.made.append(wanted.text)
            return wanted.text, 0.25

        return self._built_once(wanted, build)


def test_what_was_built_for_a_source_is_there_after_all_was_given_back() -> None:
    executor, one = Built(), Source("llvm", "m:one", "", ("int64",))
    first, seconds = executor.compile(one)
    executor.release()
    again, told = executor.compile(one)
    # Under a new number, with the seconds that it once took.
    assert (again != first, told, seconds, executor.made) == (True, 0.25, 0.25, ["m:one"])
    executor.compile(replace(one, types=("int32",)))
    assert len(executor.made) == 2


def test_no_more_kernels_stay_built_than_a_device_s_work_has() -> None:
    executor = Built()
    for number in range(3 * MOST_BUILT):
        executor.compile(Source("llvm", f"m:{number}", "", ()))
    assert len(executor._built) == MOST_BUILT


def test_the_threads_own_time_is_told_of_a_launch_on_the_cpu() -> None:
    opened = cpu(1)
    try:
        kernel, _ = opened.compile(source(opened))
        buffers = tuple(opened.allocate(ITEMS * 8) for _ in range(3))
        done = opened.launch(Launch(kernel, buffers, (1,), ITEMS, repeats=50))
        if counts_cpu_time(thread_seconds):
            assert done.cpu_s is not None
            assert done.cpu_s > 0
        else:
            assert done.cpu_s is None
    finally:
        opened.close()


@pytest.mark.parametrize("size_bytes", [1, PAGE_BYTES - 1, PAGE_BYTES, 3 * PAGE_BYTES + 7, 64 << 20])
def test_room_begins_on_a_page_with_zeros_and_has_memory_behind_each_once_it_was_touched(size_bytes: int) -> None:
    before_bytes = resident_bytes()
    room = room_on_pages(size_bytes)
    assert room.ctypes.data % PAGE_BYTES == 0
    touch_pages(room)
    # Where the system tells, and beside what other tests give back meanwhile.
    assert resident_bytes() - before_bytes >= (0.9 * size_bytes - (8 << 20) if before_bytes else 0)
    assert len(room) == size_bytes
    assert not room.any()


def resident_bytes() -> int:
    """How much of this process lies in memory; 0 where the system has no such file."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


@pytest.mark.parametrize(("size_mib", "free_mib", "there"), [(256, 512, True), (256, 300, False), (1, 0, True)])
def test_a_large_buffer_leaves_a_quarter_of_what_is_free(
    monkeypatch: pytest.MonkeyPatch, size_mib: int, free_mib: int, there: bool
) -> None:
    monkeypatch.setattr(execution, "free_bytes", lambda: free_mib << 20)
    if there:
        assert execution.room_on_pages(size_mib << 20).size == size_mib << 20
    else:
        with pytest.raises(MemoryError):
            execution.room_on_pages(size_mib << 20)
    monkeypatch.setattr(execution, "free_bytes", lambda: None)
    assert execution.room_on_pages(size_mib << 20).size == size_mib << 20
