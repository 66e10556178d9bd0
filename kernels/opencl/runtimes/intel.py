"""Intel's runtime on a CPU that its LLVM does not know: it is told by a variable what to compile for.

It compiles for the CPU by its *model*, of which its LLVM has a list of names. Of a model that is not on it (release
2025.0.5 and Zen 5, of which LLVM knows since its release 20) it says "Unknown host CPU" and compiles for SSE2, while
its device still names the vectors that the CPU has: kernels for those spill nearly every word, and the widest that runs
at all well is a quarter of what it should be. CL_CONFIG_CPU_TARGET_ARCH names another CPU to compile for; the values
are those that opencl-aot, Intel's compiler for kernels, passes on for avx, avx2 and avx512. It is read when a
context is created.

Where LLVM's name of this CPU stands in the runtime's library, or the user has set the variable, nothing is touched.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Set
from pathlib import Path
from typing import Any

from .pocl import LIBRARIES

TARGET = "CL_CONFIG_CPU_TARGET_ARCH"
# The library of each of Intel's two platforms that compile for the CPU.
COMPILERS = {
    "Intel(R) OpenCL": "libintelocl.so",
    "Intel(R) FPGA Emulation Platform for OpenCL(TM)": "libintelocl_emu.so",
}
# What this process has loaded.
MAPS = Path("/proc/self/maps")
# LLVM's name of a CPU that it does not know.
UNKNOWN = "generic"
_NEEDED = {name: needed for name, _, needed in LIBRARIES}
# The values of the variable, the fastest first, and what the host must have of what a compiler then uses unasked.
TARGETS = {
    "skx": _NEEDED["skylake-avx512"],
    "core-avx2": _NEEDED["haswell"],
    "corei7-avx": _NEEDED["sandybridge"],
}


def targeted(opencl_device: Any, features: Set[str], cpu: str, maps: Path | None = None) -> str | None:
    """Have a device of Intel's compile for what this CPU has, before its context is created; the name, if any is set.

    `features` and `cpu`: of this host, in LLVM's words.
    """
    library = COMPILERS.get(opencl_device.platform.name)
    if library is None:
        return None
    stated = os.environ.get(TARGET)
    if stated:
        # The user's own choice: the name goes into a build option.
        return stated if re.fullmatch(r"[\w-]{1,40}", stated, re.ASCII) else None
    fitting = next((name for name, needed in TARGETS.items() if needed <= features), None)
    if fitting is None or _knows(library, cpu, maps or MAPS):
        return None
    os.environ[TARGET] = fitting
    return fitting


def _knows(library: str, cpu: str, maps: Path) -> bool:
    """Whether the runtime's compiler has the CPU in its list; True as well where that cannot be found out."""
    try:
        lines = maps.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        loaded = (Path(line[line.index("/") :]) for line in lines if "/" in line)
        path = next(path for path in loaded if path.name.startswith(library))
        if cpu == UNKNOWN:
            return False
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(cpu.encode()) >= 0
    except (OSError, ValueError, StopIteration):
        return True
