"""What the system tells of its processor: the name, the maker, and whether a hypervisor is under it."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path

from .system_files import is_foreign_root, read_text, run_sysctl
from .windows.registry import PROCESSOR, registry_text

CPUINFO = Path("/proc/cpuinfo")
# The first processor comes first, and all of them may be megabytes.
CPUINFO_BYTES = 1 << 18
# Where Linux has the name: x86 and others, Arm boards, older Arm, MIPS, POWER.
NAME_FIELDS = ("model name", "Model", "Hardware", "cpu model", "cpu")
# Arm's list of implementers, as the Linux kernel has it in cputype.h.
ARM_IMPLEMENTERS = {
    "0x41": "Arm", "0x42": "Broadcom", "0x43": "Cavium", "0x46": "Fujitsu", "0x48": "HiSilicon", "0x4e": "NVIDIA",
    "0x50": "APM", "0x51": "Qualcomm", "0x61": "Apple", "0x6d": "Microsoft", "0xc0": "Ampere",
}  # fmt: skip
# archspec's word for the maker where it knows no more than the instruction set.
GENERIC = "generic"


def cpu_name(cpuinfo: Path = CPUINFO) -> str | None:
    """The processor's name as it says itself (archspec asks it), else as the system tells it; None for neither."""
    if is_foreign_root():
        return _system_name(cpuinfo)
    own = _own_name() or _system_name(cpuinfo)
    # Windows answers there with family and model ("AMD64 Family 25 Model 17 Stepping 1"), which name no processor.
    return own or (None if platform.system() == "Windows" else platform.processor() or None)


def cpu_vendor(cpuinfo: Path = CPUINFO) -> str:
    """The maker as the operating system tells it, or `unknown`."""
    if not is_foreign_root():
        if platform.system() == "Darwin":
            return "Apple" if platform.machine() == "arm64" else run_sysctl("machdep.cpu.vendor") or "unknown"
        if platform.system() == "Windows":
            return registry_text(PROCESSOR, "VendorIdentifier") or "unknown"
    fields = _cpuinfo(cpuinfo)
    implementer = fields.get("CPU implementer", "")
    return fields.get("vendor_id") or ARM_IMPLEMENTERS.get(implementer, implementer) or "unknown"


def microarchitecture() -> str | None:
    """archspec's name of the microarchitecture, like zen4; None where it knows no more than the instruction set."""
    if is_foreign_root():
        # archspec asks the processor that this runs on, whosever files are shown.
        return None
    import archspec.cpu

    try:
        host = archspec.cpu.host()
    except Exception:
        # It reads foreign files and runs an instruction of its own.
        return None
    return None if host.vendor == GENERIC else str(host.name)


def llvms_name() -> str:
    """LLVM's name of this CPU, by its model; "generic" where it knows none, or is not here."""
    try:
        import llvmlite.binding as llvm
    except (ImportError, OSError):
        return GENERIC
    return str(llvm.get_host_cpu_name())


def has_hypervisor_flag(root: Path = Path("/")) -> bool:
    """Whether the processor says that a hypervisor is under it (x86 only, in its feature flags)."""
    return "hypervisor" in _cpuinfo(root / "proc/cpuinfo").get("flags", "").split()


def logical_cpus(cpuinfo: Path = CPUINFO) -> int | None:
    """How many logical CPUs /proc/cpuinfo lists, None where it lists none."""
    with suppress(OSError):
        lines = read_text(cpuinfo, 64 * CPUINFO_BYTES).splitlines()
        return sum(line.partition(":")[0].strip() == "processor" for line in lines) or None
    return None


def _own_name() -> str | None:
    import archspec.cpu

    try:
        name = archspec.cpu.brand_string()
    except Exception:
        # It runs the CPUID instruction from memory that it makes executable, which a hardened system refuses.
        return None
    return " ".join(name.split()) if name else None


def _system_name(cpuinfo: Path) -> str | None:
    fields = _cpuinfo(cpuinfo)
    named = next((fields[key] for key in NAME_FIELDS if fields.get(key)), None)
    if named is None and not is_foreign_root():
        if platform.system() == "Darwin":
            return run_sysctl("machdep.cpu.brand_string")
        if platform.system() == "Windows":
            return registry_text(PROCESSOR, "ProcessorNameString")
    return named


def _cpuinfo(path: Path) -> dict[str, str]:
    """The first processor's fields, each at its first mention."""
    fields: dict[str, str] = {}
    with suppress(OSError):
        for line in read_text(path, CPUINFO_BYTES).splitlines():
            key, _, value = line.partition(":")
            fields.setdefault(key.strip(), value.strip())
    return fields
