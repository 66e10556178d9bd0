"""What the machine is: collected once a run and stored with it. What the system does not tell is None."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version

import archspec.cpu
import psutil

from ...kernels.processor import cpu_name, cpu_quota
from ...kernels.system_files import read_line
from ..bounded import MAX_TEXT
from ..result.model import Machine
from ..result.printable import printable
from .caches import cpu_caches
from .load import busy_seconds
from .virtualisation import container_name, hypervisor_name

LIBRARIES = (
    "numba", "llvmlite", "numpy", "pyopencl", "pocl-binary-distribution", "psutil", "archspec", "msgspec",
)  # fmt: skip
LOAD_WINDOW_S = 0.2


def describe_machine() -> Machine:
    """The machine this runs on. Takes a fifth of a second, to see how busy it is."""
    host = archspec.cpu.host()
    microarchitecture, vendor = str(host.name), str(host.vendor)
    return Machine(
        cpu_model=_cpu_model(),
        microarchitecture=printable(microarchitecture, 200) or None,
        cpu_vendor=printable(vendor, 200) or None,
        cpu_features=tuple(sorted(filter(None, (printable(str(feature), 200) for feature in host.features)))),
        caches=cpu_caches(),
        physical_cores=psutil.cpu_count(logical=False) or None,
        logical_cpus=psutil.cpu_count() or None,
        usable_cpus=_usable_cpus(),
        memory_bytes=psutil.virtual_memory().total or None,
        architecture=printable(platform.machine(), 200) or None,
        os=_os_name(),
        kernel=printable(f"{platform.system()} {platform.release()}") or None,
        python=printable(f"{platform.python_implementation()} {platform.python_version()}"),
        hypervisor=hypervisor_name(),
        container=container_name(),
        governor=_governor(),
        on_battery=_on_battery(),
        load_before=_load(),
    )


def library_versions() -> dict[str, str]:
    """The versions of the libraries that the figures depend on; those not installed are left out."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = printable(version(name), MAX_TEXT)
        except PackageNotFoundError:
            continue
    return versions


def hashwatt_version() -> str:
    """This hashwatt's version."""
    try:
        return version("hashwatt")
    except PackageNotFoundError:
        # Run from a source tree that was never installed.
        return "unknown"


def _cpu_model() -> str | None:
    return printable(cpu_name() or "") or None


def _usable_cpus() -> float | None:
    """How many logical CPUs this process may use: its affinity, and a container's quota."""
    usable = float(len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else float(os.cpu_count() or 0)
    quota = cpu_quota()
    return (usable if quota is None else min(usable, quota)) or None


def _os_name() -> str | None:
    if platform.system() == "Linux":
        try:
            return printable(platform.freedesktop_os_release().get("PRETTY_NAME", "")) or None
        except OSError:
            return None
    if platform.system() == "Darwin":
        return printable(f"macOS {platform.mac_ver()[0]}")
    return printable(f"{platform.system()} {platform.version()}") or None


def _governor() -> str | None:
    """The frequency governor and its driver, like `powersave (intel_pstate)`."""
    folder = "/sys/devices/system/cpu/cpu0/cpufreq"
    governor, driver = read_line(f"{folder}/scaling_governor"), read_line(f"{folder}/scaling_driver")
    if governor is None:
        return None
    return printable(f"{governor} ({driver})" if driver else governor)


def _on_battery() -> bool | None:
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError):
        return None
    if battery is None or battery.power_plugged is None:
        return None
    return not battery.power_plugged


def _load() -> float | None:
    before, started = busy_seconds(psutil.cpu_times()), time.perf_counter()
    time.sleep(LOAD_WINDOW_S)
    after, elapsed = busy_seconds(psutil.cpu_times()), time.perf_counter() - started
    return max(0.0, (after - before) / elapsed) if after else None
