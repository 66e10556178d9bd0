"""Cards that are not there: NVIDIA's real packages on a fake of NVIDIA's driver, with kernels compiled for the CPU.

The driver is `fake_libcuda.c`. What NVRTC would make of a CUDA source for a card, a C++ compiler makes of the same
source for this machine (`cuda_words.h` has CUDA's words), and the fake driver runs that, thread after thread.
No card was ever launched on by these tests.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest

from hashwatt.kernels.cuda import backend, device
from hashwatt.kernels.cuda.compiler import Code, CompilerRefused, Kind
from hashwatt.kernels.system.own_files import write_atomically

HERE = Path(__file__).parent
COMPILER = next((found for name in ("g++", "clang++", "c++") if (found := shutil.which(name))), None)
C_COMPILER = next((found for name in ("gcc", "clang", "cc") if (found := shutil.which(name))), None)
ENTRY = re.compile(r'__kernel void (\w+)\s*\(|extern "C" __global__ void (\w+)\s*\(')
# Rotations and nothing to vectorise: more costs time to compile, and the tests hash a few million nonces at most.
FLAGS = ("-O1", "-shared", "-fPIC", "-w", "-std=c++17", "-include", str(HERE / "cuda_words.h"), "-x", "c++")
BUILT = Path(tempfile.gettempdir()) / f"hashwatt-fake-cuda-{os.getuid() if hasattr(os, 'getuid') else 0}"

needs_a_compiler = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the fake driver is one for Linux"),
    pytest.mark.skipif(COMPILER is None or C_COMPILER is None, reason="no C and C++ compiler (gcc and g++, clang)"),
]
needs_cuda_core = pytest.mark.skipif(
    not backend.has_package(), reason='cuda-core is not installed: `pip install ".[cuda]"`'
)
needs_nvrtc = pytest.mark.skipif(
    not backend.has_package() or find_spec("nvidia") is None, reason='no NVRTC: `pip install ".[cuda]"`'
)


def compiled_here(source: str, arch: str, kind: Kind = "cubin") -> Code:
    """In the place of NVRTC: the same source as a shared library of this machine, kept for the next who asks."""
    assert COMPILER is not None
    names = [one or other for one, other in ENTRY.findall(source)]
    text = source + "".join(f"\nLAUNCHABLE({name})" for name in names)
    digest = sha256((text + (HERE / "cuda_words.h").read_text()).encode()).hexdigest()[:24]
    library = BUILT / f"{digest}.so"
    if not library.exists():
        BUILT.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILT) as folder:
            target = Path(folder) / "kernel.so"
            done = subprocess.run(
                [COMPILER, *FLAGS, "-", "-o", str(target)], input=text, text=True, capture_output=True, check=False
            )
            if done.returncode:
                raise CompilerRefused(done.stderr)
            write_atomically(library, target.read_bytes())
    return Code(kind, library.read_bytes(), "")


def fake_driver(folder: Path) -> Path:
    """The fake driver's library, built."""
    assert C_COMPILER is not None
    library = folder / "libcuda.so.1"
    if not library.exists():
        options = ("-shared", "-fPIC", "-O1", "-w", "-Wl,-soname,libcuda.so.1", "-ldl")
        done = subprocess.run(
            [C_COMPILER, str(HERE / "fake_libcuda.c"), *options, "-o", str(library)], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
    return library


def install(folder: Path) -> ctypes.CDLL:
    """Have this process see the fake driver and its cards. For a process of its own: there is no way back."""
    library = ctypes.CDLL(str(fake_driver(folder)), mode=ctypes.RTLD_GLOBAL)
    # A library of that name is loaded: whoever asks for it by name gets this one.
    for module, name, stand_in in ((backend, "may_be_here", lambda: True), (device, "compile_cuda", compiled_here)):
        setattr(module, name, stand_in)
    library.fake_busy_s.restype = library.fake_idle_s.restype = ctypes.c_double
    return library
