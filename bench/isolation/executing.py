"""The worker's answers to requests that execute kernels."""

from __future__ import annotations

from ...kernels.device import Executes
from ...kernels.errors import DeviceError
from .messages import (
    Allocate,
    Allocated,
    BufferPart,
    Compile,
    CompiledKernel,
    Done,
    Execution,
    LaunchedKernel,
    LaunchKernel,
    ReadBuffer,
    RepeatBuffer,
    Reply,
    WriteBuffer,
)


def execute(device: object, request: Execution) -> Reply:
    """Do what `request` asks. Raises DeviceError, also where the device executes nothing."""
    if not isinstance(device, Executes):
        raise DeviceError("this device executes no kernels but its own")
    match request:
        case Allocate():
            return Allocated(device.allocate(request.size_bytes))
        case WriteBuffer():
            device.write(request.buffer, request.offset_bytes, request.data)
            return Done()
        case RepeatBuffer():
            device.repeat(request.buffer, request.period_bytes, request.size_bytes)
            return Done()
        case ReadBuffer():
            return BufferPart(device.read(request.buffer, request.offset_bytes, request.size_bytes))
        case Compile():
            return CompiledKernel(*device.compile(request.source))
        case LaunchKernel():
            return LaunchedKernel(device.launch(request.launch))
        case _:
            device.release()
            return Done()
