"""Whether this CPU can load NumPy at all: a wheel built for more than the CPU has ends the process without a word."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata

from ..errors import DeviceError

# NumPy's x86-64 wheels are compiled for x86-64-v2 from this version on (its release notes; measured under emulation:
# 2.3.5 computes on a CPU with SSE3 alone, 2.4.6 meets an illegal instruction in its import).
FIRST_NUMPY_OF_V2 = (2, 4)
# CPUID: leaf, register and bit of what x86-64-v2 adds (System V ABI, x86-64 supplement, table 3.1).
V2 = {
    "sse3": (0x1, "ecx", 0),
    "ssse3": (0x1, "ecx", 9),
    "cx16": (0x1, "ecx", 13),
    "sse4.1": (0x1, "ecx", 19),
    "sse4.2": (0x1, "ecx", 20),
    "popcnt": (0x1, "ecx", 23),
    "lahf": (0x80000001, "ecx", 0),
}
AVX2 = {"avx": (0x1, "ecx", 28), "avx2": (0x7, "ebx", 5)}

# Leaf → register → value, of the CPU that this process runs on.
Registers = dict[int, dict[str, int]]


def require_numpy_to_load() -> None:
    """Raise DeviceError, one sentence, where importing NumPy would kill this process; nothing once it is there."""
    if "numpy" in sys.modules:
        return
    registers = cpuid()
    if registers is None:
        return
    if lacking(registers, AVX2):
        # It names the core that OpenBLAS is to compute for; one with more than this CPU has ends the process, too.
        os.environ.pop("OPENBLAS_CORETYPE", None)
    missing = lacking(registers, V2)
    if missing and (version := numpy_version()) >= FIRST_NUMPY_OF_V2:
        raise DeviceError(
            f"NumPy {'.'.join(map(str, version))} cannot run on this CPU (no {', '.join(missing)}); "
            "an older one can: pip install 'numpy<2.4'"
        )


def lacking(registers: Registers, features: dict[str, tuple[int, str, int]]) -> list[str]:
    """The features whose bits are not set."""
    return [name for name, (leaf, register, bit) in features.items() if not registers[leaf][register] >> bit & 1]


def cpuid() -> Registers | None:
    """What the CPU itself says; None where it is no x86-64 or cannot be asked (memory that may not be executed).

    Asked rather than read from /proc/cpuinfo, which under emulation describes another CPU.
    """
    if platform.machine().lower() not in ("x86_64", "amd64") or sys.platform == "darwin":
        return None
    try:
        from archspec.vendor.cpuid.cpuid import CPUID

        ask = CPUID()
        highest, highest_extended = ask(0)[0], ask(0x80000000)[0]
        registers: Registers = {}
        for leaf in (0x1, 0x7, 0x80000001):
            known = leaf <= (highest_extended if leaf >> 31 else highest)
            values = ask(leaf) if known else (0, 0, 0, 0)
            registers[leaf] = dict(zip(("eax", "ebx", "ecx", "edx"), values, strict=True))
        return registers
    except Exception:
        # Whatever keeps us from asking, the CPU is then most likely a good one: NumPy itself may try.
        return None


def numpy_version() -> tuple[int, ...]:
    """The installed NumPy's version, (0,) where that is unknown."""
    try:
        return tuple(int(part) for part in metadata.version("numpy").split(".")[:3])
    except (metadata.PackageNotFoundError, ValueError):
        return (0,)
