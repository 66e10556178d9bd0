"""What the machine is: collected once a run and stored with it. What the system does not tell is None."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Callable, Collection
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

import psutil

from ...kernels.bounded import MAX_TEXT
from ...kernels.cpu.cores.affinity import usable_cpus
from ...kernels.cpu.cores.caches import cpu_caches
from ...kernels.cpu.cores.features import host_features
from ...kernels.system.microarchitecture import host_core
from ...kernels.system.processor import cpu_name, logical_cpus
from ...kernels.system.quota import cpu_quota
from ...kernels.system.signature import cpu_signature
from ...kernels.system.system_files import count_in, is_foreign_root, read_line, text_or_none
from ...kernels.system.windows.registry import CURRENT_VERSION, registry_text
from ..result.machine import Cache, Machine
from ..result.printable import printable
from .containers import container_name
from .identity import machine_id
from .load import busy_seconds, plausible_cpu_s
from .power_supply import on_battery
from .virtualisation import hypervisor_name

LIBRARIES = (
    "numba", "llvmlite", "numpy", "pyopencl", "pocl-binary-distribution", "psutil", "archspec", "msgspec",
)  # fmt: skip
LOAD_WINDOW_S = 0.2
MOST_FEATURES = 1000
LONGEST_GOVERNOR = 200
MEMORY = "/proc/meminfo"
FIRST_BUILD_OF_11 = 22000
# How Windows' editions are called by those who buy them.
EDITIONS = {"Core": "Home", "Professional": "Pro"}

Answer = TypeVar("Answer")

LOG = logging.getLogger(__name__)


def describe_machine() -> Machine:
    """The machine this runs on. Takes a fifth of a second, to see how busy it is."""
    core = told(host_core)
    return Machine(
        id=machine_id(),
        cpu_model=told(_cpu_model),
        microarchitecture=None if core is None else _name(core.name),
        cpu_vendor=None if core is None else _name(core.vendor),
        cpu_signature=told(lambda: printable(cpu_signature() or "")) or None,
        cpu_features=tuple(sorted(filter(None, map(_name, told(_features) or ()))))[:MOST_FEATURES],
        caches=told(_caches) or (),
        physical_cores=None if is_foreign_root() else told(partial(psutil.cpu_count, logical=False)) or None,
        logical_cpus=told(logical_cpus if is_foreign_root() else psutil.cpu_count) or None,
        usable_cpus=told(_usable_cpus),
        memory_bytes=told(_memory_bytes) or None,
        architecture=told(lambda: _name(platform.machine())),
        os=told(_os_name),
        kernel=told(_kernel_name),
        python=printable(f"{platform.python_implementation()} {platform.python_version()}"),
        hypervisor=told(hypervisor_name),
        container=told(container_name),
        governor=told(_governor),
        on_battery=told(on_battery),
        load_before=told(_load),
    )


def told(question: Callable[[], Answer]) -> Answer | None:
    """What a system answers; None where it answers with an error: whatever one is, it costs its own field only."""
    try:
        return question()
    except Exception:
        LOG.info("the system does not tell", exc_info=True)
        return None


def _name(text: object) -> str | None:
    return printable(str(text), 200) or None


def _features() -> Collection[str]:
    # Asked of the processor that this runs on, whosever files are shown.
    return () if is_foreign_root() else host_features()


def _caches() -> tuple[Cache, ...]:
    named = [(cache, printable(cache.kind, 200)) for cache in cpu_caches()]
    return tuple(Cache(level=one.level, kind=kind, size_bytes=one.size_bytes) for one, kind in named if kind)


def library_versions() -> dict[str, str]:
    """The versions of the libraries that the figures depend on; those not installed are left out."""
    versions = {}
    for name in LIBRARIES:
        try:
            # A damaged installation has no version at all.
            versions[name] = printable(str(version(name) or "unknown"), MAX_TEXT)
        except PackageNotFoundError:
            continue
    return versions


def hashwatt_version() -> str:
    """This hashwatt's version."""
    try:
        return printable(str(version("hashwatt") or ""), 200) or "unknown"
    except PackageNotFoundError:
        # Run from a source tree that was never installed.
        return "unknown"


def _cpu_model() -> str | None:
    return printable(cpu_name() or "") or None


def _usable_cpus() -> float | None:
    """How many logical CPUs this process may use: its affinity, and a container's quota."""
    usable, quota = float(allowed_cpus()), cpu_quota()
    return (usable if quota is None else min(usable, quota)) or None


def allowed_cpus() -> int:
    """The logical CPUs that this process may run on; all there are where the system does not tell."""
    return len(usable_cpus())


def _memory_bytes() -> int | None:
    if not is_foreign_root():
        return int(psutil.virtual_memory().total)
    words = (text_or_none(MEMORY) or "").split()[:3]
    # "MemTotal: 16316412 kB" stands first.
    kibibytes = count_in(words[1]) if len(words) == 3 and words[0] == "MemTotal:" else None
    return None if kibibytes is None else kibibytes << 10


def _os_name() -> str | None:
    if platform.system() == "Linux":
        try:
            return printable(platform.freedesktop_os_release().get("PRETTY_NAME", "")) or None
        except OSError:
            return None
    if platform.system() == "Darwin":
        return printable(f"macOS {platform.mac_ver()[0]}")
    if platform.system() == "Windows":
        return printable(windows_name(platform.release(), platform.version()))
    return printable(f"{platform.system()} {platform.version()}") or None


def windows_name(release: str, version: str) -> str:
    """Like `Windows 11 Pro 24H2 (build 26100)`.

    Windows 11 calls itself version 10.0, and Python's release says so too before it knows the build.
    """
    build = version.rpartition(".")[2]
    if release == "10" and build.isascii() and build.isdecimal() and int(build) >= FIRST_BUILD_OF_11:
        release = "11"
    told = registry_text(CURRENT_VERSION, "EditionID"), registry_text(CURRENT_VERSION, "DisplayVersion")
    edition, display = told[0] and EDITIONS.get(told[0], told[0]), told[1]
    return " ".join(filter(None, ("Windows", release, edition, display, f"(build {build})" if build else None)))


def _kernel_name() -> str | None:
    # Windows' kernel has the version, and its release is a name for shops.
    number = platform.version() if platform.system() == "Windows" else platform.release()
    return printable(f"{platform.system()} {number}") or None


def _governor() -> str | None:
    """The frequency governor and its driver, like `powersave (intel_pstate)`."""
    folder = "/sys/devices/system/cpu/cpu0/cpufreq"
    governor, driver = read_line(f"{folder}/scaling_governor"), read_line(f"{folder}/scaling_driver")
    if governor is None:
        return None
    return printable(f"{governor} ({driver})" if driver else governor, LONGEST_GOVERNOR)


def _load() -> float | None:
    if is_foreign_root():
        # A tree stands still.
        return None
    before, started = busy_seconds(psutil.cpu_times()), time.perf_counter()
    time.sleep(LOAD_WINDOW_S)
    after, elapsed = busy_seconds(psutil.cpu_times()), time.perf_counter() - started
    busy_s = plausible_cpu_s(after - before, elapsed)
    return max(0.0, busy_s / elapsed) if after and busy_s is not None else None
