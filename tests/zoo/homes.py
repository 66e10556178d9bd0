"""What a habitat is made of: a Python environment of its own and its own environment variables.

hashwatt and what it needs are installed once, without any OpenCL; a habitat adds pyopencl and its runtime on top.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import foreign
from .habitats import Habitat

TREE = Path(__file__).parents[2]
# What the conformance suite is run with.
TEST_PACKAGES = ("pytest", "pytest-timeout", "hypothesis")
# With pyopencl, since the wheels of runtimes put their files into its folder.
OPENCL = "pyopencl>=2024.2"
LEFT_OUT = ("pyopencl", "pocl-binary-distribution")
INSTALL_S = 1800
NOT_THE_TREE = (".*", "build", "dist", "*.egg-info", "__pycache__", "hashwatt-*.json")
# Variables of whoever runs the zoo that would tell a runtime or Python something.
PRIVATE = (
    "OPENBLAS",
    "OCL_",
    "POCL",
    "RUSTICL",
    "PYTHON",
    "VIRTUAL_ENV",
    "HASHWATT",
    "NUMBA",
    "PYTEST",
    "XDG_",
    "CL_",
    "OCLGRIND",
)


class NotMade(Exception):
    """The habitat could not be made: what was tried, and its last words."""


@dataclass(frozen=True)
class Home:
    """A habitat that can be lived in: its Python, the variables to run it with, and a folder to run it in."""

    python: Path
    environment: dict[str, str]
    folder: Path


@dataclass(frozen=True)
class Base:
    """What all habitats of this machine's own kind share."""

    folder: Path
    wheel: Path

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        return site_packages(self.folder)

    def pip(self, *arguments: str) -> None:
        """Run its pip. Raises NotMade."""
        call([str(self.folder / "bin" / "python"), "-m", "pip", *arguments])


def build_wheel(folder: Path) -> Path:
    """The wheel of the tree that the zoo lies in. Raises NotMade."""
    # From a copy: setuptools builds inside the tree, and whoever else builds there at the same time would meet it.
    copy = folder / "tree"
    shutil.copytree(TREE, copy, symlinks=True, ignore=shutil.ignore_patterns(*NOT_THE_TREE))
    call([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(copy)])
    shutil.rmtree(copy)
    (wheel,) = folder.glob("hashwatt-*.whl")
    return wheel


def make_base(folder: Path, wheel: Path) -> Base:
    """Install hashwatt and the tests' needs, and take OpenCL out again. Raises NotMade."""
    base = Base(folder, wheel)
    venv.create(folder, with_pip=True, symlinks=True)
    base.pip("install", "-q", str(wheel), *TEST_PACKAGES)
    base.pip("uninstall", "-q", "-y", *LEFT_OUT)
    return base


def this_python(wheel: Path) -> Base:
    """The Python that runs this, where only its pip is wanted: nothing is installed into it."""
    return Base(Path(sys.prefix), wheel)


def make_home(habitat: Habitat, base: Base, folder: Path) -> Home:
    """Make the habitat in the folder, which is its own. Raises NotMade."""
    folder.mkdir(parents=True)
    make = _make_foreign if habitat.emulator == foreign.EMULATOR else _make_native
    python = make(habitat, base, folder)
    for name in ("home", "work"):
        (folder / name).mkdir(exist_ok=True)
    return Home(python, _variables(habitat, folder), folder / "work")


def _make_native(habitat: Habitat, base: Base, folder: Path) -> Path:
    venv.create(folder, with_pip=False, symlinks=True)
    (site_packages(folder) / "base.pth").write_text(f"{base.packages}\n", encoding="utf-8")
    python = folder / "bin" / "python"
    base.pip("--python", str(python), "install", "-q", OPENCL, *habitat.packages)
    if habitat.emulator is not None:
        interpreter = python.resolve()
        python.unlink()
        write_launcher(python, [habitat.emulator, "-cpu", habitat.cpu or "max"], interpreter)
    return python


def _make_foreign(habitat: Habitat, base: Base, folder: Path) -> Path:
    root, interpreter = foreign.unpack_python(folder, call)
    python = folder / "bin" / "python"
    python.parent.mkdir()
    (folder / "pyvenv.cfg").write_text(f"home = {interpreter.parent}\n", encoding="utf-8")
    write_launcher(python, [foreign.EMULATOR, "-cpu", habitat.cpu or "max", "-L", str(root)], interpreter)
    # This machine's own pip unpacks the wheels of that kind: under the emulator it takes a quarter of an hour.
    release = interpreter.name.removeprefix("python")
    where = ("--target", str(folder / "lib" / f"python{release}" / "site-packages"), *foreign.platforms(release))
    base.pip("install", "-q", *where, *foreign.needs(base.wheel, release), *TEST_PACKAGES)
    base.pip("install", "-q", *where, "--no-deps", str(base.wheel))
    return python


def write_launcher(python: Path, emulator: Sequence[str], interpreter: Path) -> None:
    """A script in Python's place that runs it under an emulator; processes that it starts come back to the script."""
    # Python finds its environment, and sys.executable, by the name that it was called by.
    command = shlex.join([*emulator, "-0", str(python), str(interpreter)])
    python.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    python.chmod(0o755)


def _variables(habitat: Habitat, folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PRIVATE)}
    variables = {**kept, "HOME": str(folder / "home"), **habitat.environment}
    if isinstance(habitat.vendors, str):
        variables["OCL_ICD_VENDORS"] = habitat.vendors
    elif habitat.vendors is not None:
        vendors = folder / "vendors"
        shutil.rmtree(vendors, ignore_errors=True)
        vendors.mkdir()
        for name, content in habitat.vendors.items():
            (vendors / name).write_bytes(_library(folder, content) if isinstance(content, str) else content)
        variables["OCL_ICD_VENDORS"] = str(vendors)
    return variables


def _library(folder: Path, pattern: str) -> bytes:
    found = sorted(folder.glob(pattern))
    if not found:
        raise NotMade(f"its packages brought no {pattern}")
    return f"{found[0]}\n".encode()


def site_packages(folder: Path) -> Path:
    """Where an environment of this very Python has its packages."""
    return folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def call(command: Sequence[str], **environment: str) -> None:
    """Run a command that makes something. Raises NotMade."""
    try:
        ended = subprocess.run(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotMade(f"{Path(command[0]).name}: {error}") from None
    if ended.returncode:
        words = [line for line in (ended.stderr or ended.stdout).splitlines() if line.strip()]
        raise NotMade(f"{Path(command[0]).name} ended with {ended.returncode}: {words[-1] if words else ''}")
