"""The batteries of a laptop where the system tells of them by a call: Windows and macOS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ....kernels.system.battery_state import BatteryState
from ..meter import NOTHING_HELPS, Coverage, MeterEntry, MeterError, MeterFound, MeterInfo, MeterMissing, Reading

Ask = Callable[[], BatteryState]

METER_ID = "battery"
STEP_W = 0.01
# No laptop's battery gives more; what is beyond is a gauge's error value.
PLAUSIBLE_W = 1000.0
# Makers of fuel gauges state ±1 % of the current at best (e.g. TI bq27xxx); twice that is taken.
ACCURACY = 0.02
UNPLUG = "unplug the machine to measure at its battery; rates on battery may be lower"


def find(ask: Ask, update_s: float) -> list[MeterEntry]:
    """A meter of all batteries together, or the reason why there is none; a value is up to `update_s` old."""
    try:
        state = ask()
    except (OSError, ValueError) as error:
        return [MeterMissing(METER_ID, f"the system does not tell of its batteries: {error}", "use another meter")]
    if not state.present:
        return [MeterMissing(METER_ID, "this machine has no battery", NOTHING_HELPS)]
    if state.plugged or state.charging:
        return [MeterMissing(METER_ID, "a charger feeds the machine, too", UNPLUG)]
    if not state.drawn_w:
        return [MeterMissing(METER_ID, "the battery is discharged and does not tell how fast", "use another meter")]
    info = MeterInfo(
        id=METER_ID,
        name=METER_ID,
        scope="system",
        coverage=Coverage("machine"),
        update_s=update_s,
        bound_source=f"±2 % (fuel gauges state ±1 % of the current at best), value up to {update_s:g} s old: unstated",
        power_step_w=STEP_W,
        plausible_w=PLAUSIBLE_W,
        spread=(1 - ACCURACY, 1 + ACCURACY),
        interval_s=1.0,
    )
    return [MeterFound(info, partial(ToldBatteryMeter, info, ask))]


class ToldBatteryMeter:
    """All batteries of the machine together."""

    def __init__(self, info: MeterInfo, ask: Ask) -> None:
        self.info = info
        self._ask = ask

    def read(self) -> Reading:
        """Watts drawn from them. Raises MeterError once something else feeds the machine, or none are told."""
        try:
            state = self._ask()
        except (OSError, ValueError) as error:
            raise MeterError(f"{self.info.id} did not answer: {error}") from None
        if not state.present or state.plugged or state.charging:
            raise MeterError(f"{self.info.id}: the machine no longer runs on it")
        if not state.drawn_w:
            raise MeterError(f"{self.info.id} does not tell how fast it is discharged")
        return Reading(power_w=state.drawn_w)

    def close(self) -> None:
        """Nothing is held."""
