"""Whose joules a meter counts, seen from one device: its own, its own and others', or not its own at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ....kernels.device import DeviceInfo
from ..meter import SCOPES, Coverage, MeterInfo

# In the name that NVIDIA's driver gives a slice of a card: "NVIDIA A100-SXM4-40GB MIG 1g.5gb".
SLICE = " MIG "

Covers = Literal["the device", "the device and more", "not the device", "unknown"]


@dataclass(frozen=True)
class Attribution:
    """How a meter's figure relates to a device, and a sentence that says so."""

    covers: Covers
    sentence: str


def attribute(info: MeterInfo, device: DeviceInfo) -> Attribution:
    """How the meter's figure relates to the device."""
    scope = "a scope that nobody has stated" if info.scope is None else SCOPES[info.scope]
    covers = relation(info.coverage, info, device)
    words = {
        "the device": f"counts what {device.id} runs on: {scope}",
        "the device and more": f"counts {device.id} and everything beside it: {scope}",
        "not the device": f"does not count {device.id}, only what else the machine does meanwhile: {scope}",
        "unknown": f"whether this meter counts {device.id} is unknown from their names: {scope}",
    }
    if info.coverage.subject == "unknown":
        words["unknown"] = (
            f"unknown coverage: nobody has looked up what this sensor counts, so no joules of {device.id}"
        )
    return Attribution(covers, words[covers])


def relation(coverage: Coverage, info: MeterInfo, device: DeviceInfo) -> Covers:
    """The same, without the sentence."""
    if coverage.subject == "unknown":
        return "unknown"
    if info.scope in ("memory", "part"):
        return "not the device"
    if coverage.subject == "machine":
        return "the device and more"
    if coverage.subject == "processor":
        return "the device" if device.on_host_cores else "not the device"
    if coverage.subject == "processor with graphics":
        return "the device and more" if device.on_host_cores else with_more(card_relation(coverage, device))
    if coverage.subject == "graphics card":
        return card_relation(coverage, device)
    if coverage.subject == "sliced graphics card":
        return with_more(card_relation(coverage, device))
    return "the device and more" if coverage.subject == "named by hand" else "unknown"


def with_more(covers: Covers) -> Covers:
    """The relation of a figure that counts something else beside the device."""
    return "the device and more" if covers == "the device" else covers


def card_relation(coverage: Coverage, device: DeviceInfo) -> Covers:
    """Whether the meter's card is the device: by PCI address where both tell it, else by name."""
    if device.on_host_cores or device.kind not in ("gpu", "accelerator"):
        return "not the device"
    address = pci_address(device.pci_address or "")
    if address and coverage.pci:
        if address != pci_address(coverage.pci):
            return "not the device"
        return "the device and more" if SLICE in device.name else "the device"
    if coverage.name is None:
        return "unknown"
    if SLICE in device.name:
        # Without a place nobody can tell whose slice it is.
        return "unknown"
    mine, other = coverage.name.lower(), device.name.lower()
    return "the device" if mine in other or other in mine else "not the device"


def pci_address(text: str) -> str:
    """`00000000:01:00.0` and `0000:01:00.0` are the same place: the domain without leading zeros."""
    domain, colon, rest = text.strip().lower().partition(":")
    return f"{domain.lstrip('0') or '0'}:{rest}" if colon and rest.count(":") == 1 else ""
