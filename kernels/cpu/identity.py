"""What the CPU is called."""

from __future__ import annotations

import platform
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
ARM_IMPLEMENTERS = {"0x41": "Arm", "0x51": "Qualcomm", "0x61": "Apple", "0xc0": "Ampere"}


def cpu_name(cpuinfo: Path = CPUINFO) -> str:
    """The model name as the operating system tells it, or the architecture where it tells none."""
    fields = _cpuinfo(cpuinfo)
    for key in ("model name", "Model", "Hardware", "cpu"):
        if fields.get(key):
            return fields[key]
    if sys.platform == "darwin":
        with suppress(OSError, subprocess.SubprocessError):
            answer = subprocess.run(
                ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, timeout=5
            )
            if answer.stdout.strip():
                return answer.stdout.strip()
    return platform.processor() or platform.machine() or "unknown CPU"


def cpu_vendor(cpuinfo: Path = CPUINFO) -> str:
    """The maker as the operating system tells it, or `unknown`."""
    fields = _cpuinfo(cpuinfo)
    implementer = fields.get("CPU implementer", "")
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "Apple"
    return fields.get("vendor_id") or ARM_IMPLEMENTERS.get(implementer, implementer) or "unknown"


def _cpuinfo(path: Path) -> dict[str, str]:
    fields: dict[str, str] = {}
    with suppress(OSError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            fields.setdefault(key.strip(), value.strip())
    return fields
