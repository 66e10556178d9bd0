"""Intel's runtime is told what to compile for where its LLVM does not know the CPU, and nowhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Set
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hashwatt.kernels.device import DeviceInfo, DeviceOptions
from hashwatt.kernels.opencl import device as opencl_device
from hashwatt.kernels.opencl.device import OpenCLDevice
from hashwatt.kernels.opencl.runtimes.intel import TARGET, targeted
from hashwatt.kernels.opencl.runtimes.pocl import LIBRARIES

FEATURES = {name: needed for name, _, needed in LIBRARIES}
AVX512, AVX2, AVX, SSE4 = (FEATURES[name] for name in ("skylake-avx512", "haswell", "sandybridge", "penryn"))
INTEL, EMULATOR = "Intel(R) OpenCL", "Intel(R) FPGA Emulation Platform for OpenCL(TM)"


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    # Set first, so that what a test leaves is undone.
    monkeypatch.setenv(TARGET, "")
    del os.environ[TARGET]


def device(platform: str = INTEL) -> Any:
    return SimpleNamespace(platform=SimpleNamespace(name=platform), version="OpenCL 3.0 (Build 0)", driver_version="1")


def loaded(folder: Path, knows: bytes = b"\0znver3znver4\0", library: str = "libintelocl.so.2024.18") -> Path:
    """A process's list of what it has loaded, with a runtime whose compiler knows these CPUs."""
    path = folder / "with a blank" / library
    path.parent.mkdir()
    path.write_bytes(b"\x7fELF" + bytes(5000) + knows)
    maps = folder / "maps"
    maps.write_text(
        "7f0000000000-7f0000001000 r--p 00000000 08:01 1      /lib/libc.so.6\n"
        "7f0000002000-7f0000003000 rw-p 00000000 00:00 0\n"
        f"7f0000004000-7f0000005000 r-xp 00001000 08:01 2      {path}\n"
    )
    return maps


@pytest.mark.parametrize(
    ("cpu", "features", "name"),
    [
        ("znver5", AVX512, "skx"),
        ("znver5", AVX2, "core-avx2"),
        ("znver5", AVX | SSE4, "corei7-avx"),
        ("znver5", SSE4, None),
        ("znver5", frozenset(), None),
        ("generic", AVX512, "skx"),
        ("generic", AVX2 | {"avx512f"}, "core-avx2"),
        ("znver4", AVX512, None),
        ("znver3", AVX2, None),
    ],
)
def test_a_cpu_that_the_runtime_does_not_know_is_named_by_its_features(
    tmp_path: Path, cpu: str, features: Set[str], name: str | None
) -> None:
    assert targeted(device(), features, cpu, loaded(tmp_path)) == name
    assert os.environ.get(TARGET) == name


def test_a_device_that_is_opened_once_more_has_the_same_name(tmp_path: Path) -> None:
    maps = loaded(tmp_path)
    assert targeted(device(), AVX512, "znver5", maps) == "skx"
    assert targeted(device(), AVX512, "znver5", maps) == "skx"


def test_the_emulator_is_told_by_its_own_library(tmp_path: Path) -> None:
    maps = loaded(tmp_path, library="libintelocl_emu.so")
    assert targeted(device(INTEL), AVX512, "znver5", maps) is None
    assert targeted(device(EMULATOR), AVX512, "znver5", maps) == "skx"


@pytest.mark.parametrize(("stated", "told"), [("corei7", "corei7"), ("skx -cl-opt-disable", None), ("skx\n", None)])
def test_what_the_user_has_set_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stated: str, told: str | None
) -> None:
    monkeypatch.setenv(TARGET, stated)
    assert targeted(device(), AVX512, "znver5", loaded(tmp_path)) == told
    assert os.environ[TARGET] == stated


def test_another_runtime_is_left(tmp_path: Path) -> None:
    for platform in ("Portable Computing Language", "rusticl", "Intel(R) OpenCL Graphics"):
        assert targeted(device(platform), AVX512, "znver5", tmp_path / "maps") is None
    assert TARGET not in os.environ


def test_a_library_that_cannot_be_read_leaves_all_as_it_is(tmp_path: Path) -> None:
    assert targeted(device(), AVX512, "znver5", tmp_path / "no such file") is None
    maps = loaded(tmp_path)
    (library,) = tmp_path.glob("*/libintelocl*")
    library.write_bytes(b"")
    assert targeted(device(), AVX512, "znver5", maps) is None
    library.unlink()
    assert targeted(device(), AVX512, "znver5", maps) is None
    maps.write_text("")
    assert targeted(device(), AVX512, "generic", maps) is None
    assert TARGET not in os.environ


def test_a_device_is_told_before_its_context_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    def context(_devices: list[Any]) -> object:
        seen.append(os.environ.get(TARGET))
        return object()

    fake = SimpleNamespace(
        Context=context,
        CommandQueue=lambda *_, **__: object(),
        command_queue_properties=SimpleNamespace(PROFILING_ENABLE=1),
        Error=RuntimeError,
    )
    monkeypatch.setitem(sys.modules, "pyopencl", fake)
    monkeypatch.setattr("hashwatt.kernels.opencl.runtimes.intel.MAPS", loaded(tmp_path), raising=False)
    monkeypatch.setattr(opencl_device, "host_features", lambda: AVX512)
    monkeypatch.setattr(opencl_device, "llvm_cpu_name", lambda: "znver5", raising=False)
    runtime = device()
    runtime.max_compute_units = 2
    info = DeviceInfo(
        id="opencl:0",
        kind="cpu",
        name="AMD EPYC (Intel OpenCL)",
        vendor="Intel",
        backend="opencl",
        driver="Intel OpenCL 2024.18",
        compute_units=2,
    )
    opened = OpenCLDevice(info, runtime, DeviceOptions())
    assert seen == ["skx"], "it would compile for SSE2"
    # A race, and a kernel in a cache on disk, for another CPU are another's.
    assert opened._key().driver == "Intel OpenCL 2024.18, compiled for skx"
    opened.close()
