"""`python -m tests.elsewhere.wheels`: asks the package index what each system could install, and prints the table.

pip chooses the wheels of another system by its tags but reads the markers as this one's, so that they are read here.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

TREE = Path(__file__).parents[2]
LIMIT_S = 600


@dataclass(frozen=True)
class Target:
    """A system, as pip's tags and as the markers of requirements call it."""

    name: str
    tags: tuple[str, ...]
    markers: tuple[tuple[str, str], ...]
    pythons: tuple[str, ...] = ("3.11", "3.12", "3.13", "3.14")

    def environment(self, python: str) -> dict[str, str]:
        """The markers' values."""
        fixed = {"implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": ""}
        return {**fixed, **dict(self.markers), "python_version": python, "python_full_version": f"{python}.0"}


def _tags(begin: str, *versions: str, machine: str) -> tuple[str, ...]:
    return tuple(f"{begin}_{version}_{machine}" for version in versions)


GLIBC = ("2_17", "2_24", "2_27", "2_28", "2_34")
MACOS = ("10_9", "10_13", "10_15", "11_0", "12_0", "13_0", "14_0", "15_0")
TARGETS = (
    Target(
        "Linux x86-64 (glibc)",
        (*_tags("manylinux", *GLIBC, machine="x86_64"), "manylinux2014_x86_64"),
        (("sys_platform", "linux"), ("platform_machine", "x86_64"), ("os_name", "posix")),
    ),
    Target(
        "Linux aarch64 (glibc)",
        (*_tags("manylinux", *GLIBC, machine="aarch64"), "manylinux2014_aarch64"),
        (("sys_platform", "linux"), ("platform_machine", "aarch64"), ("os_name", "posix")),
    ),
    Target(
        "Windows x86-64",
        ("win_amd64",),
        (("sys_platform", "win32"), ("platform_machine", "AMD64"), ("os_name", "nt")),
    ),
    Target(
        "Windows Arm64",
        ("win_arm64",),
        (("sys_platform", "win32"), ("platform_machine", "ARM64"), ("os_name", "nt")),
    ),
    Target(
        "macOS Apple silicon",
        _tags("macosx", *MACOS[3:], machine="arm64"),
        (("sys_platform", "darwin"), ("platform_machine", "arm64"), ("os_name", "posix")),
    ),
    Target(
        "macOS Intel",
        _tags("macosx", *MACOS, machine="x86_64"),
        (("sys_platform", "darwin"), ("platform_machine", "x86_64"), ("os_name", "posix")),
    ),
    Target(
        "Linux x86-64 (musl)",
        _tags("musllinux", "1_1", "1_2", machine="x86_64"),
        (("sys_platform", "linux"), ("platform_machine", "x86_64"), ("os_name", "posix")),
    ),
)


def needs(target: Target, python: str) -> list[str]:
    """What hashwatt asks for there, without markers."""
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parsed = [Requirement(need) for need in project["dependencies"]]
    environment = target.environment(python)
    return [
        f"{need.name}{need.specifier}" for need in parsed if need.marker is None or need.marker.evaluate(environment)
    ]


def missing(target: Target, python: str) -> str | None:
    """What pip does not find there, in its own words; None where all can be installed from wheels."""
    with tempfile.TemporaryDirectory() as folder:
        tags = [part for tag in target.tags for part in ("--platform", tag)]
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--dry-run", "-q", "--only-binary=:all:", "--target", folder),
                *("--python-version", python, "--implementation", "cp", *tags, *needs(target, python)),
            ],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    if ended.returncode == 0:
        return None
    return next((line for line in ended.stderr.splitlines() if line.startswith("ERROR: ")), f"exit {ended.returncode}")


def main() -> None:
    """Print the table."""
    for target in TARGETS:
        for python in target.pythons:
            print(f"{target.name:22} {python:5} {missing(target, python) or 'all from wheels'}", flush=True)


if __name__ == "__main__":
    main()
