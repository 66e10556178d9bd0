"""The backends there are, and the devices they find on this machine.

To add a backend, write a module with `find() -> list[Found | Missing]` and name it in BACKENDS.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from .device import DeviceInfo, Found, Missing
from .errors import InputError

BACKENDS = {
    "cpu": ".cpu.backend",
    "opencl": ".opencl.backend",
    "cuda": ".cuda.backend",
    "rtl": ".rtl.backend",
}


class Backend(Protocol):
    """What a backend's module has."""

    def find(self) -> list[Found | Missing]:
        """The devices of this backend on this machine, or why there is none; never raises for a missing driver."""
        ...


def measured_once(found: list[Found | Missing]) -> list[Found | Missing]:
    """The same; a card that an earlier backend shows, too, is measured by the later one only where that is named."""
    settled: list[Found | Missing] = []
    shown: list[DeviceInfo] = []
    for entry in found:
        if isinstance(entry, Found):
            if any(_is_same_card(entry.info, info) for info in shown):
                entry = replace(entry, by_default=False)
            shown.append(entry.info)
        settled.append(entry)
    return settled


def _is_same_card(one: DeviceInfo, other: DeviceInfo) -> bool:
    if one.backend == other.backend or one.kind != other.kind:
        return False
    if one.pci_address and other.pci_address:
        return one.pci_address == other.pci_address
    # Where a driver does not tell the place, one name for the card is enough not to measure it twice.
    return one.kind == "gpu" and one.name.partition(" (")[0] == other.name.partition(" (")[0]


def choose(found: list[Found | Missing], wanted: list[str] | None) -> list[Found]:
    """The devices with the wanted ids, in that order (by default those meant for it). Raises InputError."""
    known = {entry.info.id: entry for entry in found if isinstance(entry, Found)}
    for name in wanted or ():
        if name not in known:
            raise InputError(
                f"there is no device {name!r:.80}; this machine has {', '.join(known) or 'none'} "
                "(see `hashwatt devices`)"
            )
    if not wanted:
        return [entry for entry in known.values() if entry.by_default]
    return [known[name] for name in dict.fromkeys(wanted)]
