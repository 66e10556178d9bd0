"""What a processor is called, from files as systems write them."""

from __future__ import annotations

from pathlib import Path

import archspec.cpu
import pytest

from hashwatt.kernels.system import processor
from hashwatt.kernels.system.processor import cpu_name, cpu_vendor, has_hypervisor_flag

RASPBERRY = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n"
POWER = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\n"
XEON = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Some Xeon\nflags\t\t: fpu avx2 hypervisor\n"


def silent() -> str | None:
    return None


def written(folder: Path, text: str) -> Path:
    path = folder / "proc" / "cpuinfo"
    path.parent.mkdir()
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "name"),
    [(RASPBERRY, "Raspberry Pi 4 Model B Rev 1.4"), (POWER, "POWER9, altivec supported"), (XEON, "Some Xeon")],
    ids=["Arm", "POWER", "x86"],
)
def test_where_the_processor_says_no_name_the_system_s_files_do(
    text: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archspec.cpu, "brand_string", silent)
    assert cpu_name(written(tmp_path, text)) == name


def test_the_processor_s_own_name_comes_first_and_on_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(archspec.cpu, "brand_string", lambda: "  Fast  CPU\t@ 3 GHz ")
    assert cpu_name(written(tmp_path, XEON)) == "Fast CPU @ 3 GHz"


def test_a_system_that_forbids_asking_the_processor_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def forbidden() -> str:
        raise OSError("mmap: Operation not permitted")

    monkeypatch.setattr(archspec.cpu, "brand_string", forbidden)
    assert cpu_name(written(tmp_path, XEON)) == "Some Xeon"


def test_a_name_that_nobody_tells_is_unknown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(archspec.cpu, "brand_string", silent)
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr(processor, "run_sysctl", lambda name: None)
    assert cpu_name(tmp_path / "nothing") is None


def test_the_maker_is_named_also_where_only_a_number_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    assert cpu_vendor(written(tmp_path, RASPBERRY)) == "Arm"
    assert cpu_vendor(tmp_path / "nothing") == "unknown"


def test_a_hypervisor_is_a_flag_of_the_processor(tmp_path: Path) -> None:
    assert not has_hypervisor_flag(tmp_path)
    written(tmp_path, XEON)
    assert has_hypervisor_flag(tmp_path)
    (tmp_path / "proc" / "cpuinfo").write_text(XEON.replace(" hypervisor", " hypervisors"))
    assert not has_hypervisor_flag(tmp_path)


WINDOWS = {"ProcessorNameString": "  AMD EPYC 9354P 32-Core Processor\0 ", "VendorIdentifier": "AuthenticAMD"}


@pytest.mark.elsewhere
def test_windows_registry_names_the_processor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def told(key: str, name: str) -> str | None:
        return " ".join(WINDOWS[name].replace("\0", " ").split()) if "CentralProcessor" in key else None

    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr("platform.processor", lambda: "AMD64 Family 25 Model 17 Stepping 1, AuthenticAMD")
    monkeypatch.setattr(archspec.cpu, "brand_string", silent)
    monkeypatch.setattr(processor, "registry_text", told)
    assert cpu_name(tmp_path / "nothing") == "AMD EPYC 9354P 32-Core Processor"
    assert cpu_vendor(tmp_path / "nothing") == "AuthenticAMD"
    monkeypatch.setattr(processor, "registry_text", lambda key, name: None)
    assert cpu_name(tmp_path / "nothing") is None, "family and model are no name"


@pytest.mark.elsewhere
def test_the_registry_is_read_by_its_module_and_is_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext
    from types import SimpleNamespace

    from hashwatt.kernels.system.windows import registry

    asked: list[object] = []

    def opened(root: str, key: str) -> nullcontext[None]:
        asked.append((root, key))
        return nullcontext()

    fake = SimpleNamespace(
        HKEY_LOCAL_MACHINE="HKLM",
        OpenKey=opened,
        QueryValueEx=lambda place, name: ({"name": " Some\0 CPU ", "number": 7}[name], 1),
    )
    monkeypatch.setattr(registry, "import_module", lambda name: fake if name == "winreg" else None)
    assert registry.registry_text(registry.PROCESSOR, "name") == "Some CPU"
    assert registry.registry_text(registry.PROCESSOR, "number") is None
    assert asked[0] == ("HKLM", registry.PROCESSOR)
    monkeypatch.undo()
    if not hasattr(__import__("sys"), "winver"):
        assert registry.registry_text(registry.PROCESSOR, "name") is None


@pytest.mark.elsewhere
@pytest.mark.parametrize(("machine", "maker"), [("arm64", "Apple"), ("x86_64", "GenuineIntel")])
def test_a_macs_processor_has_a_maker(machine: str, maker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr(processor, "run_sysctl", {"machdep.cpu.vendor": "GenuineIntel"}.get)
    assert cpu_vendor() == maker
