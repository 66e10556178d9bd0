"""The control groups that this process is in, versions 1 and 2, nested ones too.

What a group is granted holds for all that is in it and below it, so the least on the way up to the root counts. In a
container the way that /proc/self/cgroup tells may not exist below the mount, whose top is then the group itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .system_files import read_text

CGROUPS = "sys/fs/cgroup"
# /proc/self/cgroup has a line for each hierarchy.
GROUPS_BYTES = 1 << 16
MOST_NESTED = 64
# Linux's own limit of a path (PATH_MAX).
MOST_PATH = 4096


@dataclass(frozen=True)
class Controller:
    """What groups are limited in, by the kernel's name; `mounts`: where version 1 has it."""

    name: str
    mounts: tuple[str, ...]


# Mounted by the names that distributions give it.
CPU_GROUPS = Controller("cpu", ("cpu,cpuacct", "cpu", "cpuacct,cpu"))
MEMORY_GROUPS = Controller("memory", ("memory",))


def group_folders(controller: Controller, root: Path) -> list[Path]:
    """The folders of the groups that limit this process, from its own up to the root of each hierarchy."""
    mount = root / CGROUPS
    folders: list[Path] = []
    for controllers, path in _own_groups(root):
        if not controllers:
            tops = [mount, mount / "unified"]
        elif controller.name in controllers.split(","):
            tops = [mount / name for name in controller.mounts]
        else:
            continue
        for top in tops:
            folders.extend(top.joinpath(*above.parts[1:]) for above in _ways_up(path))
    # Where /proc does not tell, the mounts themselves are what is left; a folder is asked once.
    folders.extend([mount, *(mount / name for name in controller.mounts)])
    return list(dict.fromkeys(folders))


def _own_groups(root: Path) -> list[tuple[str, PurePosixPath]]:
    """The hierarchies of /proc/self/cgroup: their controllers (none for version 2) and the path within each."""
    try:
        text = read_text(root / "proc/self/cgroup", GROUPS_BYTES)
    except OSError:
        return []
    groups = []
    for line in text.splitlines():
        _, colon, rest = line.partition(":")
        controllers, second, path = rest.partition(":")
        is_path = path.startswith("/") and ".." not in path.split("/") and "\0" not in path
        if colon and second and is_path and len(path) <= MOST_PATH:
            groups.append((controllers, PurePosixPath(path)))
    return groups


def _ways_up(path: PurePosixPath) -> list[PurePosixPath]:
    """The path and all that are above it, as far as groups can be nested in earnest."""
    return [path, *path.parents[: MOST_NESTED - 1]]
