"""What hypervisors answer the CPUID instruction, and whose name that is."""

from __future__ import annotations

import struct

import pytest

from hashwatt.kernels.system import cpuid
from hashwatt.kernels.system.cpuid import SIGNATURES, hypervisor_by_cpuid, named

SILENT = (0, 0, 0)


def registers(text: bytes) -> tuple[int, int, int]:
    """EBX, ECX and EDX, as signed numbers where a C library gives them so."""
    ebx, ecx, edx = struct.unpack("<3i", text.ljust(12, b"\0"))
    return ebx, ecx, edx


@pytest.mark.parametrize(
    ("answers", "name"),
    [
        ([b"KVMKVMKVM"], "KVM"),
        ([b"Microsoft Hv"], "Hyper-V"),
        ([b"VMwareVMware"], "VMware"),
        ([b"XenVMMXenVMM"], "Xen"),
        ([b"TCGTCGTCGTCG"], "QEMU without KVM"),
        # KVM and Xen that imitate Hyper-V for the sake of a Windows guest.
        ([b"Microsoft Hv", b"KVMKVMKVM"], "KVM"),
        ([b"Microsoft Hv", b"XenVMMXenVMM"], "Xen"),
        ([b"SomethingNew"], None),
        ([b""], None),
        ([b"\xff" * 12], None),
    ],
)
def test_a_hypervisor_is_known_by_its_answer(answers: list[bytes], name: str | None) -> None:
    padded = [registers(answer) for answer in answers] + [SILENT] * (3 - len(answers))
    assert named(padded) == name


def test_every_known_answer_fits_the_registers() -> None:
    for text, name in SIGNATURES.items():
        assert len(text) <= 12
        assert named([registers(text)]) == name


def test_a_system_that_forbids_the_instruction_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden:
        def __init__(self) -> None:
            raise OSError("mmap: Operation not permitted")

    monkeypatch.setattr("archspec.vendor.cpuid.cpuid.CPUID", Forbidden)
    assert hypervisor_by_cpuid() is None


@pytest.mark.elsewhere
@pytest.mark.parametrize("machine", ["aarch64", "ARM64", "arm64"])
def test_a_processor_without_the_instruction_is_not_asked(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("archspec.vendor.cpuid.cpuid.CPUID", lambda: asked.append(machine))
    assert hypervisor_by_cpuid() is None
    assert asked == []


def test_another_machine_s_tree_is_not_answered_by_this_processor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("HASHWATT_ROOT", str(tmp_path))
    monkeypatch.setattr(cpuid, "named", lambda _: "KVM")
    assert hypervisor_by_cpuid() is None
