"""The CUDA backend against the conformance suite, on a fake driver that runs the same CUDA source on the CPU.

NVIDIA's cuda-core is the real one, and so is every line of ours; only the driver's library and the compiler are not
(see `fake_card`). Nothing here was ever launched on a card.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.kernels.cuda.backend import find
from hashwatt.kernels.device import DeviceOptions, Found, Scans, scanning
from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.headers.target import target_from_zero_bits
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
