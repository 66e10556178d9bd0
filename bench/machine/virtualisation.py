"""Whether this is a virtual machine, and whose, as far as one can tell without rights."""

from __future__ import annotations

import platform
from collections.abc import Iterable

from ...kernels.system.cpuid import hypervisor_by_cpuid
from ...kernels.system.processor import has_hypervisor_flag
from ...kernels.system.system_files import read_line, run_sysctl
from ...kernels.system.windows.registry import registry_text
from ..result.printable import printable

# What virtual machines write where a real one names its maker or model (DMI).
HYPERVISOR_MARKS = {
    "qemu": "QEMU", "kvm": "KVM", "amazon ec2": "Amazon EC2", "google compute engine": "Google Compute Engine",
    "vmware": "VMware", "virtualbox": "VirtualBox", "innotek": "VirtualBox", "xen": "Xen", "parallels": "Parallels",
    "bochs": "Bochs", "openstack": "OpenStack", "virtual machine": "Hyper-V", "firecracker": "Firecracker",
    "apple virtualization": "Apple Virtualization", "digitalocean": "DigitalOcean", "hetzner": "Hetzner",
}  # fmt: skip
# Bare machines of clouds carry the same maker's name.
BARE_METAL_MARK = ".metal"
# Clocks that hypervisors offer to their guests, as Linux names them: also where no CPUID can be asked.
CLOCKS = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
CLOCK_MARKS = {"kvm-clock": "KVM", "hyperv_clocksource": "Hyper-V", "xen": "Xen"}
DMI = "/sys/class/dmi/id"
DMI_FIELDS = ("sys_vendor", "product_name", "board_vendor", "bios_vendor")
UNKNOWN = "unknown hypervisor"
# The same in Windows' registry.
FIRMWARE = r"HARDWARE\DESCRIPTION\System\BIOS"
FIRMWARE_NAMES = ("SystemManufacturer", "SystemProductName", "BaseBoardManufacturer", "BIOSVendor")


def hypervisor_name() -> str | None:
    """The hypervisor's name and in brackets whose machine it says to be; None if none is seen.

    `unknown hypervisor` if there is one without a name.
    """
    if platform.system() == "Darwin":
        return "Apple Virtualization" if run_sysctl("kern.hv_vmm_present") == "1" else None
    if platform.system() == "Windows":
        # Windows itself may run under Hyper-V on a bare machine: the CPU flag would say nothing, and the maker does.
        return _marked(registry_text(FIRMWARE, name) for name in FIRMWARE_NAMES)
    kernel = read_line("/proc/version") or ""
    if "microsoft" in kernel.lower():
        return "WSL"
    told = [read_line(f"{DMI}/{field}") for field in DMI_FIELDS]
    if any(BARE_METAL_MARK in (text or "").lower() for text in told):
        return None
    flagged = has_hypervisor_flag()
    named = (hypervisor_by_cpuid() if flagged else None) or _by_files(flagged)
    maker = _marked(told)
    if named is None:
        return maker or (UNKNOWN if flagged else None)
    return named if maker in (None, named) else f"{named} ({maker})"


def _marked(told: Iterable[str | None]) -> str | None:
    """The hypervisor that the names of maker, model, board and firmware are the marks of."""
    words = " ".join(filter(None, told)).lower()
    if BARE_METAL_MARK in words:
        return None
    return next((name for mark, name in HYPERVISOR_MARKS.items() if mark in words), None)


def _by_files(flagged: bool) -> str | None:
    """The name that Linux itself knows its hypervisor by; clocks count only where the processor says there is one."""
    named = read_line("/sys/hypervisor/type")
    if named is not None:
        # The first domain of Xen sees the bare machine, and is a guest all the same.
        return "Xen" if named == "xen" else printable(named, 80)
    clocks = (read_line(CLOCKS) or "").split() if flagged else []
    return next((name for mark, name in CLOCK_MARKS.items() if any(clock.startswith(mark) for clock in clocks)), None)
