"""Shelly plugs and relays of generation 2 and later, asked over the local network: `--meter shelly://HOST[/SWITCH]`."""

from __future__ import annotations

from functools import partial

from msgspec import Struct

from ..meter import Counter, Coverage, MeterError, MeterFound, MeterInfo, Reading
from .http import DEADLINE_S, Address, get, parse_address
from .plausible import checked_j, checked_w, decoded

SCHEME = "shelly"
J_PER_WH = 3600.0
# `aenergy.total` has three decimals of a watt-hour, but is brought up to date once a minute only.
STEP_J = 3.6
COUNTER_UPDATE_S = 60.0
STEP_W = 0.1
UPDATE_S = 1.0
# A 16 A socket with some room: more is no energy but a counter that was reset or exchanged.
PLAUSIBLE_W = 8000.0
ACCURACY = 0.02
BOUND_SOURCE = (
    "±2 % (our allowance: makers state ±1 % for the metering chip, none for the plug), power step 0.1 W up to 1 s old, "
    "counter step 3.6 J (0.001 Wh) up to a minute old"
)


class Total(Struct):
    """The counter: watt-hours."""

    total: float


class Status(Struct):
    """The part of `Switch.GetStatus` that matters here; a switch without a meter has neither."""

    apower: float | None = None
    aenergy: Total | None = None


def from_text(text: str) -> MeterFound:
    """The meter of `--meter shelly://HOST`. Raises InputError."""
    address = parse_address(SCHEME, text)
    info = MeterInfo(
        id=f"{SCHEME}://{address}",
        name=f"Shelly at {address}",
        scope="wall",
        coverage=Coverage("machine"),
        update_s=UPDATE_S,
        bound_source=BOUND_SOURCE,
        counters=(Counter("aenergy.total", STEP_J, PLAUSIBLE_W, update_s=COUNTER_UPDATE_S),),
        power_step_w=STEP_W,
        spread=(1 - ACCURACY, 1 + ACCURACY),
        interval_s=1.0,
        deadline_s=DEADLINE_S,
        by_default=False,
    )
    return MeterFound(info, partial(ShellyMeter, info, address))


class ShellyMeter:
    """One switch of one plug."""

    def __init__(self, info: MeterInfo, address: Address) -> None:
        self.info = info
        self._address = address
        self._path = f"/rpc/Switch.GetStatus?id={address.channel or 0}"

    def read(self) -> Reading:
        """Joules since the plug's counter began, and watts. Raises MeterError."""
        status = decoded(get(self._address, self._path, self.info.deadline_s), Status, self.info.id)
        if status.apower is None and status.aenergy is None:
            raise MeterError(f"{self.info.id}: this switch has no power meter")
        joules = None if status.aenergy is None else checked_j(status.aenergy.total * J_PER_WH, self.info.id)
        power_w = None if status.apower is None else checked_w(status.apower, self.info.id)
        return Reading((joules,), power_w)

    def close(self) -> None:
        """Nothing is held."""
