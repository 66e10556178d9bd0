"""A Python for another kind of processor, run under QEMU: Debian's packages for arm64, unpacked and not installed.

apt-get is given a state of its own in the habitat's folder, so that neither root nor a change to this system is needed.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement

EMULATOR = "qemu-aarch64"
# The last two are what wheels expect of every system.
PACKAGES = ("python3", "ca-certificates", "libstdc++6", "libgomp1")
INTERPRETERS = "usr/bin/python3.*[0-9]"
APT = """
APT::Architecture "arm64";
APT::Architectures {{ "arm64"; }};
APT::Install-Recommends "false";
Debug::NoLocking "true";
Dir::State "{folder}";
Dir::State::status "{folder}/status";
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}";
Dir::Cache::archives "{folder}/archives";
"""
Call = Callable[..., None]
# glibc's releases that wheels name, from the oldest that anybody still builds for to Debian 12's.
GLIBC = range(17, 37)


def unpack_python(folder: Path, call: Call) -> tuple[Path, Path]:
    """Debian's Python for arm64, and the root folder in which it lies with the libraries that it needs.

    `call` runs a command with environment variables, and raises where it fails.
    """
    apt, root = folder / "apt", folder / "root"
    for part in ("lists/partial", "archives/partial"):
        (apt / part).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    configuration = apt / "apt.conf"
    configuration.write_text(APT.format(folder=apt), encoding="utf-8")
    call(["apt-get", "update", "-q"], APT_CONFIG=str(configuration))
    call(["apt-get", "install", "-q", "-y", "--download-only", *PACKAGES], APT_CONFIG=str(configuration))
    for package in sorted((apt / "archives").glob("*.deb")):
        call(["dpkg-deb", "-x", str(package), str(root)])
    (interpreter,) = root.glob(INTERPRETERS)
    return root, interpreter


def platforms(release: str) -> tuple[str, ...]:
    """pip's options for wheels of that kind of processor, for a release of Python such as 3.11."""
    names = ("manylinux2014_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in reversed(GLIBC)))
    options = ("--only-binary=:all:", "--implementation", "cp", "--python-version", release)
    return (*options, *(word for name in names for word in ("--platform", name)))


def needs(wheel: Path, release: str) -> list[str]:
    """What a wheel needs on that kind of processor: pip would judge its markers by the machine that pip runs on."""
    environment = {"platform_machine": "aarch64", "python_version": release, "extra": ""}
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        told = HeaderParser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist", [])
    asked = [need for need in map(Requirement, told) if need.marker is None or need.marker.evaluate(environment)]
    return [f"{need.name}{need.specifier}" for need in asked]
