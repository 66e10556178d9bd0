"""What Windows says of the machine's batteries together: CallNtPowerInformation needs no rights."""

from __future__ import annotations

import ctypes
import struct

from ..battery_state import BatteryState
from .api import library

SYSTEM_BATTERY_STATE = 5
# SYSTEM_BATTERY_STATE of winnt.h: on AC, present, charging, discharging, 4 spare bytes; most and remaining capacity,
# rate (negative: discharging), estimated seconds, two alarms.
STATE = struct.Struct("<4B4xLLlLLL")
# BATTERY_UNKNOWN_RATE of batclass.h.
UNKNOWN_RATE = -(1 << 31)
# No machine runs on less than a watt-hour: such a battery counts in parts of its own capacity, and not in mWh and mW.
LEAST_CAPACITY_MWH = 1000
FROM_MILLI = 1e-3


def parse(data: bytes) -> BatteryState:
    """What the bytes of a SYSTEM_BATTERY_STATE say. Raises ValueError where they are too few."""
    if len(data) < STATE.size:
        raise ValueError(f"{len(data)} bytes are no SYSTEM_BATTERY_STATE")
    plugged, present, charging, discharging, capacity, _, rate_mw, *_ = STATE.unpack_from(data)
    told = rate_mw != UNKNOWN_RATE and capacity >= LEAST_CAPACITY_MWH
    return BatteryState(
        present=bool(present),
        plugged=bool(plugged),
        charging=bool(charging),
        drawn_w=max(0, -rate_mw) * FROM_MILLI if told and discharging else None,
    )


def read_battery() -> BatteryState:
    """The batteries now. Raises OSError where Windows does not tell, or this is no Windows."""
    buffer = ctypes.create_string_buffer(STATE.size)
    status = library("powrprof").CallNtPowerInformation(SYSTEM_BATTERY_STATE, None, 0, buffer, STATE.size)
    if status:
        raise OSError(f"CallNtPowerInformation answers {status & 0xFFFFFFFF:#x}")
    return parse(buffer.raw)
