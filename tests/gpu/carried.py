"""Wheels that were carried to a machine without a network, made importable there: no pip, no root, nothing installed.

A wheel is an archive: what fits this Python, and what the machine lacks or has too old, is unpacked into a folder.
NVIDIA's own packages go into a folder of their own, for they only work together: it is used where the machine's do not.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# NVIDIA's packages, which are taken all together or not at all.
TOGETHER = re.compile(r"cuda-(core|bindings|pathfinder)|nvidia-cuda-nvrtc(-cu\d+)?")
REQUIREMENT = re.compile(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?(?:[>=]=([0-9.]+))?")
LIBRARIES = "LD_LIBRARY_PATH"
MODULES = "PYTHONPATH"


@dataclass(frozen=True)
class Wheel:
    """A wheel, as its file's name says: what it is, and for which Pythons and systems."""

    path: Path
    name: str
    pythons: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]

    def fits(self, python: tuple[int, int], machine: str) -> bool:
        """Whether this Python on Linux on such a processor can import it."""
        own, stable = f"cp{python[0]}{python[1]}", "abi3" in self.abis
        for_python = any(
            tag in (own, "py3") or (stable and tag[:3] == "cp3" and int(tag[3:] or 0) <= python[1])
            for tag in self.pythons
        )
        for_system = any(tag == "any" or tag.endswith(f"_{machine}") for tag in self.platforms)
        return for_python and ({own, "abi3", "none"} & set(self.abis)) != set() and for_system


@dataclass(frozen=True)
class Carried:
    """What was carried: a folder of what the machine lacked, unpacked, and one for NVIDIA's packages, if need be.

    `wheels`: those of NVIDIA's packages; `unpacked`: the names of the others' files.
    """

    lacking: Path
    nvidia: Path
    wheels: tuple[Wheel, ...]
    unpacked: tuple[str, ...] = ()

    def nvidia_environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Unpack NVIDIA's packages; the environment in which they come before the machine's own."""
        for wheel in self.wheels:
            _unpack_one(wheel, self.nvidia)
        # cuda-pathfinder looks beside installed packages only; the system's loader looks here, too.
        libraries = sorted(str(folder) for folder in self.nvidia.glob("nvidia/*/lib"))
        return {
            MODULES: before(environment.get(MODULES), [str(self.nvidia)]),
            LIBRARIES: before(environment.get(LIBRARIES), libraries),
        }


def before(path: str | None, folders: Iterable[str]) -> str:
    """A search path with more folders in front."""
    return os.pathsep.join([*folders, *([path] if path else [])])


def wheels_in(folder: Path) -> Iterator[Wheel]:
    """Those of a folder, in the order of their names."""
    for path in sorted(folder.glob("*.whl")):
        parts = path.name.removesuffix(".whl").split("-")
        if len(parts) >= 5:
            pythons, abis, platforms = (tuple(tags.split(".")) for tags in parts[-3:])
            yield Wheel(path, normal(parts[0]), pythons, abis, platforms)


def normal(name: str) -> str:
    """A distribution's name as all of its spellings have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def unpack(folder: Path, target: Path) -> Carried:
    """Unpack what this machine lacks of the wheels in a folder; what is unpacked already stays."""
    lacking = target / "lacking"
    lacking.mkdir(parents=True, exist_ok=True)
    least = least_versions()
    fitting = [wheel for wheel in wheels_in(folder) if wheel.fits(sys.version_info[:2], platform.machine())]
    together = [wheel for wheel in fitting if TOGETHER.fullmatch(wheel.name)]
    needed = [wheel for wheel in fitting if wheel not in together and not here(wheel.name, least.get(wheel.name, "0"))]
    for wheel in needed:
        _unpack_one(wheel, lacking)
    _describe_the_clone(lacking)
    return Carried(lacking, target / "nvidia", tuple(together), tuple(wheel.path.name for wheel in needed))


def here(name: str, least: str) -> bool:
    """Whether this Python has a distribution of at least that version."""
    try:
        return _numbers(version(name)) >= _numbers(least)
    except PackageNotFoundError:
        return False


def least_versions() -> dict[str, str]:
    """What pyproject.toml asks of each distribution, where it asks for a version."""
    found = {}
    for requirement in project()["dependencies"]:
        stated = REQUIREMENT.match(requirement)
        if stated and stated[2]:
            found[normal(stated[1])] = stated[2]
    return found


def project() -> Mapping[str, Any]:
    """The table of pyproject.toml that says what hashwatt is and needs."""
    table: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text.partition("+")[0]))


def _unpack_one(wheel: Wheel, target: Path) -> None:
    marker = target / f".{wheel.path.name}"
    if marker.exists():
        return
    with zipfile.ZipFile(wheel.path) as archive:
        for entry in archive.infolist():
            place = _place(entry.filename)
            if place is None or entry.is_dir():
                continue
            path = (target / place).resolve()
            if target.resolve() not in path.parents:
                raise ValueError(f"{wheel.path.name} holds a file outside of itself: {entry.filename:.100}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(entry))
    marker.touch()


def _place(name: str) -> str | None:
    """Where a file of a wheel belongs: its modules; programs, headers and data are of no use here."""
    first, _, rest = name.partition("/")
    if not first.endswith(".data"):
        return name
    kind, _, place = rest.partition("/")
    return place if kind in ("purelib", "platlib") else None


def _describe_the_clone(target: Path) -> None:
    """hashwatt is imported from its clone; its version is looked up among what is installed."""
    stated = str(project()["version"])
    folder = target / f"hashwatt-{stated}.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: hashwatt\nVersion: {stated}\n", encoding="utf-8")
