"""A clear refusal where hashwatt cannot run, before pip tries for minutes to compile a compiler there.

Everything else about the package stands in pyproject.toml. Numba (llvmlite), which compiles the kernels, has wheels for
CPython alone, and of Linux for glibc alone. Where an environment has a Numba of its own all the same (a distribution's
package), build with `--no-build-isolation`, and nothing is asked.
"""

from __future__ import annotations

import platform
import sys
import sysconfig
from importlib.util import find_spec

from setuptools import setup

MACHINES = {
    "linux": ("x86_64", "aarch64"),
    "darwin": ("x86_64", "arm64"),
    "win32": ("amd64", "arm64"),
}
# Numba 0.62 is the last release with wheels for Intel's Macs, and has none for newer Pythons than this.
LAST_ON_INTELS_MAC = (3, 13)
FIRST_ON_WINDOWS_ARM = (3, 12)


def refusal(
    implementation: str, version: tuple[int, int], system: str, machine: str, bits: int, c_library: str, gil: bool
) -> str | None:
    """Why Numba cannot be had there, with what helps, in one sentence; None where it can."""
    known = MACHINES.get(system)
    if implementation != "CPython":
        return f"{implementation} cannot run Numba, which compiles the kernels; use CPython 3.11 or newer"
    if bits < 64:
        return "a 32-bit Python has no Numba, which compiles the kernels; use a 64-bit one (and system)"
    if known is None:
        return f"there is no Numba for {system}; use Linux, macOS or Windows"
    if machine.lower() not in known:
        return f"there is no Numba for {machine} processors on {system}; use one of {', '.join(known)}"
    if "musl" in c_library:
        return (
            "there is no Numba for musl (Alpine); use a system or container with glibc, such as Debian or python:slim"
        )
    if system == "darwin" and machine == "x86_64" and version > LAST_ON_INTELS_MAC:
        return "Numba has released wheels for Intel's Macs up to Python 3.13 only; use that or an older one"
    if system == "win32" and machine.lower() == "arm64" and version < FIRST_ON_WINDOWS_ARM:
        return "Numba has wheels for Windows on Arm from Python 3.12 on; use that or a newer one"
    if not gil and (version < (3, 14) or (system, machine.lower()) not in (("linux", "x86_64"), ("win32", "amd64"))):
        return "there is no Numba for this free-threaded Python; use the usual one of the same version"
    return None


def refusal_here() -> str | None:
    """The same for the Python that builds; None also where Numba is there already."""
    if find_spec("numba") is not None:
        return None
    return refusal(
        platform.python_implementation(),
        (sys.version_info.major, sys.version_info.minor),
        sys.platform,
        platform.machine(),
        64 if sys.maxsize > 1 << 32 else 32,
        str(sysconfig.get_config_var("HOST_GNU_TYPE") or ""),
        not sysconfig.get_config_var("Py_GIL_DISABLED"),
    )


if __name__ == "__main__":
    if sentence := refusal_here():
        sys.exit(f"hashwatt cannot be installed here: {sentence}")
    setup()
