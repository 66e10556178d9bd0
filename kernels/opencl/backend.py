"""Finds every device that the OpenCL runtimes of this machine show, or says why there is none."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from ..device import REMEDY, AnyDevice, DeviceInfo, DeviceOptions, Found, Kind, Missing
from ..system.free_memory import free_bytes
from ..system.installing import install_extra
from .executor import LANGUAGES
from .runtimes.caches import spare_an_unwritable_home
from .runtimes.installed import FPGA_EMULATOR, INTEL, OCLGRIND, POCL, VENDORS, registered
from .runtimes.wording import opencl_status
from .setting import DISPLAY_LIMIT

BACKEND = "opencl"
KINDS_IN_ORDER: tuple[Kind, ...] = ("gpu", "cpu", "fpga", "asic", "accelerator")
SHORT_NAMES = {
    "Portable Computing Language": POCL,
    "Intel(R) OpenCL": INTEL,
    "Intel(R) FPGA Emulation Platform for OpenCL(TM)": FPGA_EMULATOR,
}
# What is part of the name is read wherever the hashrate is.
IMITATIONS = {
    FPGA_EMULATOR: ", runs on the CPU: shows that it works, not an FPGA's speed",
    OCLGRIND: ", a simulator: shows that it works, not a device's speed",
}
NO_RUNTIME = (
    "no OpenCL runtime is installed; a GPU's driver or `pip install pocl-binary-distribution` (x86-64 Linux) brings one"
)


RUSTICL, RUSTICL_SWITCH = "rusticl", "RUSTICL_ENABLE"
# pip's PoCL has no newer release: the driver cannot be updated.
REMEDY_FOR_POCL = f"try another runtime ({install_extra('intel')}), or leave the device out with -d"

# Of a PCI bus.
PCI_DEVICES = 32

_process_that_looked: int | None = None


def find() -> list[Found | Missing]:
    """The devices of all platforms: GPUs first, then CPUs, then others, of each kind by driver."""
    global _process_that_looked
    if _process_that_looked not in (None, os.getpid()):
        # The runtimes' threads are not in a forked process: asking them anything would hang.
        return [Missing(BACKEND, "this process was forked after OpenCL was in use; start it by spawn instead")]
    _process_that_looked = os.getpid()
    spare_an_unwritable_home()
    nothing = _no_runtime(os.environ.get(VENDORS))
    with registered() as registration:
        found = _find(nothing)
        broken = [Missing(BACKEND, text, broken=True) for text in (*registration.left_out, *registration.not_loaded())]
    # What is broken is the reason for having nothing.
    return [*found, *broken] if not broken or found != [nothing] else list(broken)


def _find(nothing: Missing) -> list[Found | Missing]:
    try:
        import pyopencl
    except (ImportError, OSError) as error:
        return [Missing(BACKEND, f"pyopencl cannot be loaded ({error}); install it with `pip install pyopencl`")]
    try:
        platforms = pyopencl.get_platforms()
    except pyopencl.Error as error:
        # Without any platform the ICD loader answers PLATFORM_NOT_FOUND_KHR, which pyopencl knows by number only.
        status = opencl_status(error)
        if "PLATFORM_NOT_FOUND" not in status:
            return [Missing(BACKEND, f"the OpenCL loader answers {status}; install a runtime, such as a GPU's driver")]
        return [nothing]
    devices: list[tuple[DeviceInfo, Any]] = []
    missing: list[Found | Missing] = []
    for platform in platforms:
        try:
            here = _devices(platform)
            # Whatever a device says about itself is asked for here, where a failure is one platform's.
            devices += [(_info(device, platform), device) for device in here]
        except pyopencl.Error as error:
            status = opencl_status(error)
            missing.append(
                Missing(BACKEND, f"the platform {_name(platform)} fails with {status}; reinstall its driver", True)
            )
            continue
        if not here:
            missing.append(Missing(BACKEND, _no_device(_name(platform))))
    found: list[Found | Missing] = []
    for number, (unnumbered, device) in enumerate(sorted(devices, key=_rank)):
        info = replace(unnumbered, id=f"{BACKEND}:{number}")
        found.append(Found(info, partial(_open, info, device), isolate=True, by_default=not info.simulator))
    return found + missing or [nothing]


def _no_runtime(stated: str | None) -> Missing:
    if not stated:
        return Missing(BACKEND, NO_RUNTIME)
    # Of a long path its end tells more.
    shown = stated if len(stated) <= 40 else f"…{stated[-39:]}"
    return Missing(BACKEND, f"{VENDORS}={shown} shows no OpenCL runtime; unset it to have the system's", True)


def _no_device(platform: str) -> str:
    if platform == RUSTICL:
        stated = os.environ.get(RUSTICL_SWITCH)
        if stated is None:
            return f"platform {platform} shows no device unless named: set {RUSTICL_SWITCH}=llvmpipe (the CPU), say"
        return f"platform {platform} shows no device with {RUSTICL_SWITCH}={stated:.100}; name a driver of Mesa's"
    return f"platform {platform} shows no device; is its hardware there?"


def _rank(entry: tuple[DeviceInfo, Any]) -> tuple[int, str]:
    # Loaders report platforms in the order of a folder's files, which may change; ids must not. Devices of one
    # platform keep the order of their driver.
    info, _ = entry
    return KINDS_IN_ORDER.index(info.kind), info.driver


def _open(info: DeviceInfo, opencl_device: Any, options: DeviceOptions) -> AnyDevice:
    from .device import OpenCLDevice

    return OpenCLDevice(info, opencl_device, options)


def _devices(platform: Any) -> list[Any]:
    import pyopencl

    try:
        return list(platform.get_devices())
    except pyopencl.RuntimeError as error:
        # Some runtimes call it an error that they have no device.
        if error.code == pyopencl.status_code.DEVICE_NOT_FOUND:
            return []
        raise


def _info(device: Any, platform: Any) -> DeviceInfo:
    import pyopencl

    platform_name = _name(platform)
    on_host = bool(device.type & pyopencl.device_type.CPU) or platform_name in IMITATIONS
    driver_version = _text(device.driver_version)
    return DeviceInfo(
        id=BACKEND,
        kind=_kind(device),
        # The same hardware may be there twice, by two runtimes: the platform is part of the name, its version is not.
        name=f"{_text(device.name)} ({platform_name}{IMITATIONS.get(platform_name, '')})",
        vendor=_text(device.vendor),
        backend=BACKEND,
        driver=f"{platform_name} {driver_version}, {_text(device.version)}",
        compute_units=device.max_compute_units,
        runs_on_host_cpu=True if on_host else None,
        simulator=platform_name == OCLGRIND,
        pci_address=pci_address(device),
        cache_bytes=device.global_mem_cache_size or None,
        memory_bytes=_memory_bytes(device, on_host),
        languages=LANGUAGES,
        numbers=_numbers(device),
        address_bits=device.address_bits,
        limits={
            "max_work_group_size": device.max_work_group_size,
            "native_vector_width": device.native_vector_width_int,
            "max_clock_mhz": device.max_clock_frequency,
            "memory_bytes": device.global_mem_size,
            **_display_limit(device),
        },
        remedy=REMEDY_FOR_POCL if platform_name == POCL else REMEDY,
    )


def _memory_bytes(device: Any, on_host: bool) -> int:
    """What its buffers may take. A runtime for CPUs tells of all that is built in, also in a container with less."""
    free = free_bytes() if on_host else None
    return int(device.global_mem_size) if free is None else min(int(device.global_mem_size), free)


# Formats that need an extension; the rest every device has.
EXTENSIONS = {"float64": "cl_khr_fp64", "float16": "cl_khr_fp16", "int8": "cl_khr_integer_dot_product"}


def _numbers(device: Any) -> tuple[str, ...]:
    """The number formats that it says it computes, by numpy's names."""
    told = device.extensions.split()
    return ("float32", "int32", *(name for name, extension in EXTENSIONS.items() if extension in told))


