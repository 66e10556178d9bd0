"""The triad on the OpenCL devices of this machine, each in a process of its own: a runtime may crash."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hashwatt.bench.isolation.device import IsolatedDevice
from hashwatt.kernels.device import DeviceOptions, Found
from hashwatt.kernels.errors import DeviceError, WrongResult
from hashwatt.kernels.opencl import backend
from hashwatt.kernels.workloads.protocol import Request
from hashwatt.kernels.workloads.stream.task import TriadTask, array_items

from .devices import found_devices


@pytest.mark.parametrize("entry", found_devices(), ids=lambda entry: entry.info.id)
def test_the_triad_is_right_on_every_opencl_device(entry: Found) -> None:
    device = IsolatedDevice(entry.info, backend.__name__, DeviceOptions())
    # Arrays of 4 MiB do for what is right or wrong.
    device.info = replace(device.info, cache_bytes=1 << 20, memory_bytes=24 << 20)
    try:
        task = TriadTask(device, Request("a challenge", "run"))
        try:
            task.self_test()
        except WrongResult:
            raise
        except DeviceError as error:
            pytest.skip(f"{entry.info.name} runs no kernel here: {error}")
        task.rehearse(None)
        for sample in range(3):
            task.ready(2)
            assert task.run(2).amount == 2 * 24 * array_items(device.info)
            task.count(sample)
        assert task.evidence(3).answers > 0
        roof = task.roof()
        assert (roof is None) == entry.info.simulator
    finally:
        device.close()
