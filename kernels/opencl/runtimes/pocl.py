"""PoCL on a CPU that its LLVM does not know: the CPU is given a name that fits what PoCL links.

PoCL compiles a kernel for the CPU as LLVM *names* it, and links the library of built-in functions that
fits the CPU's *features*. pip's PoCL 3.0 has the LLVM of 2022. A CPU that is newer has no name there
(Zen 5: "generic", which Clang refuses, so that nothing compiles at all) or that of an older one (Zen 4:
"znver3", so that AVX2 code is linked with AVX-512 built-in functions: whatever passes a vector between
the two makes the compiler crash or run on without end). Neither an environment variable nor a build
option reaches the name; later releases of PoCL name such a CPU after the library they link, and so do we.

The name stands in PoCL's own record of the device, which the device's id points to. Its place is known
for the releases in LAYOUTS, and is believed only where the words beside it are what PoCL says about the
device elsewhere. It is read by way of the system, to which a bad address is an error and not a crash.
Where the name fits, or anything is not as expected, nothing is touched.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Set
from dataclasses import dataclass
from typing import Any, BinaryIO

# Ends the version of a device: "OpenCL 3.0 PoCL HSTR: pthread-x86_64-unknown-linux-gnu-znver3".
PLATFORM = "Portable Computing Language"
KIND = " HSTR: "
TRIPLE = "x86_64-unknown-linux-gnu"
POINTER = struct.Struct("<Q")
LONGEST_TEXT = 256

# The CPUs that PoCL's libraries of built-in functions are compiled for, by the 32-bit words of their vectors, and of
# their features those that a compiler uses unasked (LLVM's names): from the libraries' own attributes.
_HASWELL = {"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sse4.2"}
_SKYLAKE = _HASWELL | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
LIBRARIES: tuple[tuple[str, int, Set[str]], ...] = (
    ("skylake-avx512", 16, _SKYLAKE),
    ("haswell", 8, _HASWELL),
    ("sandybridge", 8, {"avx", "popcnt", "sse4.2"}),
    ("penryn", 4, {"sse4.1", "ssse3"}),
    ("athlon64", 4, {"sse2"}),
)
# Every other x86-64 CPU that LLVM 14 names, by the same words (clang -print-supported-cpus; its X86TargetParser).
WORDS_OF = {
    16: "cannonlake cascadelake cooperlake icelake-client icelake-server knl knm rocketlake sapphirerapids "
    "skylake-avx512 skx tigerlake x86-64-v4",
    8: "alderlake bdver1 bdver2 bdver3 bdver4 broadwell btver2 corei7-avx core-avx-i core-avx2 haswell ivybridge "
    "sandybridge skylake x86-64-v3 znver1 znver2 znver3",
    4: "amdfam10 athlon64 athlon-fx atom barcelona bonnell btver1 core2 corei7 goldmont goldmont-plus k8 k8-sse3 "
    "nehalem nocona opteron opteron-sse3 penryn silvermont slm tremont westmere x86-64 x86-64-v2 athlon64-sse3",
}


@dataclass(frozen=True)
class Layout:
    """Where PoCL keeps what in its record of a device: offsets of pointers, in bytes."""

    driver_version: int
    version: int
    triple: int
    cpu: int


# By the driver's version; from the libraries' debugging information (`ptype /o struct _cl_device_id`).
LAYOUTS = {"3.0-rc2": Layout(driver_version=568, version=592, triple=632, cpu=640)}


def fitting_name(stated: str, native_width: int, features: Set[str]) -> str | None:
    """The name to give a CPU that LLVM calls `stated`; None where that fits, or no other does.

    `native_width`: 32-bit words of the vectors that the linked library is made for. `features`: of this host.
    """
    if any(stated in names.split() for width, names in WORDS_OF.items() if width == native_width):
        return None
    fitting = [name for name, _, needed in LIBRARIES if needed <= features]
    return fitting[0] if fitting and fitting[0] != stated else None


def stated_name(device_version: str) -> str | None:
    """The CPU's name as PoCL compiles for it, from the device's version; None where it is no PoCL on x86-64 Linux."""
    _, _, kind = device_version.partition(KIND)
    _, found, name = kind.partition(f"-{TRIPLE}-")
    return name.strip() if found else None


def renamed(opencl_device: Any, features: Set[str]) -> str | None:
    """Give the CPU of a PoCL device a name that fits, before anything is built; that name, or None if all was left."""
    stated = stated_name(opencl_device.version)
    layout = LAYOUTS.get(opencl_device.driver_version)
    if stated is None or layout is None or opencl_device.platform.name != PLATFORM:
        return None
    name = fitting_name(stated, opencl_device.native_vector_width_int, features)
    record = opencl_device.int_ptr
    if name is None:
        return None
    if _is_as_expected(record, layout, name, opencl_device):
        # This process has opened the device before.
        return name
    if not _is_as_expected(record, layout, stated, opencl_device):
        return None
    libc = ctypes.CDLL(None)
    libc.strdup.restype = ctypes.c_void_p
    # The C library's own memory, which PoCL may free.
    copy = libc.strdup(name.encode())
    if not copy:
        return None
    ctypes.c_void_p.from_address(record + layout.cpu).value = copy
    return name


def _is_as_expected(record: int, layout: Layout, cpu: str, opencl_device: Any) -> bool:
    """Whether the record holds this name of the CPU, and beside it what PoCL says of the device elsewhere."""
    expected = {
        layout.driver_version: opencl_device.driver_version,
        layout.version: opencl_device.version.partition(KIND)[0],
        layout.triple: TRIPLE,
        layout.cpu: cpu,
    }
    try:
        with open("/proc/self/mem", "rb", buffering=0) as memory:
            return all(_text(memory, record + offset) == text.encode() for offset, text in expected.items())
    except (OSError, ValueError, OverflowError, struct.error):
        return False


def _text(memory: BinaryIO, pointer: int) -> bytes:
    """The text that the pointer at an address points to. Raises OSError where there is nothing."""
    memory.seek(pointer)
    (address,) = POINTER.unpack(memory.read(POINTER.size))
    memory.seek(address)
    return memory.read(LONGEST_TEXT).partition(b"\0")[0]
