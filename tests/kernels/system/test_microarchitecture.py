"""What the cores are called where features are hidden, files are foreign, or a library knows too little."""

from __future__ import annotations

import archspec.cpu
import llvmlite.binding
import pytest

from hashwatt.kernels.system.microarchitecture import (
    OTHERWISE_NAMED,
    UNNAMED,
    host_core,
    microarchitecture,
    named,
)


def be(
    monkeypatch: pytest.MonkeyPatch,
    archspec_name: str | None,
    llvm_name: str | None,
    vendor: str = "GenuineIntel",
    features: tuple[str, ...] | None = (),
) -> None:
    """Let archspec, LLVM and the system answer so; None: it fails."""

    def host() -> object:
        return archspec.cpu.TARGETS[archspec_name or "not a name"]

    def name() -> str:
        if llvm_name is None:
            raise RuntimeError("no name")
        return llvm_name

    monkeypatch.setattr(archspec.cpu, "host", host)

    def has() -> dict[str, bool]:
        if features is None:
            raise RuntimeError("no features")
        return {"avx2": True, "amx-tile": False} | dict.fromkeys(features, True)

    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_name", name)
    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_features", has)
    monkeypatch.setattr("hashwatt.kernels.system.microarchitecture.cpu_vendor", lambda: vendor)


@pytest.mark.parametrize(
    ("archspec_name", "llvm_name", "known"),
    [
        # Features are hidden: an AMD EPYC of family 25 model 1 without protection keys, Intel cores without AVX-512.
        ("zen2", "znver3", "zen3"),
        ("x86_64_v3", "znver4", "zen4"),
        ("broadwell", "icelake-server", "icelake"),
        ("haswell", "skylake-avx512", "skylake_avx512"),
        ("icelake", "emeraldrapids", "sapphirerapids"),
        # archspec has the core under another name, or the one before it.
        ("x86_64_v3", "znver1", "zen"),
        ("icelake", "graniterapids-d", "sapphirerapids"),
        ("skylake", "raptorlake", "alderlake"),
        ("skylake", "meteorlake", "alderlake"),
        ("arrowlake", "meteorlake", "arrowlake"),
        ("alderlake", "lunarlake", "arrowlake_s"),
        ("skylake_avx512", "tigerlake", "icelake"),
        ("m1", "apple-m4", "m4"),
        # It has no core of that line, and takes it for one of another.
        ("skylake", "sierraforest", None),
        ("westmere", "goldmont-plus", None),
        # LLVM does not know the newest core, or not so exactly.
        ("zen6", "znver5", "zen6"),
        ("cascadelake", "skylake-avx512", "cascadelake"),
        ("zen4", "x86-64", "zen4"),
        ("m2", "apple-m2", "m2"),
        # Under QEMU /proc/cpuinfo, which archspec reads, is another processor's.
        ("zen3", "haswell", "haswell"),
        ("neoverse_n1", "neoverse-n1", "neoverse_n1"),
        # No more is known than the instruction set, or nothing.
        ("x86_64_v4", "x86-64", None),
        ("x86_64_v4", "a-new-core", None),
        ("zen4", None, "zen4"),
        (None, "znver4", "zen4"),
        (None, None, None),
    ],
)
def test_the_family_names_the_core_and_features_only_where_they_tell_more(
    archspec_name: str | None, llvm_name: str | None, known: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    be(monkeypatch, archspec_name, llvm_name)
    assert microarchitecture() == known


@pytest.mark.parametrize(
    ("archspec_name", "llvm_name", "known"),
    [
        # A cloud's machine calls itself family 6 model 167 and has AMX, AVX512-FP16 and SERIALIZE.
        ("icelake", "rocketlake", "sapphirerapids"),
        ("skylake", "skylake-avx512", "sapphirerapids"),
        ("alderlake", "alderlake", "sapphirerapids"),
        ("westmere", "tremont", "sapphirerapids"),
        ("x86_64_v4", "a-new-core", "sapphirerapids"),
        # They have it.
        ("icelake", "sapphirerapids", "sapphirerapids"),
        ("sapphirerapids", "graniterapids", "sapphirerapids"),
    ],
)
def test_a_core_of_intel_s_with_amx_is_none_that_lacks_it(
    archspec_name: str, llvm_name: str, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    be(monkeypatch, archspec_name, llvm_name, features=("amx-tile",))
    assert microarchitecture() == known


@pytest.mark.parametrize(
    ("archspec_name", "llvm_name", "vendor", "features", "known"),
    [
        ("icelake", "rocketlake", "GenuineIntel", (), "icelake"),
        ("icelake", "rocketlake", "GenuineIntel", ("avx512bf16",), "icelake"),
        ("icelake", "rocketlake", "GenuineIntel", None, "icelake"),
        # Another maker's may come to have AMX some day, and is not Intel's for that.
        ("zen5", "znver5", "AuthenticAMD", ("amx-tile",), "zen5"),
        ("x86_64_v4", "znver9", "AuthenticAMD", ("amx-tile",), None),
        (None, None, "GenuineIntel", ("amx-tile",), None),
    ],
)
def test_other_features_and_other_makers_contradict_no_name(
    archspec_name: str | None,
    llvm_name: str | None,
    vendor: str,
    features: tuple[str, ...] | None,
    known: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be(monkeypatch, archspec_name, llvm_name, vendor, features)
    assert microarchitecture() == known


def test_a_name_that_llvm_gives_an_x86_core_is_one_of_archspec_s_or_known_to_be_none() -> None:
    """Of the families that a CPU of today can be: LLVM's X86TargetParser tells a core as one of these."""
    of_llvm = (
        "nehalem westmere sandybridge ivybridge haswell broadwell skylake skylake-avx512 cascadelake cooperlake "
        "cannonlake icelake-client icelake-server rocketlake tigerlake alderlake raptorlake meteorlake gracemont "
        "arrowlake arrowlake-s lunarlake pantherlake wildcatlake novalake sapphirerapids emeraldrapids graniterapids "
        "graniterapids-d diamondrapids bonnell silvermont goldmont goldmont-plus tremont sierraforest grandridge "
        "clearwaterforest knl knm core2 penryn amdfam10 btver1 btver2 bdver1 bdver2 bdver3 bdver4 "
        "znver1 znver2 znver3 znver4 znver5"
    )
    for name in of_llvm.split():
        ours = named(name)
        assert ours in archspec.cpu.TARGETS or ours in UNNAMED, name
    assert set(OTHERWISE_NAMED.values()) <= set(archspec.cpu.TARGETS)


def test_of_a_foreign_system_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hashwatt.kernels.system.microarchitecture.is_foreign_root", lambda: True)
    assert host_core() is None
    assert microarchitecture() is None
