"""From a kernel in OpenCL C to the assembly of a GPU: PTX and amdgcn by clang, SASS by NVIDIA's own tools.

clang has no library of OpenCL's functions for GPUs of its own: a few lines before the kernel say what those that
kernels call are there. The index of a work-item is written for groups of 64.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ...errors import InputError
from .toolchain import clang_for, nvidia_tool

Language = Literal["ptx", "sass", "amdgcn"]
COMPILE_S = 300.0
GROUP = 64
# PTX is compiled for one that knows all that a kernel needs, and SASS from that for each: as drivers do it.
PTX_TARGET, PTX_TARGET_BEFORE = "sm_75", "sm_60"
PTX_VERSION = "6.4"
NEWEST_SM = 121
ARCHITECTURE = re.compile(r"(sm_)\d{2,3}[af]?|gfx[0-9a-f]{3,4}")

COMMON = """\
#define rotate(x, n) __builtin_rotateleft32(x, n)
#define bitselect(a, b, c) (((a) & ~(c)) | ((b) & (c)))
#define atomic_inc(at) __sync_fetch_and_add(at, 1u)
#define atomic_xor(at, x) __sync_fetch_and_xor(at, x)
typedef unsigned int uint;
typedef unsigned long ulong;
"""
NVIDIA = f"""\
{COMMON}#define mul_hi(a, b) ((uint)__nvvm_mulhi_ui(a, b))
#define get_global_id(i) (__nvvm_read_ptx_sreg_ctaid_x() * {GROUP}u + __nvvm_read_ptx_sreg_tid_x())
"""
AMD = f"""\
{COMMON}#define mul_hi(a, b) ((uint)(((ulong)(a) * (b)) >> 32))
#define get_global_id(i) (__builtin_amdgcn_workgroup_id_x() * {GROUP}u + __builtin_amdgcn_workitem_id_x())
"""
OPTIONS = ("-x", "cl", "-cl-std=CL1.2", "-O3", "-S", "-w", "-nogpulib")


def compiled_to(language: Language, source: str, architecture: str) -> str:
    """What the compilers here make of a kernel (one nonce a work-item). Raises InputError in one sentence."""
    if not ARCHITECTURE.fullmatch(architecture) or architecture.startswith("gfx") is not (language == "amdgcn"):
        example = "gfx1100" if language == "amdgcn" else "sm_90"
        raise InputError(f"{architecture!r:.30} is no architecture of {language}; give one such as {example}")
    if language == "ptx" and int(re.findall(r"\d+", architecture)[0]) > NEWEST_SM:
        # No compiler sees the target of PTX, which is the same text for all: what there is not must be told here.
        raise InputError(f"there is no {architecture} (the newest is sm_{NEWEST_SM}); give one such as sm_90")
    with tempfile.TemporaryDirectory(prefix="hashwatt-") as name:
        folder = Path(name)
        if language == "amdgcn":
            return _amdgcn(source, architecture, folder)
        ptx = _ptx(source, architecture, folder)
        return ptx.read_text(encoding="utf-8") if language == "ptx" else _sass(ptx, architecture, folder)


def _amdgcn(source: str, architecture: str, folder: Path) -> str:
    target = ["--target=amdgcn-amd-amdhsa", f"-mcpu={architecture}"]
    return _clang("amdgcn", AMD + source, target, folder, architecture).read_text(encoding="utf-8")


def _ptx(source: str, architecture: str, folder: Path) -> Path:
    number = int(re.findall(r"\d+", architecture)[0])
    target = PTX_TARGET if number >= 75 else PTX_TARGET_BEFORE
    options = ["--target=nvptx64-nvidia-nvcl", "-Xclang", "-target-cpu", "-Xclang", target]
    path = _clang("nvptx64", NVIDIA + source, options, folder, architecture)
    # For OpenCL clang asks for textures in a mode that ptxas does not know, and old ones for too old a version.
    text = path.read_text(encoding="utf-8").replace(", texmode_independent", "")
    path.write_text(re.sub(r"^\.version .*$", f".version {PTX_VERSION}", text, flags=re.MULTILINE), encoding="utf-8")
    return path


def _sass(ptx: Path, architecture: str, folder: Path) -> str:
    binary = folder / "kernel.cubin"
    ptxas, nvdisasm = nvidia_tool("ptxas"), nvidia_tool("nvdisasm")
    _run(
        [ptxas, "-O3", "-arch", architecture, "-o", str(binary), str(ptx)], f"ptxas does not compile for {architecture}"
    )
    return _run([nvdisasm, "-c", str(binary)], f"nvdisasm does not read code for {architecture}")


def _clang(target: str, source: str, options: Sequence[str], folder: Path, architecture: str) -> Path:
    path, output = folder / "kernel.cl", folder / "kernel.s"
    path.write_text(source, encoding="utf-8")
    clang = clang_for(target)
    command = [clang.path, *OPTIONS, *options, "-o", str(output), str(path)]
    _run(command, f"clang {clang.version} does not compile for {architecture}")
    return output


def _run(command: Sequence[str], what_failed: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=COMPILE_S)
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{what_failed}: it gave no answer within {COMPILE_S:.0f} s") from error
    except OSError as error:
        raise InputError(f"{what_failed}: {error.strerror}") from error
    if done.returncode:
        first = next((line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()), "no reason")
        raise InputError(f"{what_failed}; another release may: {first:.60}")
    return done.stdout
