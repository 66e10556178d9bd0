"""Whether this is a virtual machine or a container, as far as one can tell without rights."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from ...kernels.system.processor import has_hypervisor_flag
from ...kernels.system.system_files import is_foreign_root, read_line, read_text, run_sysctl
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
DMI_FIELDS = ("sys_vendor", "product_name", "board_vendor", "bios_vendor")
# The same in Windows' registry.
FIRMWARE = r"HARDWARE\DESCRIPTION\System\BIOS"
FIRMWARE_NAMES = ("SystemManufacturer", "SystemProductName", "BaseBoardManufacturer", "BIOSVendor")
CGROUP_BYTES = 1 << 16
CGROUP_MARKS = ("docker", "containerd", "kubepods", "lxc", "libpod", "garden")


def hypervisor_name() -> str | None:
    """The hypervisor's name, `unknown hypervisor` if there is one without a name, None if none is seen."""
    if platform.system() == "Darwin":
        return "Apple Virtualization" if run_sysctl("kern.hv_vmm_present") == "1" else None
    if platform.system() == "Windows":
        # Windows itself may run under Hyper-V on a bare machine: the CPU flag would say nothing, and the maker does.
        return _marked(registry_text(FIRMWARE, name) for name in FIRMWARE_NAMES)
    kernel = read_line("/proc/version") or ""
    if "microsoft" in kernel.lower():
        return "WSL"
    named = read_line("/sys/hypervisor/type")
    if named is not None:
        return printable(named, 80)
    told = [read_line(f"/sys/class/dmi/id/{field}") for field in DMI_FIELDS]
    if any(BARE_METAL_MARK in (text or "").lower() for text in told):
        return None
    return _marked(told) or ("unknown hypervisor" if has_hypervisor_flag() else None)


def _marked(told: Iterable[str | None]) -> str | None:
    """The hypervisor that the names of maker, model, board and firmware are the marks of."""
    words = " ".join(filter(None, told)).lower()
    if BARE_METAL_MARK in words:
        return None
    return next((name for mark, name in HYPERVISOR_MARKS.items() if mark in words), None)


def container_name() -> str | None:
    """The kind of container, None if none is seen."""
    if platform.system() != "Linux":
        return None
    if is_foreign_root():
        return _container_of_groups()
    if Path("/.dockerenv").exists():
        return "Docker"
    if Path("/run/.containerenv").exists():
        return "Podman"
    if os.environ.get("KUBERNETES_SERVICE_HOST"):
        return "Kubernetes"
    declared = os.environ.get("container")  # noqa: SIM112 (systemd and LXC spell it so)
    if declared:
        return printable(declared, 80) or None
    return _container_of_groups()


def _container_of_groups() -> str | None:
    try:
        groups = read_text("/proc/1/cgroup", CGROUP_BYTES)
    except OSError:
        return None
    return next((mark for mark in CGROUP_MARKS if mark in groups), None)
