"""The CUDA backend against the conformance suite, on a fake driver that runs the same CUDA source on the CPU.

NVIDIA's cuda-core is the real one, and so is every line of ours; only the driver's library and the compiler are not
(see `fake_card`). Nothing here was ever launched on a card.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from hashwatt.kernels.buffers import KEPT_FROM_BYTES
from hashwatt.kernels.cuda import device as cuda_device
from hashwatt.kernels.cuda import streams
from hashwatt.kernels.cuda.backend import find
from hashwatt.kernels.cuda.compiler import CompilerRefused
from hashwatt.kernels.device import DeviceOptions, Executes, Found, HasRoof, Launch, Scans, Source, scanning
from hashwatt.kernels.errors import DeviceError, InputError
from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.opencl import roof
from hashwatt.kernels.opencl.codegen.dialect import CUDA
from hashwatt.kernels.opencl.codegen.variant import Variant, all_variants

from ..conformance import CHECKS, Subject, assert_as_hashlib
from ..headers import random_prefixes
from .fake_card import install, needs_a_compiler, needs_cuda_core

pytestmark = [*needs_a_compiler, needs_cuda_core, pytest.mark.own_process]
KERNEL = Variant(1, "rotate", "xor")
VARIANTS = [variant for variant in all_variants() if variant.width <= CUDA.widest and variant.form == "ndrange"]
# The scan that is interrupted would take so long.
DEVICE_S = 1.5


def opened(tmp_path: Path, kernel: Variant = KERNEL) -> tuple[Found, Scans]:
    install(tmp_path)
    (found,) = find()
    assert isinstance(found, Found)
    return found, scanning(found.open(DeviceOptions(kernel=kernel.name)))


def test_a_card_passes_every_check(tmp_path: Path) -> None:
    found, device = opened(tmp_path)
    subject = Subject(found, device, many=40_009, interrupted_s=DEVICE_S)
    for check in CHECKS:
        try:
            check(subject)
        except Exception as error:
            raise AssertionError(f"{check.__name__}: {error}") from error
    device.close()


@pytest.mark.slow  # a C++ compiler takes seconds for each
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_variant_hashes_as_hashlib(variant: Variant, tmp_path: Path) -> None:
    _, device = opened(tmp_path, variant)
    for prefixes in (1, 3):
        job = Job(roll_versions(random_prefixes(1, seed=21)[0], prefixes), target_from_zero_bits(5))
        assert_as_hashlib(device, job, range(2_147_483_000, 2_147_483_000 + 1_237))
    device.close()


TRIPLE = """
kernel void triple(global uint *words, long factor)
{
    size_t item = get_global_id(0);
    words[item] = rotate(words[item], 8u) * (uint)factor;
}
"""


def test_kernels_of_others_run_on_buffers_of_the_card(tmp_path: Path) -> None:
    _, opened_device = opened(tmp_path)
    device = cast(Executes, opened_device)
    kernel, _ = device.compile(Source("opencl", TRIPLE, "triple", ("uint32",)))
    buffer = device.allocate(4 * 1000)
    assert device.read(buffer, 0, 4000) == bytes(4000), "whatever a card's memory held before"
    words = np.arange(1000, dtype=np.uint32)
    device.write(buffer, 0, words.tobytes())
    told = device.launch(Launch(kernel, (buffer,), (3,), 1000, repeats=2))
    assert told.device_s is None or told.device_s >= 0
    right = words
    for _ in range(2):
        right = ((right << np.uint32(8)) | (right >> np.uint32(24))) * np.uint32(3)
    assert device.read(buffer, 400, 80) == right[100:120].tobytes()
    device.repeat(buffer, 12, 4000)
    assert device.read(buffer, 0, 4000) == (right[:3].tobytes() * 334)[:4000]
    with pytest.raises(DeviceError, match="has no CUDA form: it has float4"):
        device.compile(Source("opencl", "kernel void f(global float4 *a) {}", "f", ("float32",)))
    with pytest.raises(DeviceError, match="lie outside"):
        device.read(buffer, 3999, 2)
    opened_device.close()


def test_memory_of_the_card_stays_for_the_next_work_which_finds_zeros(tmp_path: Path) -> None:
    _, opened_device = opened(tmp_path)
    device = cast(Executes, opened_device)
    for _ in range(2):
        buffer = device.allocate(KEPT_FROM_BYTES)
        device.write(buffer, 0, b"begin")
        assert device.read(buffer, 0, KEPT_FROM_BYTES) == b"begin".ljust(KEPT_FROM_BYTES, b"\0")
        device.write(buffer, 0, b"\xff" * KEPT_FROM_BYTES)
        device.release()
    opened_device.close()


def test_a_roof_is_measured_with_cudas_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roof, "PATIENCE", 2)
    monkeypatch.setattr(streams, "ITEMS", {"gpu": 64})
    _, device = opened(tmp_path)
    device.prepare(Job((bytes(76),), 1))
    told = cast(HasRoof, device).roof()
    assert told is not None
    assert told.rate_per_s > 0
    device.close()


@pytest.mark.parametrize(
    ("function", "when"),
    [("cuLaunchKernelEx", "the"), ("cuMemAlloc_v2", "uploading"), ("cuLibraryLoadData", "loading")],
)
def test_what_the_driver_refuses_is_one_sentence(function: str, when: str, tmp_path: Path) -> None:
    _, device = opened(tmp_path)
    # The C library's own environment, which the fake reads; the process is this test's.
    ctypes.CDLL(None).setenv(b"FAKE_CUDA_FAILS", function.encode(), 1)
    with pytest.raises(DeviceError, match=rf"^cuda:0: {when}.* failed with OUT_OF_MEMORY; the device is out of memory"):
        device.prepare(Job((bytes(76),), 1))


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (200, "INVALID_IMAGE; update the driver, or install an older NVRTC"),
        (209, "NO_BINARY_FOR_GPU; update NVRTC, which does not know this card"),
        (222, "UNSUPPORTED_PTX_VERSION; update the driver, or install an older NVRTC"),
    ],
)
def test_code_that_the_driver_does_not_take_says_which_of_both_is_too_old(
    code: int, sentence: str, tmp_path: Path
) -> None:
    _, device = opened(tmp_path)
    ctypes.CDLL(None).setenv(b"FAKE_CUDA_FAILS", b"cuLibraryLoadData", 1)
    ctypes.CDLL(None).setenv(b"FAKE_CUDA_ERROR", str(code).encode(), 1)
    with pytest.raises(DeviceError, match=f"^cuda:0: loading the kernel failed with {sentence}") as caught:
        device.prepare(Job((bytes(76),), 1))
    assert len(str(caught.value)) <= 120


def test_a_card_that_the_compiler_does_not_know_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, opened_device = opened(tmp_path)

    def refuses(*_: object) -> None:
        raise CompilerRefused("nvrtc: error: invalid value for --gpu-architecture (-arch)")

    monkeypatch.setattr(cuda_device, "compile_cuda", refuses)
    monkeypatch.setattr(cuda_device, "architectures", lambda: ("sm_80",))
    with pytest.raises(DeviceError, match=r"^cuda:0: the installed NVRTC does not know sm_90; update"):
        opened_device.prepare(Job((bytes(76),), 1))


def test_a_kernel_that_is_none_for_cuda_is_refused_by_name(tmp_path: Path) -> None:
    install(tmp_path)
    (found,) = find()
    assert isinstance(found, Found)
    with pytest.raises(InputError, match=r"'x4-shift-shared-standard' has no CUDA form"):
        found.open(DeviceOptions(kernel="x4-shift-shared-standard"))
