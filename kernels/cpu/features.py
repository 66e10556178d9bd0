"""What this CPU can do, in LLVM's names: which instruction-set extensions a kernel may use here."""

from __future__ import annotations

import platform
from functools import cache


@cache
def host_features() -> frozenset[str]:
    """The extensions that this CPU has and its operating system lets programs use (empty where LLVM cannot tell)."""
    import llvmlite.binding as llvm

    try:
        return frozenset(name for name, present in llvm.get_host_cpu_features().items() if present)
    except RuntimeError:
        return frozenset()


@cache
def host_architecture() -> str:
    """`x86_64`, `aarch64`, or what else the machine calls itself."""
    machine = platform.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)


@cache
def host_attributes(without: tuple[str, ...] = ()) -> str:
    """LLVM function attributes that allow exactly what the host has, less some extensions.

    They are spelled out on every kernel, so that a setting of Numba's (NUMBA_CPU_NAME, …) cannot make
    LLVM meet an instruction it was told does not exist, which would end the process.
    """
    import llvmlite.binding as llvm

    wanted = [f"+{name}" for name in sorted(host_features())] + [f"-{name}" for name in without]
    return f'"target-cpu"="{llvm.get_host_cpu_name()}" "target-features"="{",".join(wanted)}"'
