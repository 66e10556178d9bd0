"""What feeds the machine: its batteries, and the chargers beside them (Linux: /sys/class/power_supply)."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

from ...kernels.system.system_files import is_foreign_root, names_in, text_or_none

POWER_SUPPLY = "sys/class/power_supply"
# What feeds a machine from outside, as the kernel's power supply class names it (USB_PD and the like are its kinds).
CHARGERS = ("Mains", "USB", "Wireless")
DISCHARGING = "Discharging"


@dataclass(frozen=True)
class Supply:
    """One supply of the machine itself, in its folder."""

    folder: Path
    kind: str

    @property
    def status(self) -> str:
        """What a battery does now: Charging, Discharging, Full, Not charging or Unknown."""
        return text_or_none(self.folder / "status") or "Unknown"

    @property
    def online(self) -> bool:
        """Whether a charger feeds the machine (1, or 2 where its voltage can be programmed)."""
        return (text_or_none(self.folder / "online") or "0") not in ("0",)


def supplies(root: Path = Path("/")) -> list[Supply]:
    """The machine's own supplies. A mouse's or a phone's battery is one, too, but its `scope` is that device."""
    found = []
    for name in names_in(root / POWER_SUPPLY):
        folder = root / POWER_SUPPLY / name
        kind = text_or_none(folder / "type")
        if kind is not None and text_or_none(folder / "scope") != "Device":
            found.append(Supply(folder, kind))
    return found


def batteries(found: list[Supply]) -> list[Supply]:
    """Those that are the machine's batteries."""
    return [supply for supply in found if supply.kind == "Battery"]


def charger_online(found: list[Supply]) -> Supply | None:
    """A charger that feeds the machine now, None where there is none."""
    return next((supply for supply in found if supply.kind.startswith(CHARGERS) and supply.online), None)


def on_battery(root: Path = Path("/")) -> bool | None:
    """Whether the machine runs on its battery; None where it has none, or the system does not tell."""
    if platform.system() != "Linux" and not is_foreign_root():
        return _told_by_psutil()
    found = supplies(root)
    own = batteries(found)
    if not own:
        return None
    return charger_online(found) is None and any(battery.status == DISCHARGING for battery in own)


def _told_by_psutil() -> bool | None:
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError):
        return None
    if battery is None or battery.power_plugged is None:
        return None
    return not battery.power_plugged
