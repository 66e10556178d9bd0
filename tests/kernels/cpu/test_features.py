"""What an AArch64 CPU can do is found although /proc/cpuinfo says nothing of it."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import pytest

from hashwatt.kernels.cpu import variants
from hashwatt.kernels.cpu.cores import features

AT_PAGESZ, AT_HWCAP, AT_NULL = 6, 16, 0
FP, ASIMD, AES, SHA1, SHA2 = 1 << 0, 1 << 1, 1 << 3, 1 << 5, 1 << 6


def vector(folder: Path, capabilities: int) -> Path:
    path = folder / "auxv"
    path.write_bytes(struct.pack("<6Q", AT_PAGESZ, 4096, AT_HWCAP, capabilities, AT_NULL, 0))
    return path


def test_sha_instructions_are_found_where_the_kernel_names_them(tmp_path: Path) -> None:
    assert features.linux_aarch64_features(vector(tmp_path, FP | ASIMD | SHA1 | SHA2)) == {"fp-armv8", "neon", "sha2"}
    assert features.linux_aarch64_features(vector(tmp_path, FP | ASIMD | SHA1)) == {"fp-armv8", "neon"}


@pytest.mark.parametrize("content", [None, b"", b"\x00" * 5, b"\xff" * 37])
def test_neon_is_there_whatever_the_system_tells(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "auxv"
    if content is not None:
        path.write_bytes(content)
    assert features.linux_aarch64_features(path) == {"fp-armv8", "neon"}


@pytest.mark.parametrize("answer", ["error", "nothing", "x86"])
def test_an_aarch64_whose_cpuinfo_is_foreign_races_neon_and_the_sha_instructions(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> dict[str, bool]:
        if answer == "error":
            raise RuntimeError("no features")
        return {"avx2": False} if answer == "x86" else {}

    monkeypatch.setattr(llvm, "get_host_cpu_features", told)
    monkeypatch.setattr(features, "host_architecture", lambda: "aarch64")
    monkeypatch.setattr(variants, "host_architecture", lambda: "aarch64")
    monkeypatch.setattr(features, "AUXILIARY_VECTOR", vector(tmp_path, FP | ASIMD | SHA2))
    features.host_features.cache_clear()
    try:
        runnable = {variant.name for variant in variants.variants(rolled=False) if variant.missing() is None}
    finally:
        features.host_features.cache_clear()
    assert runnable == {"scalar-x1", "neon-x4", "sha2-x2", "sha2-x3", "sha2-x4"}


APPLE_M1 = {"hw.optional.arm.FEAT_SHA256": "1", "hw.optional.armv8_2_sha512": "1"}
ARM_KERNELS = {"scalar-x1", "neon-x4", "sha2-x2", "sha2-x3", "sha2-x4"}


@pytest.mark.elsewhere
@pytest.mark.parametrize(
    ("told", "sha2"),
    [
        (APPLE_M1, True),
        ({"hw.optional.armv8_2_sha512": "1"}, True),
        ({"hw.optional.arm.FEAT_SHA256": "0", "hw.optional.armv8_2_sha512": "1"}, False),
        ({}, False),
    ],
    ids=["macOS 12 and later", "macOS 11", "without", "nothing known"],
)
def test_apple_silicon_races_what_sysctl_names(
    told: dict[str, str], sha2: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr(features, "run_sysctl", told.get)
    assert runnable(monkeypatch) == (ARM_KERNELS if sha2 else {"scalar-x1", "neon-x4"})


@pytest.mark.elsewhere
@pytest.mark.parametrize("has", [True, False])
def test_windows_on_arm_races_what_windows_names(has: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # winnt.h: PF_ARM_V8_CRYPTO_INSTRUCTIONS_AVAILABLE is 30.
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr("hashwatt.kernels.system.windows.processors.has_feature", lambda number: has and number == 30)
    assert runnable(monkeypatch) == (ARM_KERNELS if has else {"scalar-x1", "neon-x4"})


def runnable(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The kernels that an AArch64 CPU can run of which LLVM finds nothing."""
    monkeypatch.setattr(llvm, "get_host_cpu_features", dict)
    monkeypatch.setattr(features, "host_architecture", lambda: "aarch64")
    monkeypatch.setattr(variants, "host_architecture", lambda: "aarch64")
    features.host_features.cache_clear()
    try:
        return {variant.name for variant in variants.variants(rolled=False) if variant.missing() is None}
    finally:
        features.host_features.cache_clear()


def test_devices_other_than_the_cpu_do_without_llvm() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('numba', 'llvmlite', 'llvmlite.binding')))\n"
        "from hashwatt.kernels.cpu.jit import generator_hash\n"
        "from hashwatt.kernels.machines import host_machine\n"
        "from hashwatt.kernels.opencl.roof import host_features\n"
        "host_machine(), print(len(generator_hash()), len(host_features()))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.stdout.split()[:1] == ["64"], told.stderr
