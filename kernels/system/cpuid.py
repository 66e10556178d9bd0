"""The hypervisor's own name, as it answers the CPUID instruction (x86 only)."""

from __future__ import annotations

import platform
import struct
from collections.abc import Iterable

from .system_files import is_foreign_root

# What systems call processors that have the instruction.
X86 = ("x86_64", "amd64", "i386", "i486", "i586", "i686", "x86")
# Hypervisors answer from here on, each kind that one imitates 0x100 further.
FIRST_LEAF = 0x4000_0000
LEAF_STEP = 0x100
LEAVES = 3
# It imitates each instruction by others.
EMULATOR = "QEMU without KVM"
# What each answers, as the Linux kernel and their own manuals state it.
SIGNATURES = {
    b"KVMKVMKVM": "KVM",
    b"Linux KVM Hv": "KVM",
    b"Microsoft Hv": "Hyper-V",
    b"VMwareVMware": "VMware",
    b"XenVMMXenVMM": "Xen",
    b"VBoxVBoxVBox": "VirtualBox",
    b"TCGTCGTCGTCG": EMULATOR,
    b"bhyve bhyve ": "bhyve",
    b" lrpepyh  vr": "Parallels",
    b"prl hyperv  ": "Parallels",
    b"ACRNACRNACRN": "ACRN",
    b"Jailhouse": "Jailhouse",
    b"QNXQVMBSQG": "QNX",
    b"OpenBSDVMM58": "OpenBSD VMM",
    b"___ NVMM ___": "NVMM",
    b"HAXMHAXMHAXM": "HAXM",
}
# Others imitate it for the sake of Windows and tell their own name one step further.
IMITATED = "Hyper-V"


def hypervisor_by_cpuid() -> str | None:
    """The hypervisor's name; None where none answers, where nobody knows the answer, and where CPUID cannot be run.

    Ask only where the processor says that there is one: a bare one answers these leaves with something else.
    """
    # Elsewhere archspec refuses only after it has begun, and its remains complain on stderr when they are collected.
    if is_foreign_root() or platform.machine().lower() not in X86:
        return None
    try:
        # archspec has the instruction in a few bytes of machine code of its own.
        from archspec.vendor.cpuid.cpuid import CPUID

        ask = CPUID()
        return named([ask(FIRST_LEAF + index * LEAF_STEP, 0)[1:] for index in range(LEAVES)])
    except Exception:
        # Not x86, another archspec, or a hardened system that refuses memory to be both written and run.
        return None


def is_emulated() -> bool:
    """Whether this processor is one that QEMU imitates; False where nobody tells (other processors than x86)."""
    return hypervisor_by_cpuid() == EMULATOR


def named(answers: Iterable[tuple[int, int, int]]) -> str | None:
    """The name that the registers EBX, ECX, EDX of these leaves spell."""
    names = []
    for registers in answers:
        text = struct.pack("<III", *(value & 0xFFFF_FFFF for value in registers)).rstrip(b"\0")
        names.append(SIGNATURES.get(text))
    own = [name for name in names if name not in (None, IMITATED)]
    return own[0] if own else next((name for name in names if name), None)
