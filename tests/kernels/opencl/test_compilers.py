"""Real compilers for GPUs emit as many instructions as the graph counts. Needs clang 19 or newer, and ptxas."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hashwatt.kernels.opencl.codegen.costs import AMD_GCN, AMD_RDNA, AMD_VEGA, NVIDIA, InstructionSet, cost_of_hash
from hashwatt.kernels.opencl.codegen.emit import emit
from hashwatt.kernels.opencl.codegen.variant import Variant

KERNEL = Variant(1, "rotate", "xor")
# What a GPU's own OpenCL library has for these; clang alone has none.
PRELUDE = """
#define rotate(x, n) __builtin_rotateleft32(x, n)
#define atomic_inc(p) __sync_fetch_and_add(p, 1u)
#define atomic_xor(p, v) __sync_fetch_and_xor(p, v)
"""
AMD_ITEM = "#define get_global_id(i) (__builtin_amdgcn_workgroup_id_x() * 64u + __builtin_amdgcn_workitem_id_x())\n"
NVIDIA_ITEM = "#define get_global_id(i) (__nvvm_read_ptx_sreg_ctaid_x() * 64u + __nvvm_read_ptx_sreg_tid_x())\n"
COMMON = ["-x", "cl", "-cl-std=CL1.2", "-O3", "-Xclang", "-finclude-default-header", "-S"]


def clang() -> str:
    for name in ("clang", *(f"clang-{version}" for version in range(30, 18, -1))):
        path = shutil.which(name)
        if path and _version(path) >= 19:
            return path
    pytest.skip("no clang of version 19 or newer here")


def _version(path: str) -> int:
    found = re.search(
        r"clang version (\d+)", subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    )
    return int(found[1]) if found else 0


def compile_for(target: list[str], item: str, folder: Path) -> Path:
    source, output = folder / "kernel.cl", folder / "kernel.s"
    source.write_text(PRELUDE + item + emit(KERNEL))
    done = subprocess.run(
        [clang(), *COMMON, *target, "-o", output, source], capture_output=True, text=True, timeout=300
    )
    if "unknown target" in done.stderr or "No available targets" in done.stderr:
        pytest.skip("this clang does not know the target")
    assert done.returncode == 0, done.stderr
    return output


def body_of(assembly: str, name: str) -> str:
    """One function of an assembly file; newer clangs keep a second copy of a kernel."""
    start = re.search(rf"^{name}:", assembly, re.MULTILINE)
    assert start is not None
    return assembly[start.end() :].partition(".Lfunc_end")[0]


@pytest.mark.parametrize(("processor", "rules"), [("gfx1030", AMD_RDNA), ("gfx906", AMD_VEGA), ("gfx803", AMD_GCN)])
def test_amd(processor: str, rules: InstructionSet, tmp_path: Path) -> None:
    target = ["--target=amdgcn-amd-amdhsa", f"-mcpu={processor}", "-nogpulib"]
    assembly = compile_for(target, AMD_ITEM, tmp_path).read_text()
    operations = re.findall(
        r"^\s+(v_(?:add|xor|xad|bfi|and|or|alignbit|lshr)\w*)", body_of(assembly, "scan"), re.MULTILINE
    )
    assert len(operations) == pytest.approx(cost_of_hash(rules).limiting, rel=0.03)


def test_nvidia(tmp_path: Path) -> None:
    ptxas, nvdisasm = shutil.which("ptxas"), shutil.which("nvdisasm")
    if ptxas is None or nvdisasm is None:
        pytest.skip("no ptxas and nvdisasm here (pip has them: nvidia-cuda-nvcc and nvidia-cuda-nvdisasm)")
    target = ["--target=nvptx64-nvidia-nvcl", "-Xclang", "-target-cpu", "-Xclang", "sm_86"]
    ptx = compile_for(target, NVIDIA_ITEM, tmp_path)
    # For OpenCL clang asks for textures that ptxas 12 does not know.
    ptx.write_text(ptx.read_text().replace(", texmode_independent", ""))
    binary = tmp_path / "kernel.cubin"
    subprocess.run([ptxas, "-O3", "-arch", "sm_86", "-o", binary, ptx], check=True, timeout=300)
    listing = subprocess.run([nvdisasm, "-c", binary], check=True, capture_output=True, text=True).stdout
    operations = re.findall(r"\b(?:SHF|LOP3|IADD3|ISETP)\.?\w*", listing)
    assert len(operations) == pytest.approx(cost_of_hash(NVIDIA).limiting, rel=0.03)
