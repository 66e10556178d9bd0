from __future__ import annotations

from dataclasses import replace

import pytest

from hashwatt.bench.energy.joules.coverage import SLICE, attribute, pci_address
from hashwatt.bench.energy.meter import Coverage, MeterInfo, Scope
from hashwatt.kernels.device import DeviceInfo, Kind

from ..readings import PLAIN

CARD = Coverage("graphics card", "NVIDIA GeForce RTX 4090", "00000000:01:00.0")


def device(kind: Kind, name: str = "a device", pci: str | None = None) -> DeviceInfo:
    return DeviceInfo("opencl:0", kind, name, "vendor", "opencl", "1", pci_address=pci)


def meter(coverage: Coverage, scope: Scope | None = "package") -> MeterInfo:
    return replace(PLAIN, coverage=coverage, scope=scope)


@pytest.mark.parametrize(
    ("coverage", "scope", "subject", "covers"),
    [
        (Coverage("processor"), "package", device("cpu"), "the device"),
        (Coverage("processor"), "package", device("gpu"), "not the device"),
        (Coverage("processor"), "package", replace(device("accelerator"), runs_on_host_cpu=True), "the device"),
        (Coverage("processor"), "part", device("cpu"), "not the device"),
        (Coverage("machine"), "memory", device("cpu"), "not the device"),
        (Coverage("machine"), "wall", device("cpu"), "the device and more"),
        (Coverage("machine"), "system", device("gpu"), "the device and more"),
        (Coverage("named by hand"), None, device("gpu"), "the device and more"),
        (Coverage("unknown"), None, device("gpu"), "unknown"),
        (Coverage("unknown"), "package", device("cpu"), "unknown"),
        (CARD, "board", device("accelerator", "NVIDIA GeForce RTX 4090", "0000:01:00.0"), "the device"),
        (CARD, "board", replace(device("accelerator"), runs_on_host_cpu=True), "not the device"),
        (CARD, "board", device("gpu", "NVIDIA GeForce RTX 4090"), "the device"),
        (CARD, "board", device("gpu", "AMD Radeon"), "not the device"),
        (CARD, "board", device("gpu", f"NVIDIA GeForce RTX 4090 {SLICE}"), "unknown"),
        (CARD, "board", device("gpu", "NVIDIA GeForce RTX 4090", "0000:01:00.0"), "the device"),
        (CARD, "board", device("gpu", "NVIDIA GeForce RTX 4090", "0000:02:00.0"), "not the device"),
        (CARD, "board", device("cpu"), "not the device"),
        (Coverage("graphics card", None, "0000:03:00.0"), "chip", device("gpu"), "unknown"),
    ],
)
def test_a_figure_is_related_to_the_device(
    coverage: Coverage, scope: Scope | None, subject: DeviceInfo, covers: str
) -> None:
    assert attribute(meter(coverage, scope), subject).covers == covers


def test_the_sentence_names_the_device_and_the_scope() -> None:
    sentence = attribute(meter(Coverage("machine"), "wall"), device("cpu")).sentence
    assert "opencl:0" in sentence
    assert "socket" in sentence


def test_what_runs_on_the_host_or_is_no_card_is_no_card_whatever_it_is_called() -> None:
    named = meter(replace(CARD, pci=None), "board")
    assert attribute(named, device("gpu", "NVIDIA GeForce RTX 4090")).covers == "the device"
    assert attribute(named, device("fpga", "NVIDIA GeForce RTX 4090")).covers == "not the device"
    runtime = replace(device("accelerator", "NVIDIA GeForce RTX 4090"), runs_on_host_cpu=True)
    assert attribute(named, runtime).covers == "not the device"


def test_either_name_may_be_the_longer_one() -> None:
    named = meter(replace(CARD, pci=None), "board")
    assert attribute(named, device("gpu", "GeForce RTX 4090")).covers == "the device"
    assert attribute(named, device("gpu", "NVIDIA GeForce RTX 4090 (rev a1)")).covers == "the device"


def test_an_address_needs_domain_bus_and_device() -> None:
    assert pci_address("00000000:01:00.0") == pci_address(" 0000:01:00.0") == "0:01:00.0"
    assert pci_address("01:00.0") == pci_address("0:0:1:0") == pci_address("") == ""


def test_a_sensor_that_nobody_has_looked_up_says_so_and_another_names_its_scope() -> None:
    assert "nobody has looked up" in attribute(meter(Coverage("unknown")), device("cpu")).sentence
    unnamed = attribute(meter(Coverage("graphics card", None), "board"), device("gpu")).sentence
    assert "is unknown from their names: a whole card" in unnamed


def test_a_processor_s_figure_with_its_graphics_counts_more_than_the_graphics() -> None:
    both = Coverage("processor with graphics", name=CARD.name)
    graphics = device("gpu", "NVIDIA GeForce RTX 4090")
    assert attribute(meter(both), graphics).covers == "the device and more"
    assert attribute(meter(both), device("gpu", "AMD Radeon")).covers == "not the device"
    assert attribute(meter(both), device("cpu")).covers == "the device and more"
    assert attribute(meter(replace(both, subject="graphics card"), "board"), graphics).covers == "the device"
    assert attribute(meter(replace(both, subject="sliced graphics card"), "board"), graphics).covers == (
        "the device and more"
    )
