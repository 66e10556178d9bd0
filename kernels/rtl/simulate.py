"""Cores simulated at full speed: Yosys' CXXRTL makes C++ of a design, a C++ compiler makes it a library."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import DeviceError
from .extra import HINT, versions
from .job import DIGEST_WORDS
from .shape import Shape
from .workshop import made_once, run_tool, run_yosys

COMPILERS = ("c++", "g++", "clang++")
NO_COMPILER = "there is no C++ compiler for the simulator; install g++ or clang++, or name one in CXX"
# Each half of a core takes `rounds` clocks, and a nonce waits up to `passes` before it starts.
SPARE_CLOCKS = 64


def compiler() -> str | None:
    """The C++ compiler to use; None where there is none."""
    return next(
        (path for name in (os.environ.get("CXX", ""), *COMPILERS) if name and (path := shutil.which(name))), None
    )


@dataclass(frozen=True)
class Results:
    """What a core answered, in the order in which it did: nonces, digest words of each, `found` flags."""

    nonces: npt.NDArray[np.uint32]
    digests: npt.NDArray[np.uint32]
    found: npt.NDArray[np.uint8]


class SimulatedCore:
    """A core that runs as a program. Not safe to use from two threads at once."""

    def __init__(self, library: Path, shape: Shape) -> None:
        """A new instance of the core compiled into `library`."""
        self.shape = shape
        self._library = _open(library)
        self._words = DIGEST_WORDS if shape.full else 1
        self._core: int | None = self._library.core_new()

    def load(self, words: Sequence[int]) -> None:
        """Start on a job, `job.core_job` of it; what was under way is dropped."""
        self._library.core_load(self._core, (ctypes.c_uint32 * len(words))(*words), len(words))

    def results(self, count: int) -> Results:
        """The next `count` results. Raises DeviceError where the core does not give them."""
        nonces = np.zeros(count, np.uint32)
        digests = np.zeros((count, self._words), np.uint32)
        found = np.zeros(count, np.uint8)
        most_clocks = (count + 2) * self.shape.passes + 2 * self.shape.rounds + SPARE_CLOCKS
        got = self._library.core_results(
            self._core, count, most_clocks, nonces.ctypes.data, digests.ctypes.data, found.ctypes.data
        )
        if got < count:
            raise DeviceError(
                f"the simulated core gave {got} of {count} results in {most_clocks} clocks; please report it"
            )
        return Results(nonces, digests, found)

    def close(self) -> None:
        """Free it; a second call does nothing."""
        if self._core is not None:
            self._library.core_delete(self._core)
            self._core = None


def simulate(shape: Shape) -> SimulatedCore:
    """The core as described, before any synthesis. Raises DeviceError."""
    from .emit import rtlil

    return simulate_rtlil(rtlil(shape), shape, ["proc", "flatten", "opt -fast"])


def simulate_rtlil(source: str, shape: Shape, passes: Sequence[str]) -> SimulatedCore:
    """A core given as RTLIL: as described, or what a synthesis has made of it. Raises DeviceError."""
    from .emit import TOP, digest

    tool = compiler()
    if tool is None:
        raise DeviceError(NO_COMPILER)
    harness = (files(__package__) / "harness.cc").read_text(encoding="utf-8")

    def make(folder: Path) -> None:
        (folder / "core.il").write_text(source, encoding="utf-8")
        (folder / "harness.cc").write_text(harness, encoding="utf-8")
        run_yosys(["read_rtlil core.il", f"hierarchy -top {TOP}", *passes, "write_cxxrtl -g0 design.cc"], folder)
        words = DIGEST_WORDS if shape.full else 1
        flags = ["-std=c++14", "-O2", "-shared", "-fPIC", "-w", f"-I{_runtime()}", f"-DDIGEST_WORDS={words}"]
        run_tool("the C++ compiler", [tool, *flags, "harness.cc", "-o", "core.so"], folder, "compiler.log")

    inputs = {
        "core": digest(source),
        "harness": digest(harness),
        "passes": list(passes),
        "machine": platform.machine(),
        "compiler": tool,
        **versions(["pyosys"]),
    }
    return SimulatedCore(made_once("simulator", inputs, make) / "core.so", shape)


def source_digest(shape: Shape) -> str:
    """What names a simulated core: the SHA-256 of its description as RTLIL."""
    from .emit import rtlil

    return sha256(rtlil(shape).encode()).hexdigest()


def _runtime() -> Path:
    spec = find_spec("pyosys")
    if spec is None or spec.origin is None:
        raise DeviceError(f"CXXRTL needs pyosys, which is missing; {HINT}")
    return Path(spec.origin).parent / "share" / "include" / "backends" / "cxxrtl" / "runtime"


@cache
def _open(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    library.core_new.restype = ctypes.c_void_p
    library.core_delete.argtypes = [ctypes.c_void_p]
    library.core_load.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    library.core_results.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint64, *[ctypes.c_void_p] * 3]
    library.core_results.restype = ctypes.c_size_t
    return library
