"""Intel's FPGA emulation device runs the pipeline that FPGA compilers want, and is not taken for an FPGA."""

from __future__ import annotations

import pytest

from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.setting import Tuning

from ..conformance import assert_as_hashlib
from ..headers import random_prefixes
from .devices import device_named, open_device


@pytest.mark.parametrize("width", [1, 16])
@pytest.mark.parametrize("prefixes", [1, 3])
def test_the_emulator_runs_the_pipeline(width: int, prefixes: int) -> None:
    device = open_device(device_named("FPGA emulator"), f"pipeline-x{width}-shift-xor-standard")
    try:
        job = Job(roll_versions(random_prefixes(1, seed=31)[0], prefixes), target_from_zero_bits(5))
        assert_as_hashlib(device, job, range(12_345, 12_345 + 2_001))
    finally:
        device.close()


def test_the_pipeline_is_raced_against_work_items_on_an_accelerator() -> None:
    device = open_device(device_named("FPGA emulator"))
    try:
        kernel = device.prepare(Job(tuple(random_prefixes(1, seed=32)), target=1))
    finally:
        device.close()
    forms = {candidate.name.startswith("opencl-pipeline") for candidate in kernel.candidates if candidate.hashrate_hs}
    assert forms == {True, False}


def test_the_emulators_name_says_what_its_hashrate_is_not() -> None:
    assert "not an FPGA's speed" in device_named("FPGA emulator").info.name


def test_a_pipeline_is_one_work_item_whatever_the_range() -> None:
    tuning = Tuning(Variant(4, form="pipeline"), vectors_per_item=64, local_size=4)
    assert tuning.shape(1) == tuning.shape(1_000_000) == (1, 1)
