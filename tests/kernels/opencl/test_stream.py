"""Stream and peak on the OpenCL devices of this machine, each in a process of its own: a runtime may crash."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hashwatt.bench.isolation.device import IsolatedDevice
from hashwatt.kernels.buffers import KEPT_FROM_BYTES
from hashwatt.kernels.device import DeviceOptions, Found
from hashwatt.kernels.errors import DeviceError, WrongResult
from hashwatt.kernels.execution import Bytes, room_on_pages
from hashwatt.kernels.opencl import backend, executor
from hashwatt.kernels.opencl.executor import LARGE_BYTES
from hashwatt.kernels.workloads import memory_ceiling
from hashwatt.kernels.workloads.evidence import Checked
from hashwatt.kernels.workloads.protocol import LendsMemory, Request, Value
from hashwatt.kernels.workloads.registry import load_workload
from hashwatt.kernels.workloads.stream import arrays, parts

from .devices import device_named, found_devices, open_here

# Oclgrind takes a second for a million items.
ROWS: list[tuple[str, dict[str, Value]]] = [
    ("stream", {"operation": "triad"}),
    ("stream", {"operation": "dot"}),
    ("stream", {"operation": "mul"}),
    ("peak", {"number": "float64"}),
    ("peak", {"number": "int32"}),
    ("peak", {"number": "int8"}),
    ("peak", {"number": "float64", "intensity": 0.5}),
]


@pytest.mark.parametrize("entry", found_devices(), ids=lambda entry: entry.info.id)
def test_every_answer_is_right_on_every_opencl_device(entry: Found) -> None:
    device = IsolatedDevice(entry.info, backend.__name__, DeviceOptions())
    # Arrays of 4 MiB do for what is right or wrong.
    device.info = replace(device.info, cache_bytes=1 << 20, memory_bytes=None)
    try:
        for name, row in ROWS:
            workload = load_workload(name)
            parameters = workload.parameters_of(row)
            if workload.why_not(device.info, parameters) is not None:
                assert row["number"] not in device.info.numbers
                continue
            task = workload.bind(device, Request("a challenge", "run", parameters))
            try:
                task.self_test()
            except WrongResult:
                raise
            except DeviceError as error:
                pytest.skip(f"{entry.info.name} runs no kernel here: {error}")
            task.rehearse(None)
            for sample in range(3):
                task.ready(2)
                assert task.run(2).amount > 0
                task.count(sample)
            assert isinstance(task.evidence(3), Checked)
            device.release()
    finally:
        device.close()


@pytest.mark.parametrize("entry", found_devices(), ids=lambda entry: entry.info.id)
def test_halves_of_arrays_and_what_is_lent_are_right_on_every_opencl_device(
    entry: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, value in (
        (arrays, "can_cut", lambda _info: True), (parts, "can_cut", lambda _info: True),
        (parts, "LEAST_PART_BYTES", 4 << 20), (memory_ceiling, "LARGE_BYTES", 1 << 20),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    if entry.info.simulator:
        pytest.skip("a simulator takes seconds for a million items")
    device = IsolatedDevice(entry.info, backend.__name__, DeviceOptions())
    device.info = replace(device.info, cache_bytes=1 << 20, memory_bytes=None)
    try:
        for name, row in ROWS:
            workload = load_workload(name)
            if "operation" not in row and "intensity" not in row:
                continue
            task = workload.bind(
                device, Request("a challenge", "run", workload.parameters_of({**row, "size": 8 << 20}))
            )
            task.self_test()
            task.rehearse(None)
            for sample, batch in enumerate((1, 1, 1, 4, 3)):
                task.ready(batch)
                assert task.run(batch).amount > 0
                assert isinstance(task, LendsMemory)
                probe = memory_ceiling.MemoryProbe(device, task.lent())
                assert "its own arrays" in probe.explanation
                assert probe.rate() > 0
                task.count(sample)
            device.release()
    finally:
        device.close()


@pytest.mark.parametrize("entry", found_devices(), ids=lambda entry: entry.info.id)
@pytest.mark.parametrize("period", [1, 7, 32_749 * 8])
def test_a_large_buffer_repeats_its_first_bytes_up_to_where_it_is_asked_to(entry: Found, period: int) -> None:
    device = IsolatedDevice(entry.info, backend.__name__, DeviceOptions())
    size, asked = LARGE_BYTES + 5000, LARGE_BYTES + 77
    try:
        buffer = device.allocate(size)
        first = np.random.default_rng(5).integers(1, 255, period, np.uint8).tobytes()
        device.write(buffer, 0, first)
        device.repeat(buffer, period, asked)
        found = device.read(buffer, 0, size)
        assert found[:asked] == (first * (asked // period + 1))[:asked]
        assert found[asked:] == bytes(size - asked)
    finally:
        device.close()


@pytest.mark.own_process
def test_a_new_buffer_is_filled_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "FIRST_ZEROS_BYTES", 1000)
    # What the host writes, so that memory that happens to hold zeros does not look filled.
    monkeypatch.setattr(np, "zeros", lambda size_bytes, kind=float: np.full(size_bytes, 7, kind))
    device = open_here()
    for size_bytes in (1, 1000, 1001, 12345):
        assert device.read(device.allocate(size_bytes), 0, size_bytes) == bytes([7] * size_bytes)
    device.close()


@pytest.mark.own_process
def test_a_large_buffer_of_the_host_s_cores_is_room_of_ours_that_begins_with_zeros(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rooms: list[Bytes] = []

    def room(size_bytes: int) -> Bytes:
        rooms.append(room_on_pages(size_bytes))
        return rooms[-1]

    monkeypatch.setattr(executor, "room_on_pages", room)
    device = open_here(wanted=device_named("PoCL"))
    sizes = (LARGE_BYTES - 1, LARGE_BYTES, LARGE_BYTES + 4097)
    for size_bytes in sizes:
        buffer = device.allocate(size_bytes)
        assert not any(device.read(buffer, 0, size_bytes))
        device.write(buffer, size_bytes - 3, b"end")
        assert device.read(buffer, size_bytes - 4, 4) == b"\0end"
    assert tuple(len(one) for one in rooms) == sizes[1:]
    # What was written is there: the runtime has no copy of its own.
    assert [bytes(one[-4:]) for one in rooms] == [b"\0end"] * 2
    device.close()


@pytest.mark.own_process
def test_large_room_stays_for_the_next_work_which_finds_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    rooms: list[Bytes] = []

    def room(size_bytes: int) -> Bytes:
        rooms.append(room_on_pages(size_bytes))
        return rooms[-1]

    monkeypatch.setattr(executor, "room_on_pages", room)
    device = open_here(wanted=device_named("PoCL"))
    for _ in range(2):
        buffer = device.allocate(KEPT_FROM_BYTES)
        device.write(buffer, 0, b"begin")
        assert device.read(buffer, 0, KEPT_FROM_BYTES) == b"begin".ljust(KEPT_FROM_BYTES, b"\0")
        device.write(buffer, 0, b"\xff" * KEPT_FROM_BYTES)
        device.release()
    assert len(rooms) == 1
    device.close()
