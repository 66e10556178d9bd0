"""A tree of this machine's /sys and /proc for bug reports: only the files that hashwatt reads, nothing personal.

What is read is noted while hashwatt looks at the machine as it always does, so that the tree has no more and no less.
Left out or made unrecognisable are the boot's id, serial numbers, MAC addresses, UUIDs, the names of control groups
(users, services, containers) and the kernel's build host. `HASHWATT_ROOT=DIR` shows hashwatt such a tree, unpacked.
"""

from __future__ import annotations

import io
import platform
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..kernels.cpu.cores.caches import cpu_caches
from ..kernels.cpu.cores.topology import read_topology
from ..kernels.errors import InputError
from ..kernels.system.control_groups import CGROUPS, CPU_GROUPS, MEMORY_GROUPS
from ..kernels.system.free_memory import free_bytes
from ..kernels.system.processor import has_hypervisor_flag, logical_cpus
from ..kernels.system.quota import cpu_quota, cpu_throttling
from ..kernels.system.signature import cpu_signature
from ..kernels.system.system_files import is_foreign_root, noting_reads, read_line, system_root, text_or_none
from .energy.meter import MeterError, MeterFound
from .energy.meters import battery, hwmon, rapl
from .energy.meters.hwmon import HWMON
from .energy.telemetry import ThermalCounters
from .machine.containers import CGROUP_MARKS, container_name
from .machine.describe import MEMORY, describe_machine
from .machine.power_supply import on_battery
from .machine.sensors import cpu_clock_hz, tree_temperatures
from .machine.virtualisation import CLOCKS, hypervisor_name

LEFT_OUT = ("proc/sys/kernel/random/boot_id",)
GROUP_FILES = ("proc/self/cgroup", "proc/1/cgroup")
VERSION_FILE = "proc/version"
CPUINFO_FILE = "proc/cpuinfo"
MAC_ADDRESS = re.compile(r"\b[0-9a-fA-F]{2}(?P<between>[:_-])([0-9a-fA-F]{2}(?P=between)){4}[0-9a-fA-F]{2}\b")
UUID = re.compile(r"\b[0-9a-fA-F]{8}([-_][0-9a-fA-F]{4}){3}[-_][0-9a-fA-F]{12}\b")
# Boards tell their serial number beside their processor.
SERIAL_LINE = re.compile(r"^serial\s*:.*\n?", re.IGNORECASE | re.MULTILINE)
BUILD_HOST = re.compile(r"\(.*", re.DOTALL)
# Names of control groups that are the same on every system.
COMMON_GROUPS = (
    "",
    "system.slice",
    "user.slice",
    "machine.slice",
    "init.scope",
    "docker",
    "kubepods",
    "kubepods.slice",
)


@dataclass(frozen=True)
class TreeFile:
    """One file of the tree: its path below the root, and its text, None where it may not be read."""

    path: str
    content: bytes | None


def snapshot() -> tuple[list[TreeFile], dict[str, str]]:
    """The files that hashwatt reads here, and the links between folders. Raises InputError where there are none."""
    if platform.system() != "Linux" and not is_foreign_root():
        raise InputError("a snapshot is of the files of /sys and /proc, which only Linux has")
    root = system_root()
    with noting_reads() as noted:
        look_at_everything(root)
    read = {PurePosixPath(Path(path).relative_to(root).as_posix()): data for path, data in noted.items()}
    groups = group_names(read)
    links = device_links(root, {path.parts[3] for path in read if path.as_posix().startswith(f"{HWMON}/")})
    files: list[TreeFile] = []
    for path, data in sorted(read.items()):
        place = placed(path, links, groups)
        if path.as_posix() not in LEFT_OUT:
            files.append(TreeFile(place, None if data is None else impersonal(path.as_posix(), data, groups)))
    return files, links


