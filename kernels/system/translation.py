"""Whether this process runs on its own kind of processor, or is translated: what is measured is then the translator.

Rosetta runs programs for Intel's processors on Apple silicon, and Windows has a translator of its own on Arm.
"""

from __future__ import annotations

import ctypes
import platform

from .processor import cpu_name
from .system_files import is_foreign_root, run_sysctl
from .windows.api import library

ROSETTA, WINDOWS = "Rosetta", "Windows' emulation of x86"
TRUE_PYTHON = "install Python for this machine's own processor (arm64), and hashwatt with it"
# IMAGE_FILE_MACHINE_ARM64 of winnt.h.
ARM64 = 0xAA64
# What Rosetta gives as the name of the processor, on macOS and in Linux virtual machines alike.
ROSETTAS_PROCESSOR = "VirtualApple"


def translator() -> str | None:
    """What translates this process, None where nothing is known to."""
    if is_foreign_root() or platform.machine().lower() not in ("x86_64", "amd64"):
        return None
    system = platform.system()
    if system == "Darwin" and run_sysctl("sysctl.proc_translated") == "1":
        return ROSETTA
    if system == "Windows" and _native_machine() == ARM64:
        return WINDOWS
    return ROSETTA if (cpu_name() or "").startswith(ROSETTAS_PROCESSOR) else None


def _native_machine() -> int:
    """The kind of processor that Windows itself runs on, 0 where it does not say."""
    own, native = ctypes.c_uint16(0), ctypes.c_uint16(0)
    try:
        kernel = library("kernel32")
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        process = ctypes.c_void_p(kernel.GetCurrentProcess())
        told = kernel.IsWow64Process2(process, ctypes.byref(own), ctypes.byref(native))
    except (OSError, AttributeError):
        # Older than Windows 10, version 1511.
        return 0
    return native.value if told else 0
