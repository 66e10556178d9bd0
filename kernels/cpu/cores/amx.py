"""AMX: whether this process may use the CPU's tile registers, and the leave to do so that Linux gives who asks.

A thread that uses tiles costs the system 8 KiB more a context, so Linux (5.16 and newer) lets no process do it unasked.
Leave is given to the whole process, holds for its children until they start another program, and cannot be given back.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from functools import cache

from ...errors import DeviceError
from .features import host_architecture, host_features

# By numpy's names of what is multiplied: what a CPU must have, in LLVM's names.
NEEDS = {"int8": ("amx-tile", "amx-int8"), "bfloat16": ("amx-tile", "amx-bf16")}
# Linux, arch/x86/include/uapi/asm/prctl.h, and the number of the call on x86-64.
ARCH_PRCTL, ARCH_REQ_XCOMP_PERM = 158, 0x1023
# The state of the tiles among those that a processor saves (Intel's manual, volume 1, chapter 13).
TILE_DATA = 18
# What Linux means by refusing (its Documentation/arch/x86/xstate.rst); others it tells by their usual names.
REFUSED = {
    errno.EINVAL: "this Linux cannot be asked for AMX; 5.16 and newer can",
    errno.EOPNOTSUPP: "Linux does not let programs use AMX here; it may be switched off in the VM or at the start",
    errno.ENOSPC: "a thread's alternate signal stack is too small for AMX; whatever made it needs a larger one",
}


def why_no_amx(number: str) -> str | None:
    """Why this process multiplies no tiles of `number`, None where it may from now on."""
    if host_architecture() != "x86_64" or not set(NEEDS[number]) <= host_features():
        return f"this CPU, or its VM, has no AMX for {number}"
    return _why_no_leave()


def why_withheld(number: str) -> str | None:
    """The reason where the CPU has AMX for `number`, and this process may not use it."""
    return why_no_amx(number) if set(NEEDS[number]) <= host_features() else None


def demand_amx(number: str) -> None:
    """Have leave to multiply tiles of `number`. Raises DeviceError."""
    reason = why_no_amx(number)
    if reason is not None:
        raise DeviceError(f"no tiles of {number}: {reason}")


@cache
def _why_no_leave() -> str | None:
    if platform.system() != "Linux" or struct.calcsize("P") != 8:
        return "only 64-bit programs on Linux ask for AMX so far"
    refused = _ask()
    return None if refused is None else REFUSED.get(refused, f"Linux refuses AMX ({os.strerror(refused)})")


def _ask() -> int | None:
    """Ask for leave; the number of the error where it is refused."""
    try:
        system = ctypes.CDLL(None, use_errno=True)
        refused = system.syscall(*map(ctypes.c_long, (ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, TILE_DATA)))
    except (OSError, AttributeError):
        return errno.ENOSYS
    return ctypes.get_errno() if refused else None
