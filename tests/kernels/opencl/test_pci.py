"""Where a card sits, from what its driver tells."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hashwatt.kernels.opencl.backend import pci_address


@pytest.mark.parametrize(
    ("domain", "bus", "slot", "address"),
    [
        # An H200 in a virtual machine by driver 580.159, which NVML has at 00000000:00:06.0.
        (0, 0, 6, "0000:00:06.0"),
        (0, 1, 0, "0000:01:00.0"),
        (1, 0xC1, 31, "0001:c1:1f.0"),
        # The device's number and the function's in one.
        (0, 0, 6 << 3, "0000:00:06.0"),
    ],
)
def test_nvidia_s_slot_is_the_number_of_the_device(domain: int, bus: int, slot: int, address: str) -> None:
    assert pci_address(SimpleNamespace(pci_domain_id_nv=domain, pci_bus_id_nv=bus, pci_slot_id_nv=slot)) == address


def test_amd_tells_it_in_a_structure_and_others_do_not() -> None:
    place = SimpleNamespace(bus=-61, device=0, function=1)
    assert pci_address(SimpleNamespace(topology_amd=place)) == "0000:c3:00.1"
    assert pci_address(SimpleNamespace()) is None
