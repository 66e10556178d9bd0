"""The battery of a laptop: what the whole machine draws from it, while it runs on nothing else."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ....kernels.system_files import count_or_none, text_or_none
from ..meter import NOTHING_MENDS, Coverage, MeterEntry, MeterError, MeterFound, MeterInfo, MeterMissing, Reading
from .plausible import FROM_MICRO

POWER_SUPPLY = "sys/class/power_supply"
# Fuel gauges refresh every second to every half minute; no driver says which it is.
UPDATE_S = 5.0
STEP_W = 0.01
# Makers of fuel gauges state ±1 % of the current at best (e.g. TI bq27xxx); twice that is taken.
ACCURACY = 0.02
BOUND_SOURCE = "±2 % (fuel gauges state ±1 % of the current at best), value up to 5 s old: unstated by drivers"


def find(root: Path = Path("/")) -> list[MeterEntry]:
    """A meter for each battery that is being discharged, or the reason why there is none."""
    try:
        supplies = sorted((root / POWER_SUPPLY).iterdir())
    except OSError:
        supplies = []
    # A mouse's battery is a battery, too, but its scope is the mouse.
    batteries = [
        path
        for path in supplies
        if text_or_none(path / "type") == "Battery" and text_or_none(path / "scope") != "Device"
    ]
    if not batteries:
        return [MeterMissing("battery", "this machine has no battery", NOTHING_MENDS)]
    return [entry_for(path) for path in batteries]


def entry_for(folder: Path) -> MeterEntry:
    """The meter of one battery, or why it tells nothing now."""
    meter_id = f"battery:{folder.name}"
    status = text_or_none(folder / "status") or "Unknown"
    if status != "Discharging":
        return MeterMissing(
            meter_id,
            f"the machine does not run on this battery (it is {status.lower()})",
            "unplug the machine to measure at its battery; rates on battery may be lower",
        )
    if power_of(folder) is None:
        return MeterMissing(meter_id, "the battery tells neither power nor current and voltage", "use another meter")
    info = MeterInfo(
        id=meter_id,
        name=f"battery {folder.name}",
        scope="system",
        coverage=Coverage("machine"),
        update_s=UPDATE_S,
        bound_source=BOUND_SOURCE,
        power_step_w=STEP_W,
        spread=(1 - ACCURACY, 1 + ACCURACY),
        interval_s=1.0,
    )
    return MeterFound(info, partial(BatteryMeter, info, folder))


def power_of(folder: Path) -> float | None:
    """The watts drawn from a battery: told, or current × voltage; None where neither is."""
    # Some drivers give discharge as a negative number, which read_count refuses: the sign is dropped.
    power_uw = magnitude(folder / "power_now")
    if power_uw is not None:
        return power_uw * FROM_MICRO
    current_ua = magnitude(folder / "current_now")
    voltage_uv = count_or_none(folder / "voltage_now")
    if current_ua is None or voltage_uv is None:
        return None
    return current_ua * FROM_MICRO * voltage_uv * FROM_MICRO


def magnitude(path: Path) -> int | None:
    """A whole number without its sign, None where there is none."""
    text = (text_or_none(path) or "").removeprefix("-")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else None


class BatteryMeter:
    """One battery."""

    def __init__(self, info: MeterInfo, folder: Path) -> None:
        self.info = info
        self._folder = folder

    def read(self) -> Reading:
        """Watts drawn from it. Raises MeterError once it is charged, or tells nothing."""
        status = text_or_none(self._folder / "status")
        if status != "Discharging":
            raise MeterError(f"{self.info.id}: the machine no longer runs on it ({status or 'gone'})")
        power_w = power_of(self._folder)
        if power_w is None:
            raise MeterError(f"{self.info.id} tells no power any more")
        return Reading(power_w=power_w)

    def close(self) -> None:
        """Nothing is held."""
