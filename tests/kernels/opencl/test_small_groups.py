"""Kernels whose work-groups hold fewer work-items than the device says: many registers, much local memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hashwatt.kernels.device import Launch, Source
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.device import OpenCLDevice
from hashwatt.kernels.opencl.known_answers import check_answers
from hashwatt.kernels.opencl.roof import OpenCLStreams
from hashwatt.kernels.opencl.setting import Tuning

from .devices import open_here

# The driver's answer is replaced: each test gets the runtime into a process of its own.
pytestmark = pytest.mark.own_process
# No power of two, as with registers that do not divide evenly.
TOLD, MOST = 3, 2
JOB = Job((bytes(PREFIX_BYTES),), target_from_zero_bits(8))
DOUBLE = """kernel void twice(global int *numbers) { numbers[get_global_id(0)] *= 2; }"""


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the groups launched; a driver refuses what is larger than it said of the kernel."""
    import pyopencl

    real, launched = pyopencl.enqueue_nd_range_kernel, list[int]()

    def enqueue(queue: Any, kernel: Any, items: Any, group: Any, **options: Any) -> Any:
        launched.append(group[0])
        if group[0] > TOLD:
            raise pyopencl.LogicError("clEnqueueNDRangeKernel", pyopencl.status_code.INVALID_WORK_GROUP_SIZE, "")
        return real(queue, kernel, items, group, **options)

    monkeypatch.setattr(pyopencl.Kernel, "get_work_group_info", lambda *_asked: TOLD)
    monkeypatch.setattr(pyopencl, "enqueue_nd_range_kernel", enqueue)
    return launched


@pytest.fixture
def device(groups: list[int]) -> Iterator[OpenCLDevice]:
    device = open_here(Variant(4).name)
    yield device
    device.close()


def test_headers_are_hashed_in_groups_that_the_kernel_takes(device: OpenCLDevice, groups: list[int]) -> None:
    told = device.prepare(JOB)
    assert told.tuning["local_size"] == MOST
    assert device.scan(range(5000)).hashes == 5000
    assert set(groups) == {MOST}


def test_work_dealt_out_in_larger_groups_is_no_way_to_run_it(device: OpenCLDevice, groups: list[int]) -> None:
    dealt = Tuning(Variant(4), 16, 64, refined=True)
    with pytest.raises(DeviceError, match=f"work-groups of {MOST} work-items at most"):
        device._scanner_for(JOB, dealt)
    check_answers(device._scanner_for(JOB, Tuning(Variant(4), 16, 64)), device.info)
    assert set(groups) == {MOST}


def test_kernels_on_buffers_and_those_of_the_roof_are_launched_so_too(device: OpenCLDevice, groups: list[int]) -> None:
    kernel, _ = device.compile(Source("opencl", DOUBLE, "twice", ("int32",)))
    numbers = np.arange(256, dtype=np.int32)
    buffer = device.allocate(numbers.nbytes)
    device.write(buffer, 0, numbers.tobytes())
    device.launch(Launch(kernel, (buffer,), (), len(numbers)))
    assert np.array_equal(np.frombuffer(device.read(buffer, 0, numbers.nbytes), np.int32), 2 * numbers)
    streams = OpenCLStreams(device._context, device._queue, "gpu", 1, None)
    assert streams.runner(Variant(4), ["add", "xor"])(1) > 0
    assert groups == [MOST, MOST]


def test_a_driver_that_does_not_answer_knows_no_less_than_the_device(
    device: OpenCLDevice, groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyopencl

    for answer in (0, pyopencl.LogicError("clGetKernelWorkGroupInfo", pyopencl.status_code.INVALID_VALUE, "")):

        def ask(*_asked: Any, answer: Any = answer) -> int:
            if isinstance(answer, int):
                return answer
            raise answer

        monkeypatch.setattr(pyopencl.Kernel, "get_work_group_info", ask)
        kernel, _ = device.compile(Source("opencl", f"// {answer}\n{DOUBLE}", "twice", ("int32",)))
        buffer = device.allocate(1024)
        with pytest.raises(DeviceError, match="the launch failed"):
            device.launch(Launch(kernel, (buffer,), (), 256))
    assert min(groups) > MOST
