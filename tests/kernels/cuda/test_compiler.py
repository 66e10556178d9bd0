"""NVRTC, NVIDIA's own compiler, takes every generated kernel for every architecture; no card is needed for that."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hashwatt.kernels.cuda.compiler import CompilerRefused, compile_cuda
from hashwatt.kernels.cuda.executor import as_cuda
from hashwatt.kernels.device import DeviceInfo
from hashwatt.kernels.opencl.codegen.dialect import CUDA
from hashwatt.kernels.opencl.codegen.emit import KERNEL, emit
from hashwatt.kernels.opencl.codegen.stream import ADD, ROTATE, STREAM, XOR3, XOR4, emit_stream
from hashwatt.kernels.opencl.codegen.variant import Variant, all_variants
from hashwatt.kernels.workloads.hashing.streams import MIX
from hashwatt.kernels.workloads.scrypt import opencl as scrypt
from hashwatt.kernels.workloads.stream import opencl

from .fake_card import needs_nvrtc

# NVRTC is a library of NVIDIA's, and a foreign one to the process of all tests.
pytestmark = [needs_nvrtc, pytest.mark.own_process]
ARCHITECTURES = ("sm_75", "sm_80", "sm_86", "sm_89", "sm_90")
SCALAR = [variant for variant in all_variants() if variant.width <= CUDA.widest and variant.form == "ndrange"]
EVERY = [*SCALAR, *(replace(variant, rolled=True) for variant in SCALAR)]
LIKELIEST = Variant(1, "rotate", "xor")


def test_the_likeliest_kernel_becomes_code_for_a_card() -> None:
    code = compile_cuda(emit(LIKELIEST, CUDA), "sm_90")
    assert code.data.startswith(b"\x7fELF")
    assert KERNEL.encode() in code.data


def test_what_nvrtc_refuses_comes_with_its_own_words() -> None:
    with pytest.raises(CompilerRefused, match=r"kernel\.cu\(\d+\): error"):
        compile_cuda(emit(LIKELIEST, CUDA).replace("checksum ^=", "checksum ^^="), "sm_90")


def test_a_workloads_opencl_becomes_code_for_a_card() -> None:
    code = compile_cuda(as_cuda(opencl.text("triad", False)), "sm_80", "ptx")
    assert re.search(rb"fma\.rn\.f64|mul\.f64", code.data)


@pytest.mark.slow  # NVRTC takes seconds for each
def test_scrypts_vectors_of_four_words_are_read_and_written_at_once() -> None:
    card = DeviceInfo("cuda:0", "gpu", "a card", "NVIDIA", "cuda", "", languages=("opencl",), limits={})
    (kernel,) = scrypt.kernels(card)
    code = compile_cuda(as_cuda(kernel.source.text), "sm_90", "ptx").data
    assert len(re.findall(rb"\bld\.global\.v4\.", code)) >= 8
    assert len(re.findall(rb"\bst\.global\.v4\.", code)) >= 8
    assert f".entry {scrypt.ENTRY}(".encode() in code
    assert compile_cuda(as_cuda(kernel.streams[MIX].source.text), "sm_90", "ptx").data


@pytest.mark.slow  # NVRTC takes seconds for each
@pytest.mark.parametrize("variant", EVERY, ids=lambda variant: variant.name)
def test_every_kernel_becomes_ptx_for_every_architecture(variant: Variant) -> None:
    for arch in ARCHITECTURES:
        code = compile_cuda(emit(variant, CUDA), arch, "ptx")
        assert re.search(rf"\.target {arch}\b".encode(), code.data)
        assert f".entry {KERNEL}(".encode() in code.data
        # A rotation is one instruction, in whatever form it was written.
        assert len(re.findall(rb"\bshf\.", code.data)) > 700
        assert b"call" not in code.data


@pytest.mark.parametrize("steps", [[ADD], [XOR3], [XOR4], [ROTATE, ADD]], ids=lambda steps: "-".join(steps))
def test_the_streams_of_the_roof_become_ptx(steps: list[str]) -> None:
    code = compile_cuda(emit_stream(LIKELIEST, steps * 4, CUDA), "sm_90", "ptx")
    assert f".entry {STREAM}(".encode() in code.data
