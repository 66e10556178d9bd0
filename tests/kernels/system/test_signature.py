"""The numbers that tell processors of one name apart, from files as systems write them."""

from __future__ import annotations

import os
from pathlib import Path

import archspec.cpu
import pytest

from hashwatt.kernels.system import signature
from hashwatt.kernels.system.signature import cpu_signature, cpu_title

XEON = "processor\t: {cpu}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: {model}\nmodel name\t: Intel(R) Xeon(R) CPU @ 2.20GHz\nstepping\t: {stepping}\n\n"  # noqa: E501
ARM = "processor\t: {cpu}\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x{variant}\nCPU part\t: {part}\nCPU revision\t: {revision}\n\n"  # noqa: E501
OLD_ARM = "Processor\t: ARMv7\nprocessor\t: 0\n\nprocessor\t: 1\n\nFeatures\t: neon\nCPU implementer\t: 0x51\nCPU variant\t: 0x2\nCPU part\t: 0x06f\nCPU revision\t: 0\n"  # noqa: E501
POWER = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 3800.0MHz\nrevision\t: 2.2 (pvr 004e 1202)\n"
RISCV = "processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\nmvendorid\t: 0x489\nmarchid\t\t: 0x8000000000000007\nmimpid\t\t: 0x20181004\n"  # noqa: E501


def arm(*cores: tuple[str, int, int]) -> str:
    return "".join(
        ARM.format(cpu=cpu, part=part, variant=variant, revision=revision)
        for cpu, (part, variant, revision) in enumerate(cores)
    )


def written(folder: Path, text: str) -> Path:
    path = folder / "cpuinfo"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (XEON.format(cpu=0, model=85, stepping=7), "GenuineIntel family 6 model 85 stepping 7"),
        (XEON.format(cpu=0, model=106, stepping=6), "GenuineIntel family 6 model 106 stepping 6"),
        (arm(("0xd0c", 3, 1)), "Arm part 0xd0c r3p1"),
        (arm(("0xd40", 1, 1)) * 2, "Arm part 0xd40 r1p1"),
        (arm(("0xd05", 1, 0), ("0xd0b", 1, 1), ("0xd05", 1, 0)), "Arm part 0xd05 r1p0 + Arm part 0xd0b r1p1"),
        (arm(("0x662", 1, 1)).replace("0x41", "0x99"), "implementer 0x99 part 0x662 r1p1"),
        (arm(("0xac3", 3, 0)).replace("0x41", "0xc0"), "Ampere part 0xac3 r3p0"),
        (OLD_ARM, "Qualcomm part 0x06f r2p0"),
        (POWER, "revision 2.2 (pvr 004e 1202)"),
        (RISCV, "mvendorid 0x489, marchid 0x8000000000000007, mimpid 0x20181004"),
    ],
    ids=["Cascade Lake", "Ice Lake", "Graviton2", "Graviton3", "big.LITTLE", "unknown maker", "Ampere", "old Arm",
         "POWER", "RISC-V"],
)  # fmt: skip
def test_each_kind_of_core_is_told_by_its_numbers(text: str, told: str, tmp_path: Path) -> None:
    assert cpu_signature(written(tmp_path, text)) == told


@pytest.mark.parametrize("text", ["", "\n\n", "processor: 0\n", "CPU part: x\nCPU implementer: y\n", "model: 7\n" * 9])
def test_where_no_number_is_told_there_is_none(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "names_in", lambda _: [])
    monkeypatch.setattr(signature, "_from_other_systems", list)
    assert cpu_signature(written(tmp_path, text)) is None
    assert cpu_signature(tmp_path / "nothing") is None


def test_a_file_cut_off_in_the_middle_of_a_core_tells_of_the_whole_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = arm(*[("0xd40", 1, 1)] * 3)
    monkeypatch.setattr(signature, "CPUINFO_BYTES", len(whole) - 20)
    assert cpu_signature(written(tmp_path, whole)) == "Arm part 0xd40 r1p1"


@pytest.mark.skipif(os.name == "nt", reason="no such tree there")
def test_where_cpuinfo_says_nothing_the_register_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for cpu, midr in enumerate(("0x00000000413fd0c1", "0x00000000413fd0c1")):
        place = tmp_path / f"sys/devices/system/cpu/cpu{cpu}/regs/identification"
        place.mkdir(parents=True)
        (place / "midr_el1").write_text(f"{midr}\n")
    (tmp_path / "sys/devices/system/cpu/cpufreq").mkdir()
    (tmp_path / "proc").mkdir()
    monkeypatch.setenv("HASHWATT_ROOT", str(tmp_path))
    assert cpu_signature() == "Arm part 0xd0c r3p1"


@pytest.mark.parametrize("sysctl", [{"hw.cpufamily": "0x1b588bb3"}])
def test_other_systems_are_asked_in_their_own_way(
    sysctl: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature, "names_in", lambda _: [])
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(signature, "run_sysctl", sysctl.get)
    assert cpu_signature(tmp_path / "nothing") == "cpufamily 0x1b588bb3"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("platform.processor", lambda: "Intel64 Family 6 Model 85 Stepping 4, GenuineIntel")
    assert cpu_signature(tmp_path / "nothing") == "GenuineIntel family 6 model 85 stepping 4"


def test_graviton_2_and_3_have_two_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archspec.cpu, "brand_string", lambda: None)
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    names = []
    for known, part in (("neoverse_n1", "0xd0c"), ("neoverse_v1", "0xd40")):
        monkeypatch.setattr(signature, "microarchitecture", lambda known=known: known)
        names.append(cpu_title(written(tmp_path, arm((part, 1, 1)))))
    assert names == ["aarch64 (neoverse_n1, Arm part 0xd0c r1p1)", "aarch64 (neoverse_v1, Arm part 0xd40 r1p1)"]


def test_two_generations_sold_under_one_name_have_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archspec.cpu, "brand_string", lambda: "Intel(R) Xeon(R) CPU @ 2.20GHz")
    monkeypatch.setattr(signature, "microarchitecture", lambda: None)
    titles = {cpu_title(written(tmp_path, XEON.format(cpu=0, model=model, stepping=4))) for model in (79, 85)}
    assert len(titles) == 2
    assert all(title.startswith("Intel(R) Xeon(R) CPU @ 2.20GHz (family 6 model ") for title in titles)
