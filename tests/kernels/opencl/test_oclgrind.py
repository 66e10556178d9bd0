"""The kernels under Oclgrind, which watches every access: no race, nothing out of bounds, nothing read unwritten."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hashwatt.kernels.opencl.codegen.pipes import SHARES

from .devices import device_named

# Oclgrind's watch for unwritten values crashes on vectors.
CASES = [
    ("x1-rotate-xor-standard-rot15", ["OCLGRIND_DATA_RACES", "OCLGRIND_UNINITIALIZED"]),
    ("x2-rotate-shared-scheduled", ["OCLGRIND_DATA_RACES"]),
    ("pipeline-x4-rotate-xor-standard", ["OCLGRIND_DATA_RACES"]),
]
# The others of the axis move fewer of the same operations; each takes a dozen seconds.
OTHERS = [
    "x1-rotate-select-standard",
    *(f"x1-rotate-xor-standard-{pipes}" for pipes in SHARES if pipes not in ("none", "rot15")),
]
SCAN = """
import sys
from tests.kernels.opencl.devices import device_named, open_device
from tests.kernels.conformance import assert_as_hashlib
from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.headers.target import target_from_zero_bits
device = open_device(device_named("Oclgrind"), sys.argv[1])
for prefixes in (1, 3):
    job = Job(roll_versions(bytes(range(76)), prefixes), target_from_zero_bits(3))
    assert_as_hashlib(device, job, range(4_294_967_000, 4_294_967_000 + 131))
print("as hashlib")
"""


@pytest.mark.parametrize(("kernel", "watches"), CASES, ids=[kernel for kernel, _ in CASES])
def test_a_kernel_runs_clean(kernel: str, watches: list[str], tmp_path: Path) -> None:
    assert_runs_clean(kernel, watches, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", OTHERS)
def test_others_of_one_nonce_a_work_item_run_clean(kernel: str, tmp_path: Path) -> None:
    assert_runs_clean(kernel, ["OCLGRIND_DATA_RACES", "OCLGRIND_UNINITIALIZED"], tmp_path)


def assert_runs_clean(kernel: str, watches: list[str], tmp_path: Path) -> None:
    device_named("Oclgrind")
    log = tmp_path / "log"
    environment = {**os.environ, **dict.fromkeys(watches, "1"), "OCLGRIND_LOG": str(log)}
    done = subprocess.run(
        [sys.executable, "-c", SCAN, kernel],
        env=environment,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout == "as hashlib\n", done.stderr
    assert not log.exists() or log.read_text() == ""
