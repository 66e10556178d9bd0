"""The compilers that are installed: clang with its targets for GPUs, NVIDIA's assembler and disassembler.

They are looked for on the path, where CUDA is installed by itself, and among the packages of this Python
(`pip install nvidia-cuda-nvcc nvidia-cuda-nvdisasm` brings NVIDIA's two).
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...errors import InputError

OLDEST_CLANG, NEWEST_CLANG = 14, 40
CLANG_HELP = "install one, such as Debian's clang or clang-19"
CUDA_FOLDERS = ("/usr/local/cuda/bin", "/opt/cuda/bin")
NVIDIA_PACKAGES = {"ptxas": "nvidia-cuda-nvcc", "nvdisasm": "nvidia-cuda-nvdisasm"}
VERSION = re.compile(r"version (\d+)")
ANSWER_S = 20.0


@dataclass(frozen=True)
class Clang:
    """A clang: where it is, its major version, and the names of its targets."""

    path: str
    version: int
    targets: frozenset[str]


def clang_for(target: str) -> Clang:
    """The newest clang that compiles for `target` (`nvptx64`, `amdgcn`). Raises InputError."""
    able = [clang for clang in _clangs() if target in clang.targets]
    if not able:
        found = "no clang was found" if not _clangs() else f"no clang here compiles for {target}"
        raise InputError(f"{found} (version {OLDEST_CLANG} or newer); {CLANG_HELP}")
    return max(able, key=lambda clang: clang.version)


def nvidia_tool(name: str) -> str:
    """The path of `ptxas` or `nvdisasm`. Raises InputError."""
    path = _find(name)
    if path is None:
        raise InputError(f"{name} was not found; `pip install {NVIDIA_PACKAGES[name]}` brings it, as CUDA does")
    return path


@cache
def _clangs() -> tuple[Clang, ...]:
    names = ["clang", *(f"clang-{version}" for version in range(NEWEST_CLANG, OLDEST_CLANG - 1, -1))]
    paths = dict.fromkeys(os.path.realpath(path) for path in map(shutil.which, names) if path)
    return tuple(clang for clang in map(_clang, paths) if clang is not None)


def _clang(path: str) -> Clang | None:
    told = VERSION.search(_answer(path, "--version"))
    version = int(told[1]) if told else 0
    if version < OLDEST_CLANG:
        return None
    targets = re.findall(r"^\s+(\S+)\s+- ", _answer(path, "--print-targets"), re.MULTILINE)
    return Clang(path, version, frozenset(targets))


def _answer(path: str, option: str) -> str:
    try:
        done = subprocess.run([path, option], capture_output=True, text=True, errors="replace", timeout=ANSWER_S)
    except (OSError, subprocess.TimeoutExpired):
        # As good as not there.
        return ""
    return done.stdout


def _find(name: str) -> str | None:
    folders = [*CUDA_FOLDERS, *(str(folder) for folder in _package_folders())]
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))


def _package_folders() -> list[Path]:
    """The folders of NVIDIA's wheels that may hold programs, the newest release first."""
    try:
        spec = importlib.util.find_spec("nvidia")
    except (ImportError, ValueError):
        return []
    places = [] if spec is None else list(spec.submodule_search_locations or [])
    return sorted((folder for place in places for folder in Path(place).glob("*/bin")), reverse=True)
