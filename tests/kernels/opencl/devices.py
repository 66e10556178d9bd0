"""The OpenCL devices of this machine that a test may use, each driven by a worker process.

Only a test that is marked `own_process` may open one in its own process (`open_here`), to look into it, or to
replace parts of the backend.
"""

from __future__ import annotations

import pytest

from hashwatt.kernels.device import DeviceOptions, Found, Scans, scanning
from hashwatt.kernels.opencl.backend import BACKEND, find
from hashwatt.kernels.opencl.device import OpenCLDevice

from ...own_process import MARK, is_own_process
from ..devices_here import ONE_TEST_TELLS, entries_here, trouble


def found_devices() -> list[Found]:
    """All that were found, whether they hash or not."""
    return [entry for entry in entries_here() if isinstance(entry, Found) and entry.info.backend == BACKEND]


def device_named(part: str) -> Found:
    """The first device with `part` in its name or driver; skips the test where there is none."""
    for entry in found_devices():
        if part in f"{entry.info.name} {entry.info.driver}":
            return entry
    pytest.skip(f"no OpenCL device here is called {part}; `hashwatt devices` says which extra brings it, where pip can")


def first_device() -> Found:
    """The first device that hashes; skips the test where there is none."""
    entries = found_devices()
    for entry in entries:
        if entry.by_default and not trouble(entry):
            return entry
    pytest.skip(f"no OpenCL device here hashes; {ONE_TEST_TELLS}" if entries else "no OpenCL device here")


def open_first(kernel: str | None = None, retune: bool = False) -> Scans:
    """The first device that hashes, driven by a worker; skips the test where there is none."""
    return open_device(first_device(), kernel, retune)


def open_device(entry: Found, kernel: str | None = None, retune: bool = False) -> Scans:
    return scanning(entry.open(DeviceOptions(kernel=kernel, retune=retune)))


def open_here(kernel: str | None = None, retune: bool = False, wanted: Found | None = None) -> OpenCLDevice:
    """A device (the first that hashes), in this process, for a test that looks into it or replaces parts of it."""
    assert is_own_process(), f"mark the test `{MARK}`: its runtime would be loaded into the process of all tests"
    info = (wanted or first_device()).info
    for entry in find():
        if isinstance(entry, Found) and entry.info.id == info.id:
            device = scanning(entry.open(DeviceOptions(kernel=kernel, retune=retune)))
            assert isinstance(device, OpenCLDevice)
            return device
    raise AssertionError(f"{info.id} is found by a worker, but not here")
