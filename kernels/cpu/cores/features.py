"""What this CPU can do, in LLVM's names: which instruction-set extensions a kernel may use here."""

from __future__ import annotations

import platform
import struct
from functools import cache
from pathlib import Path

from ...system.microarchitecture import llvm_cpu_name
from ...system.system_files import run_sysctl
from ...system.windows import processors as windows

# The auxiliary vector that Linux gives each process: pairs of words, of which AT_HWCAP tells what the CPU has.
AUXILIARY_VECTOR = Path("/proc/self/auxv")
MOST_AUXILIARY_BYTES = 1 << 14
AT_HWCAP = 16
# Bits of AT_HWCAP on AArch64 (Linux, arch/arm64/include/uapi/asm/hwcap.h), by LLVM's names.
AARCH64_HWCAP = {"aes": 1 << 3, "sha2": 1 << 6}
# macOS's names of the same, the newer first; the older one means an extension that has SHA-256 in it (Arm's manual:
# FEAT_SHA512 implies FEAT_SHA256), which macOS 11 tells only.
AARCH64_SYSCTL = {"sha2": ("hw.optional.arm.FEAT_SHA256", "hw.optional.armv8_2_sha512")}
# Windows' numbers (winnt.h): PF_ARM_V8_CRYPTO_INSTRUCTIONS_AVAILABLE means AES, SHA-1 and SHA-256 together.
AARCH64_WINDOWS = {"aes": 30, "sha2": 30}
# No AArch64 system runs programs without them: the architecture's procedure call standard passes values in them.
AARCH64_ALWAYS = frozenset({"fp-armv8", "neon"})


@cache
def host_features() -> frozenset[str]:
    """The extensions that this CPU has and its operating system lets programs use (empty where nothing tells them)."""
    try:
        import llvmlite.binding as llvm

        told = frozenset(name for name, present in llvm.get_host_cpu_features().items() if present)
    except (ImportError, OSError, RuntimeError):
        # Devices other than the CPU go on without LLVM.
        told = frozenset()
    return told | aarch64_features() if host_architecture() == "aarch64" else told


def aarch64_features() -> frozenset[str]:
    """What an AArch64 CPU has whatever LLVM finds: it reads /proc/cpuinfo only, and of Apple's and Windows' too little.

    An extension is usable only along with those that it stands on, and only where the system says so.
    """
    system = platform.system()
    if system == "Darwin":
        return AARCH64_ALWAYS | {
            name for name, keys in AARCH64_SYSCTL.items() if next(filter(None, map(run_sysctl, keys)), "0") == "1"
        }
    if system == "Windows":
        return AARCH64_ALWAYS | {name for name, number in AARCH64_WINDOWS.items() if windows.has_feature(number)}
    return linux_aarch64_features(AUXILIARY_VECTOR)


def linux_aarch64_features(auxiliary_vector: Path) -> frozenset[str]:
    """What the kernel says of an AArch64 CPU; NEON and floating point always."""
    try:
        with auxiliary_vector.open("rb") as file:
            words = file.read(MOST_AUXILIARY_BYTES)
    except OSError:
        return AARCH64_ALWAYS
    pairs = dict(struct.iter_unpack("<QQ", words[: len(words) // 16 * 16]))
    capabilities = pairs.get(AT_HWCAP, 0)
    return AARCH64_ALWAYS | {name for name, bit in AARCH64_HWCAP.items() if capabilities & bit}


# Formats that need an extension, by numpy's names; any one does. For bytes and bfloat16 they are dot products.
NUMBERS = {
    "float16": ("avx512fp16", "fullfp16"),
    "bfloat16": ("avx512bf16",),
    "int8": ("avx512vnni", "avxvnni", "dotprod"),
}


def native_numbers() -> tuple[str, ...]:
    """The formats that this CPU computes in whole vectors, by numpy's names."""
    special = (name for name, extensions in NUMBERS.items() if not host_features().isdisjoint(extensions))
    return ("float64", "float32", "int32", *special)


@cache
def host_architecture() -> str:
    """`x86_64`, `aarch64`, or what else the machine calls itself."""
    machine = platform.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)


# What LLVM is told of a CPU besides, where it has any of these. Of a dot product of pairs LLVM makes two operations for
# most CPUs, since a sum is ready a little earlier then: half the rate where as many as can begin.
TUNING = {"fast-dpwssd": frozenset({"avx512vnni", "avxvnni"})}


def allowed(features: frozenset[str]) -> list[str]:
    """The features that LLVM is to use, and how."""
    return sorted(features) + [name for name, of_any in TUNING.items() if features & of_any]


@cache
def host_attributes(without: tuple[str, ...] = ()) -> str:
    """LLVM function attributes that allow exactly what the host has, less some extensions.

    They are spelled out on every kernel, so that a setting of Numba's (NUMBA_CPU_NAME, …) cannot make
    LLVM meet an instruction it was told does not exist, which would end the process.
    """
    wanted = [f"+{name}" for name in allowed(host_features())] + [f"-{name}" for name in without]
    return f'"target-cpu"="{llvm_cpu_name()}" "target-features"="{",".join(wanted)}"'
