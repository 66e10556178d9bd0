"""The machine's batteries together, where a system tells of them by a call or a command instead of files."""

from __future__ import annotations

import plistlib
import subprocess
from dataclasses import dataclass
from typing import Any

IOREG = "/usr/sbin/ioreg"
# The battery's own entry in macOS's registry of devices, as a property list; no rights are needed.
IOREG_ARGUMENTS = ("-a", "-r", "-c", "AppleSmartBattery")
IOREG_S = 5.0
MOST_BYTES = 1 << 20
FROM_MILLI = 1e-3
WORD = 1 << 64


@dataclass(frozen=True)
class BatteryState:
    """Whether there is one, whether the machine is plugged in, and the watts drawn from it; None: not told."""

    present: bool
    plugged: bool
    charging: bool
    drawn_w: float | None


def read_macos_battery() -> BatteryState:
    """The batteries of a Mac now. Raises OSError where macOS does not tell, ValueError where it tells nonsense."""
    try:
        done = subprocess.run([IOREG, *IOREG_ARGUMENTS], capture_output=True, timeout=IOREG_S, check=True)
    except subprocess.SubprocessError as error:
        raise OSError(f"ioreg does not answer ({type(error).__name__})") from None
    return parse_ioreg(done.stdout)


def parse_ioreg(data: bytes) -> BatteryState:
    """What ioreg's property list says; nothing at all on a Mac without a battery. Raises ValueError."""
    if not data.strip():
        return BatteryState(present=False, plugged=True, charging=False, drawn_w=None)
    if len(data) > MOST_BYTES:
        raise ValueError(f"ioreg gives {len(data)} bytes for a battery")
    try:
        told = plistlib.loads(data, fmt=plistlib.FMT_XML)
    except Exception as error:
        # plistlib raises what its parser happens to raise.
        raise ValueError(f"ioreg gives no property list ({type(error).__name__})") from None
    entry = told[0] if isinstance(told, list) and told else told
    if not isinstance(entry, dict):
        raise ValueError("ioreg gives no battery's entry")
    current_ma, voltage_mv = _integer(entry, "InstantAmperage", "Amperage"), _integer(entry, "Voltage")
    drawn_w = None
    if current_ma is not None and voltage_mv is not None and current_ma < 0 < voltage_mv:
        drawn_w = -current_ma * FROM_MILLI * voltage_mv * FROM_MILLI
    return BatteryState(
        present=entry.get("BatteryInstalled") is not False,
        plugged=bool(entry.get("ExternalConnected")),
        charging=bool(entry.get("IsCharging")),
        drawn_w=drawn_w,
    )


def _integer(entry: dict[str, Any], *names: str) -> int | None:
    """The first of them that is there; negative ones may come as if they were unsigned."""
    for name in names:
        value = entry.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and -WORD < value < WORD:
            return value - WORD if value >= WORD // 2 else value
    return None
