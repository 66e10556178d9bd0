"""Which kind of container this runs in, if any, as far as one can tell without rights."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from ...kernels.system.system_files import is_foreign_root, read_line, read_text
from ..result.printable import printable

CGROUP_BYTES = 1 << 16
# Marks in the names of control groups, and what each is of; the first that is found counts.
CGROUP_MARKS = {
    "kubepods": "Kubernetes", "docker": "Docker", "libpod": "Podman", "containerd": "containerd", "lxc": "LXC",
    "garden": "Garden",
}  # fmt: skip
# What starts a container puts one of these words into its environment, or into systemd's file.
NAMES = {
    "docker": "Docker", "podman": "Podman", "oci": "an OCI container", "lxc": "LXC", "lxc-libvirt": "LXC",
    "systemd-nspawn": "systemd-nspawn", "flatpak": "Flatpak", "wsl": "WSL", "apptainer": "Apptainer",
    "singularity": "Singularity",
}  # fmt: skip
DECLARED = "/run/systemd/container"
# The system's first namespaces have fixed numbers in Linux (include/linux/proc_ns.h): who is in all of them is in no
# container, whatever files an image has left behind.
NAMESPACES = Path("/proc/self/ns")
FIRST_NAMESPACES = {"pid": "pid:[4026531836]", "uts": "uts:[4026531838]", "ipc": "ipc:[4026531839]"}


def container_name() -> str | None:
    """The kind of container, None if none is seen."""
    if platform.system() != "Linux":
        return None
    if is_foreign_root():
        return _container_of_groups()
    if in_first_namespaces():
        return None
    # A container of a cluster is made by Docker or another beneath.
    if os.environ.get("KUBERNETES_SERVICE_HOST"):
        return "Kubernetes"
    if Path("/.dockerenv").exists():
        return "Docker"
    if Path("/run/.containerenv").exists():
        return "Podman"
    declared = os.environ.get("container") or read_line(DECLARED)  # noqa: SIM112 (systemd and LXC spell it so)
    if declared:
        return NAMES.get(declared) or printable(declared, 80) or None
    return _container_of_groups()


def in_first_namespaces(folder: Path = NAMESPACES) -> bool:
    """Whether this process sees all processes, host names and queues of the system; False where nobody tells."""
    try:
        return all(os.readlink(folder / name) == first for name, first in FIRST_NAMESPACES.items())
    except OSError:
        return False


def _container_of_groups() -> str | None:
    try:
        groups = read_text("/proc/1/cgroup", CGROUP_BYTES)
    except OSError:
        return None
    return next((name for mark, name in CGROUP_MARKS.items() if mark in groups), None)
