"""Stream and peak on the OpenCL devices of this machine, each in a process of its own: a runtime may crash."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hashwatt.bench.isolation.device import IsolatedDevice
from hashwatt.kernels.device import DeviceOptions, Found
from hashwatt.kernels.errors import DeviceError, WrongResult
from hashwatt.kernels.opencl import backend
from hashwatt.kernels.workloads.evidence import Checked
from hashwatt.kernels.workloads.protocol import Request, Value
from hashwatt.kernels.workloads.registry import load_workload

from .devices import found_devices

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
