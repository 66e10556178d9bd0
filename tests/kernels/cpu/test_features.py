"""What an AArch64 CPU can do is found although /proc/cpuinfo says nothing of it."""

from __future__ import annotations

import struct
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