def look_at_everything(root: Path) -> None:
    """Ask all that is read of files; the answers do not matter, and neither do faults."""
    for find in (rapl.find, hwmon.find, battery.find):
        for entry in find(root):
            if isinstance(entry, MeterFound):
                try:
                    entry.open().read()
                except MeterError:
                    continue
    describe_machine()
    topology = read_topology()
    list(tree_temperatures(root))
    for ask in (cpu_caches, cpu_quota, cpu_throttling, logical_cpus, has_hypervisor_flag, on_battery, free_bytes):
        ask()
    hypervisor_name(), container_name(), read_line(f"/{VERSION_FILE}"), text_or_none(MEMORY)
    # Asked for only where the processor itself does not answer, which in a tree it never does.
    text_or_none(CLOCKS), cpu_signature()
    for group_file in GROUP_FILES:
        text_or_none(f"/{group_file}")
    cpu_clock_hz(topology.cpus)
    ThermalCounters(root).read()


def device_links(root: Path, chips: set[str]) -> dict[str, str]:
    """Where the chips sit: each link's path, and the name of the device that it leads to."""
    links = {}
    for chip in sorted(chips):
        device = root / HWMON / chip / "device"
        if device.exists():
            links[f"{HWMON}/{chip}/device"] = without_addresses(device.resolve().name)
    return links


def group_names(read: dict[PurePosixPath, bytes | None]) -> dict[str, str]:
    """A neutral name for each control group's that could tell of a user, a service or a container."""
    names: dict[str, str] = {}
    for group_file in GROUP_FILES:
        for line in (read.get(PurePosixPath(group_file)) or b"").decode("utf-8", "replace").splitlines():
            for name in line.split(":", 2)[-1].split("/"):
                if name not in names and name not in COMMON_GROUPS:
                    mark = next((mark for mark in CGROUP_MARKS if mark in name), "group")
                    names[name] = f"{mark}-{len(names) + 1}"
    return names


def placed(path: PurePosixPath, links: dict[str, str], groups: dict[str, str]) -> str:
    """Where a file stands in the tree."""
    text = path.as_posix()
    for link, device in links.items():
        if text.startswith(f"{link}/"):
            text = f"sys/devices/{device}/{text.removeprefix(f'{link}/')}"
    if text.startswith(f"{CGROUPS}/"):
        mounts = ("unified", *CPU_GROUPS.mounts, *MEMORY_GROUPS.mounts)
        first, *rest = text.removeprefix(f"{CGROUPS}/").split("/")
        # A group may be called like a mount.
        first = first if first in mounts else groups.get(first, first)
        text = "/".join([CGROUPS, first, *(groups.get(name, name) for name in rest)])
    return without_addresses(text)


def impersonal(path: str, data: bytes, groups: dict[str, str]) -> bytes:
    """The content of a file without what tells of a person or of this very machine."""
    text = data.decode("utf-8", "replace")
    if path in GROUP_FILES:
        text = "\n".join(
            ":".join(
                [
                    *line.split(":", 2)[:2],
                    "/".join(groups.get(name, name) for name in line.split(":", 2)[-1].split("/")),
                ]
            )
            for line in text.splitlines()
        )
    elif path == VERSION_FILE:
        text = BUILD_HOST.sub("", text) + ("Microsoft" if "microsoft" in text.lower() else "")
    elif path == CPUINFO_FILE:
        text = SERIAL_LINE.sub("", text)
    return without_addresses(text).encode()


def without_addresses(text: str) -> str:
    """The text with zeros in place of MAC addresses and UUIDs."""
    for pattern in (MAC_ADDRESS, UUID):
        text = pattern.sub(lambda match: re.sub("[0-9a-fA-F]", "0", match[0]), text)
    return text


def as_tar(files: list[TreeFile], links: dict[str, str]) -> bytes:
    """The tree as a tar archive, without owners and times."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry, content in _entries(files, links):
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _entries(files: list[TreeFile], links: dict[str, str]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    for device in sorted(set(links.values())):
        folder = tarfile.TarInfo(f"sys/devices/{device}")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        yield folder, b""
    for file in files:
        entry = tarfile.TarInfo(file.path)
        entry.size = len(file.content or b"")
        # What may not be read here may not be read there.
        entry.mode = 0o000 if file.content is None else 0o644
        yield entry, file.content or b""
    for link, device in links.items():
        entry = tarfile.TarInfo(link)
        entry.type = tarfile.SYMTYPE
        entry.linkname = "/".join([*[".."] * link.count("/"), "sys/devices", device])
        yield entry, b""
