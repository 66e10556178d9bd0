"""Hypervisors and containers by their names, from what systems show of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hashwatt.bench.machine import containers, virtualisation
from hashwatt.bench.machine.containers import container_name, in_first_namespaces
from hashwatt.bench.machine.virtualisation import hypervisor_name
from hashwatt.kernels.system.processor import has_hypervisor_flag

VENDOR, PRODUCT = "/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name"
CLOCKS = virtualisation.CLOCKS


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")


class TestHypervisor:
    """By CPUID, else by Linux' files, and in brackets whose machine it says to be."""

    def name(
        self, monkeypatch: pytest.MonkeyPatch, content: dict[str, str], flag: bool = False, cpuid: str | None = None
    ) -> str | None:
        monkeypatch.setattr(virtualisation, "has_hypervisor_flag", lambda: flag)
        monkeypatch.setattr(virtualisation, "hypervisor_by_cpuid", lambda: cpuid)
        monkeypatch.setattr(virtualisation, "read_line", content.get)
        return hypervisor_name()

    @pytest.mark.parametrize(
        ("content", "name"),
        [
            ({VENDOR: "QEMU"}, "QEMU"),
            ({VENDOR: "Amazon EC2", PRODUCT: "c5.large"}, "Amazon EC2"),
            ({VENDOR: "Amazon EC2", PRODUCT: "c5.metal"}, None),
            ({PRODUCT: "VMware Virtual Platform"}, "VMware"),
            ({"/sys/hypervisor/type": "xen"}, "Xen"),
            ({"/proc/version": "Linux version 5.15 (Microsoft@Microsoft.com)"}, "WSL"),
            ({VENDOR: "LENOVO"}, None),
            ({}, None),
            # Clocks of hypervisors are offered to guests alone; without the processor's word they are no proof.
            ({CLOCKS: "tsc hpet kvm-clock"}, None),
        ],
    )
    def test_from_files_alone(self, content: dict[str, str], name: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.name(monkeypatch, content) == name

    @pytest.mark.parametrize(
        ("content", "cpuid", "name"),
        [
            ({}, "KVM", "KVM"),
            ({VENDOR: "QEMU"}, "KVM", "KVM (QEMU)"),
            ({VENDOR: "Amazon EC2", PRODUCT: "m7i.large"}, "KVM", "KVM (Amazon EC2)"),
            ({VENDOR: "Microsoft Corporation", PRODUCT: "Virtual Machine"}, "Hyper-V", "Hyper-V"),
            ({PRODUCT: "VMware7,1"}, "VMware", "VMware"),
            ({CLOCKS: "tsc kvm-clock"}, None, "KVM"),
            ({CLOCKS: "hyperv_clocksource_tsc_page acpi_pm"}, None, "Hyper-V"),
            ({CLOCKS: "xen tsc"}, None, "Xen"),
            ({VENDOR: "Google", PRODUCT: "Google Compute Engine", CLOCKS: "kvm-clock"}, None,
             "KVM (Google Compute Engine)"),
            ({}, None, "unknown hypervisor"),
        ],
    )  # fmt: skip
    def test_where_the_processor_says_there_is_one(
        self, content: dict[str, str], cpuid: str | None, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.name(monkeypatch, content, flag=True, cpuid=cpuid) == name

    def test_a_bare_processor_is_not_asked_what_it_would_answer_with_nonsense(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.name(monkeypatch, {}, flag=False, cpuid="KVM") is None

    def test_another_machine_s_tree_tells_its_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HASHWATT_ROOT", str(tmp_path))
        clocks = tmp_path / CLOCKS.removeprefix("/")
        clocks.parent.mkdir(parents=True)
        clocks.write_text("hyperv_clocksource_tsc_page\n")
        (tmp_path / "proc").mkdir()
        (tmp_path / "proc/cpuinfo").write_text("processor : 0\nflags : fpu hypervisor\n")
        assert hypervisor_name() == "Hyper-V"

    def test_this_machine_s_has_a_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        if not has_hypervisor_flag():
            pytest.skip("no hypervisor here")
        assert hypervisor_name() not in (None, "unknown hypervisor")


@pytest.mark.skipif(os.name == "nt", reason="links as POSIX has them")
class TestContainer:
    """By what starts it, unless nothing is apart from the system."""

    @pytest.fixture(autouse=True)
    def apart(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(containers, "in_first_namespaces", lambda: False)
        monkeypatch.setattr(containers, "Path", lambda name: tmp_path / name.lstrip("/"))
        monkeypatch.setattr(containers, "read_line", lambda _: None)
        monkeypatch.setattr(containers, "read_text", lambda *_: "0::/")
        for name in ("container", "KUBERNETES_SERVICE_HOST"):
            monkeypatch.delenv(name, raising=False)
        self.root, self.patch = tmp_path, monkeypatch

    def test_docker_and_podman_leave_a_file(self) -> None:
        (self.root / ".dockerenv").touch()
        assert container_name() == "Docker"
        (self.root / ".dockerenv").unlink()
        (self.root / "run").mkdir()
        (self.root / "run/.containerenv").touch()
        assert container_name() == "Podman"

    def test_a_file_left_behind_in_a_whole_machine_makes_no_container(self) -> None:
        """A virtual machine that was made from an image of Docker's."""
        (self.root / ".dockerenv").touch()
        self.patch.setattr(containers, "in_first_namespaces", lambda: True)
        assert container_name() is None

    def test_a_cluster_goes_before_what_makes_its_containers(self) -> None:
        (self.root / ".dockerenv").touch()
        self.patch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
        assert container_name() == "Kubernetes"

    @pytest.mark.parametrize(
        ("declared", "name"),
        [("podman", "Podman"), ("lxc", "LXC"), ("systemd-nspawn", "systemd-nspawn"), ("new\x1bone", "new one")],
    )
    def test_what_declares_itself_is_called_as_it_calls_itself(self, declared: str, name: str) -> None:
        self.patch.setenv("container", declared)
        assert container_name() == name
        self.patch.delenv("container")
        self.patch.setattr(containers, "read_line", lambda path: declared if "systemd" in path else None)
        assert container_name() == name

    @pytest.mark.parametrize(
        ("groups", "name"),
        [
            ("0::/docker/0123", "Docker"),
            ("1:cpu:/kubepods/pod1/docker-2.scope", "Kubernetes"),
            ("0::/machine.slice/libpod-1.scope", "Podman"),
            ("0::/lxc.payload.x", "LXC"),
            ("0::/user.slice", None),
        ],
    )
    def test_groups_tell_the_rest(self, groups: str, name: str | None) -> None:
        self.patch.setattr(containers, "read_text", lambda *_: groups)
        assert container_name() == name

    def test_the_first_namespaces_are_known_by_their_numbers(self) -> None:
        for name, first in containers.FIRST_NAMESPACES.items():
            (self.root / name).symlink_to(first)
        self.patch.undo()
        assert in_first_namespaces(self.root)
        (self.root / "pid").unlink()
        (self.root / "pid").symlink_to("pid:[4026532200]")
        assert not in_first_namespaces(self.root)
        assert not in_first_namespaces(self.root / "nowhere")
