"""What the system tells of its processor: the name, the maker, and how much of it this process may use."""

from __future__ import annotations

import platform
import sys
from contextlib import suppress
from pathlib import Path

from .system_files import read_text, run_sysctl

CPUINFO = Path("/proc/cpuinfo")
# The first processor comes first, and all of them may be megabytes.
CPUINFO_BYTES = 1 << 18
CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
# Where Linux has the name: x86 and others, Arm boards, older Arm, MIPS, POWER.
NAME_FIELDS = ("model name", "Model", "Hardware", "cpu model", "cpu")
ARM_IMPLEMENTERS = {"0x41": "Arm", "0x51": "Qualcomm", "0x61": "Apple", "0xc0": "Ampere"}


def cpu_name(cpuinfo: Path = CPUINFO) -> str | None:
    """The processor's name as it says itself (archspec asks it), else as the system tells it; None for neither."""
    return _own_name() or _system_name(cpuinfo) or platform.processor() or None


def cpu_vendor(cpuinfo: Path = CPUINFO) -> str:
    """The maker as the operating system tells it, or `unknown`."""
    fields = _cpuinfo(cpuinfo)
    implementer = fields.get("CPU implementer", "")
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "Apple"
    return fields.get("vendor_id") or ARM_IMPLEMENTERS.get(implementer, implementer) or "unknown"


def cpu_quota(path: Path = CGROUP_QUOTA) -> float | None:
    """Whole CPUs' worth of time that a container grants; None for no limit, or where the system does not tell."""
    # cgroup v2: "max 100000" or "150000 100000" (microseconds of CPU time per period).
    try:
        granted, period = path.read_text(encoding="ascii").split()
        return int(granted) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def has_hypervisor_flag(root: Path = Path("/")) -> bool:
    """Whether the processor says that a hypervisor is under it (x86 only, in its feature flags)."""
    return "hypervisor" in _cpuinfo(root / "proc/cpuinfo").get("flags", "").split()


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
    if named is None and sys.platform == "darwin":
        return run_sysctl("machdep.cpu.brand_string")
    return named


def _cpuinfo(path: Path) -> dict[str, str]:
    """The first processor's fields, each at its first mention."""
    fields: dict[str, str] = {}
    with suppress(OSError):
        for line in read_text(path, CPUINFO_BYTES).splitlines():
            key, _, value = line.partition(":")
            fields.setdefault(key.strip(), value.strip())
    return fields
