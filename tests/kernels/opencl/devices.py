"""The OpenCL devices of this machine that a test may use."""

from __future__ import annotations

import pytest

from hashwatt.kernels.device import DeviceOptions, Found
from hashwatt.kernels.opencl.backend import find
from hashwatt.kernels.opencl.device import OpenCLDevice


def found_devices() -> list[Found]:
    return [entry for entry in find() if isinstance(entry, Found)]


def device_named(part: str) -> Found:
    """The first device with `part` in its name or driver; skips the test where there is none."""
    for entry in found_devices():
        if part in f"{entry.info.name} {entry.info.driver}":
            return entry
    pytest.skip(f"no OpenCL device here is called {part}; `hashwatt devices` says which extra brings it, where pip can")


def open_first(kernel: str | None = None, retune: bool = False) -> OpenCLDevice:
    """The first device; skips the test where there is none."""
    entries = found_devices()
    if not entries:
        pytest.skip("no OpenCL device here")
    return open_device(entries[0], kernel, retune)


def open_device(entry: Found, kernel: str | None = None, retune: bool = False) -> OpenCLDevice:
    device = entry.open(DeviceOptions(kernel=kernel, retune=retune))
    assert isinstance(device, OpenCLDevice)
    return device
