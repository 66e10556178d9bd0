"""Where the suite's own kernels multiply by AMX's tiles: on the CPU itself, where it has them and lets us."""

from __future__ import annotations

from collections.abc import Mapping

from ..cpu.cores.amx import NEEDS, why_no_amx, why_withheld
from ..device import DeviceInfo

# What the CPU's own backend runs them in.
LANGUAGE = "llvm"


def uses_amx(number: str, info: DeviceInfo) -> bool:
    """Whether the device multiplies `number` by AMX; this process is allowed to from then on."""
    return LANGUAGE in info.languages and number in NEEDS and why_no_amx(number) is None


def about_withheld(number: str, info: DeviceInfo) -> Mapping[str, str]:
    """For a kernel's description: why it does without the AMX that the CPU has; empty where there is no such thing."""
    reason = why_withheld(number) if LANGUAGE in info.languages and number in NEEDS else None
    return {} if reason is None else {"without_amx": reason}
