"""A CPU that NumPy's wheel does not run on is told so in one sentence, before the import would end the process."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys

import pytest

from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.system import baseline

# CPUID leaf 1's and leaf 0x80000001's ECX and leaf 7's EBX, as QEMU's models of these CPUs give them.
ATHLON_64 = {0x1: {"ecx": 0x00002001}, 0x7: {"ebx": 0}, 0x80000001: {"ecx": 0x1}}
PENRYN = {0x1: {"ecx": 0x00082201}, 0x7: {"ebx": 0}, 0x80000001: {"ecx": 0x1}}
NEHALEM = {0x1: {"ecx": 0x00982201}, 0x7: {"ebx": 0}, 0x80000001: {"ecx": 0x1}}
HASWELL = {0x1: {"ecx": 0xF6FA3203}, 0x7: {"ebx": 0x7AB}, 0x80000001: {"ecx": 0x21}}


@pytest.fixture(autouse=True)
def numpy_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    monkeypatch.setattr(baseline, "numpy_version", lambda: (2, 4, 6))


def test_a_cpu_below_v2_is_named_with_what_it_lacks_and_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "cpuid", lambda: ATHLON_64)
    with pytest.raises(DeviceError) as raised:
        baseline.require_numpy_to_load()
    assert str(raised.value) == (
        "NumPy 2.4.6 cannot run on this CPU (no ssse3, sse4.1, sse4.2, popcnt); "
        "an older one can: pip install 'numpy<2.4'"
    )


def test_a_cpu_that_lacks_only_the_last_of_v2_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "cpuid", lambda: PENRYN)
    with pytest.raises(DeviceError, match=r"no sse4.2, popcnt"):
        baseline.require_numpy_to_load()


@pytest.mark.parametrize("registers", [NEHALEM, HASWELL, None], ids=["nehalem", "haswell", "not asked"])
def test_every_other_cpu_goes_on(registers: baseline.Registers | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "cpuid", lambda: registers)
    baseline.require_numpy_to_load()


def test_an_older_numpy_may_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "cpuid", lambda: ATHLON_64)
    monkeypatch.setattr(baseline, "numpy_version", lambda: (2, 3, 5))
    baseline.require_numpy_to_load()


@pytest.mark.parametrize(("registers", "stays"), [(NEHALEM, False), (HASWELL, True)], ids=["nehalem", "haswell"])
def test_a_core_that_is_stated_for_openblas_counts_only_where_it_can(
    registers: baseline.Registers, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setattr(baseline, "cpuid", lambda: registers)
    baseline.require_numpy_to_load()
    assert ("OPENBLAS_CORETYPE" in os.environ) is stays


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="CPUID is x86's")
def test_this_cpu_tells_what_it_has() -> None:
    registers = baseline.cpuid()
    # Whoever runs these tests has loaded NumPy.
    assert registers is None or baseline.lacking(registers, {"cx16": baseline.V2["cx16"]}) == []


@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="qemu-user is not installed")
@pytest.mark.skipif(baseline.numpy_version() < baseline.FIRST_NUMPY_OF_V2, reason="this NumPy runs on any x86-64")
@pytest.mark.parametrize("arguments", [["run"], ["scan", "--header", "00" * 80, "--zero-bits", "8"], ["devices"]])
def test_the_command_line_ends_with_the_sentence_on_such_a_cpu(arguments: list[str]) -> None:
    command = ["qemu-x86_64", "-cpu", "core2duo", sys.executable, "-m", "hashwatt", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("hashwatt: NumPy ")
    assert ended.stderr.count("\n") == 1