def _display_limit(device: Any) -> dict[str, int]:
    """Whether the driver ends launches that keep a display waiting, where it has NVIDIA's extension that tells it."""
    import pyopencl

    with suppress(pyopencl.Error, AttributeError):
        return {DISPLAY_LIMIT: int(bool(device.kernel_exec_timeout_nv))}
    return {}


def pci_address(device: Any) -> str | None:
    """Like 0000:01:00.0, where the driver has NVIDIA's or AMD's extension that tells it."""
    import pyopencl

    with suppress(pyopencl.Error, AttributeError):
        slot = device.pci_slot_id_nv
        # The device's number: driver 580 tells 6 of a card at 00:06.0. A card is function 0 of its device; a larger
        # figure is both numbers in one, as PCI has them.
        number = slot if slot < PCI_DEVICES else slot >> 3
        domain = getattr(device, "pci_domain_id_nv", 0)
        return f"{domain:04x}:{device.pci_bus_id_nv:02x}:{number:02x}.0"
    with suppress(pyopencl.Error, AttributeError):
        place = device.topology_amd
        return f"0000:{place.bus & 0xFF:02x}:{place.device & 0xFF:02x}.{place.function & 7:x}"
    return None


def _kind(device: Any) -> Kind:
    import pyopencl

    types = pyopencl.device_type
    if device.type & types.GPU and device.type & types.CPU:
        # Nothing real is both; the simulator Oclgrind says so.
        return "accelerator"
    if device.type & types.GPU:
        return "gpu"
    return "cpu" if device.type & types.CPU else "accelerator"


def _name(platform: Any) -> str:
    import pyopencl

    try:
        name = _text(platform.name)
        return SHORT_NAMES.get(name, name)
    except pyopencl.Error:
        return "without a name"


def _text(value: str) -> str:
    # Drivers pad their names, and some end them with a NUL.
    return " ".join(value.replace("\0", " ").split()) or "unnamed"
