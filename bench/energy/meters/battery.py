"""The batteries of a laptop: what the whole machine draws from them, while it runs on nothing else."""

from __future__ import annotations

import platform
from functools import partial
from pathlib import Path

from ....kernels.system.battery_state import read_macos_battery
from ....kernels.system.system_files import count_in, count_or_none, is_foreign_root, text_or_none
from ....kernels.system.windows.battery import read_battery
from ...machine.power_supply import DISCHARGING, Supply, batteries, charger_online, supplies
from ..meter import NOTHING_HELPS, Coverage, MeterEntry, MeterError, MeterFound, MeterInfo, MeterMissing, Reading
from . import battery_told
from .battery_told import ACCURACY, PLAUSIBLE_W, STEP_W, UNPLUG
from .plausible import FROM_MICRO

# Fuel gauges refresh every second to every half minute; no driver says which it is.
UPDATE_S = 5.0
BOUND_SOURCE = "±2 % (fuel gauges state ±1 % of the current at best), value up to 5 s old: unstated by drivers"
# Systems that tell by a call, and how old their values may be. Windows asks the firmware, which asks the gauge; a Mac's
# gauge is read twice a minute or so. Neither states it.
TOLD = {"Windows": (read_battery, 30.0), "Darwin": (read_macos_battery, 60.0)}


def find(root: Path = Path("/")) -> list[MeterEntry]:
    """A meter of all batteries together while the machine runs on them, or the reason why there is none.

    A machine with two draws from one or from both, so that a single one's watts are not the machine's.
    """
    told = TOLD.get(platform.system())
    if told is not None and root == Path("/") and not is_foreign_root():
        ask, update_s = told
        return battery_told.find(ask, update_s)
    found = supplies(root)
    own = batteries(found)
    if not own:
        return [MeterMissing("battery", "this machine has no battery", NOTHING_HELPS)]
    meter_id = "battery:" + "+".join(battery.folder.name for battery in own)
    charger = charger_online(found)
    if charger is not None:
        return [MeterMissing(meter_id, f"a charger ({charger.folder.name}) feeds the machine, too", UNPLUG)]
    if not any(battery.status == DISCHARGING for battery in own):
        statuses = ", ".join(dict.fromkeys(battery.status.lower() for battery in own))
        return [MeterMissing(meter_id, f"the machine does not run on this battery (it is {statuses})", UNPLUG)]
    info = MeterInfo(
        id=meter_id,
        name=meter_id.replace(":", " "),
        scope="system",
        coverage=Coverage("machine"),
        update_s=UPDATE_S,
        bound_source=BOUND_SOURCE,
        power_step_w=STEP_W,
        plausible_w=PLAUSIBLE_W,
        spread=(1 - ACCURACY, 1 + ACCURACY),
        interval_s=1.0,
    )
    meter = BatteryMeter(info, root)
    try:
        meter.read()
    except MeterError as error:
        return [MeterMissing(meter_id, str(error), "use another meter")]
    return [MeterFound(info, partial(BatteryMeter, info, root))]


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
    return count_in((text_or_none(path) or "").removeprefix("-"))


class BatteryMeter:
    """All batteries of the machine together."""

    def __init__(self, info: MeterInfo, root: Path) -> None:
        self.info = info
        self._root = root

    def read(self) -> Reading:
        """Watts drawn from them. Raises MeterError once something else feeds the machine, or one tells nothing."""
        found = supplies(self._root)
        charger = charger_online(found)
        if charger is not None:
            raise MeterError(f"{self.info.id}: a charger ({charger.folder.name}) feeds the machine, too")
        own = batteries(found)
        drained = [battery for battery in own if battery.status == DISCHARGING]
        if not drained or any(battery.status == "Charging" for battery in own):
            statuses = ", ".join(battery.status for battery in own) or "gone"
            raise MeterError(f"{self.info.id}: the machine no longer runs on it ({statuses})")
        return Reading(power_w=sum(self._drawn_w(battery) for battery in drained))

    def close(self) -> None:
        """Nothing is held."""

    def _drawn_w(self, battery: Supply) -> float:
        power_w = power_of(battery.folder)
        name = battery.folder.name
        if power_w is None:
            raise MeterError(f"{self.info.id}: {name} tells neither power nor current and voltage")
        if power_w == 0:
            raise MeterError(f"{self.info.id}: {name} tells 0 W while it is discharged, so its gauge has no value yet")
        return power_w
