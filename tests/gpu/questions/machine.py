"""What the machine and its drivers tell, and whether NVIDIA's packages and driver work together."""

from __future__ import annotations

import contextlib
import platform
import shutil
import subprocess
import time
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path

from .asked import Json, device_of

OF_INTEREST = ("hashwatt", "numpy", "numba", "pyopencl", "pocl", "cuda", "nvidia", "intel", "msgspec")
LONGEST_ICD = 200
VENDORS = Path("/etc/OpenCL/vendors")
QUERY = (
    "name,driver_version,pci.bus_id,clocks.max.sm,clocks.sm,power.limit,temperature.gpu,mig.mode.current,display_active"
)
TOOLS = ("nvidia-smi", "ncu", "nvcc", "git", "gcc")
TRIPLED = 1000
TRIPLE = """
kernel void triple(global uint *words, long factor) { words[get_global_id(0)] *= (uint)factor; }
"""


def machine() -> Json:
    """Python and packages, NVIDIA's own words, and which OpenCL runtimes and libraries there are."""
    from hashwatt.kernels.cuda.driver import NODES
    from hashwatt.kernels.opencl.runtimes.installed import drivers_library

    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": _packages(),
        "nvidia_smi": _said("nvidia-smi", f"--query-gpu={QUERY}", "--format=csv"),
        "nvidia_smi_clocks": _said("nvidia-smi", "-q", "-d", "CLOCK,POWER"),
        "nodes": [node for node in NODES if Path(node).exists()],
        "icd_files": {file.name: _begin_of(file) for file in sorted(VENDORS.glob("*.icd"))},
        "opencl_libraries": drivers_library(),
        "tools": {name: shutil.which(name) for name in TOOLS},
    }


def _packages() -> dict[str, str]:
    """Those of interest; one whose folder lost its metadata costs no other."""
    told = {}
    for one in distributions():
        with contextlib.suppress(Exception):
            name = str(one.metadata["Name"]).lower()
            if name.startswith(OF_INTEREST):
                told[name] = str(one.version)
    return told


def _begin_of(file: Path) -> str:
    """A file's beginning, or why there is none: it may be a pipe, or nobody's to read."""
    from hashwatt.kernels.system.own_files import read_regular

    try:
        return read_regular(file, LONGEST_ICD).decode(errors="replace")
    except (OSError, ValueError) as error:
        return str(error) or "no regular file"


def cuda() -> Json:
    """Whether NVIDIA's packages and driver work together: a kernel compiled, loaded and run, and its answer checked."""
    import numpy as np

    from hashwatt.kernels.cuda import backend
    from hashwatt.kernels.device import DeviceOptions, Executes, Found, Launch, Missing, Source

    found = backend.absent() or next(iter(backend.find()))
    if isinstance(found, Missing):
        raise SystemExit(found.reason)
    assert isinstance(found, Found)
    marks = [time.perf_counter()]
    device = found.open(DeviceOptions())
    marks.append(time.perf_counter())
    assert isinstance(device, Executes)
    kernel, compile_s = device.compile(Source("opencl", TRIPLE, "triple", ("uint32",)))
    buffer = device.allocate(4 * TRIPLED)
    device.write(buffer, 0, np.arange(TRIPLED, dtype=np.uint32).tobytes())
    device.launch(Launch(kernel, (buffer,), (3,), TRIPLED))
    answers = np.frombuffer(device.read(buffer, 0, 4 * TRIPLED), np.uint32)
    marks.append(time.perf_counter())
    device.close()
    if not np.array_equal(answers, 3 * np.arange(TRIPLED, dtype=np.uint32)):
        raise SystemExit("its kernel computes something else")
    return {
        "device": found.info.name,
        "driver": found.info.driver,
        "nvrtc": _nvrtc(),
        "open_s": marks[1] - marks[0],
        "compile_s": compile_s,
        "run_s": marks[2] - marks[1],
    }


def _nvrtc() -> str | None:
    """NVRTC's version, which is not the package's where another one is loaded."""
    with contextlib.suppress(Exception):
        nvrtc = import_module("cuda.bindings.nvrtc")
        _, major, minor = nvrtc.nvrtcVersion()
        return f"{major}.{minor}"
    return None


def _said(*command: str) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stdout or done.stderr)[:4000]


def properties(device_id: str) -> Json:
    """All that the driver tells of the device."""
    found = device_of(device_id)
    told: Json = {"info": {name: str(value) for name, value in vars(found.info).items()}}
    if found.info.backend != "opencl":
        return told
    import pyopencl

    from hashwatt.kernels.opencl.runtimes.installed import registered

    with registered():
        platforms = pyopencl.get_platforms()
    device = next(
        device for one in platforms for device in one.get_devices() if found.info.name.startswith(device.name.strip())
    )
    names = sorted(name for name in vars(pyopencl.device_info) if name.isupper() and not name.startswith("_"))
    for name in names:
        with contextlib.suppress(Exception):
            told.setdefault("opencl", {})[name] = str(device.get_info(getattr(pyopencl.device_info, name)))[:2000]
    return told
