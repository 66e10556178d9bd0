"""Shelly plugs, relays and meters of generation 2 and later, asked over the local network: `shelly://HOST[/CHANNEL]`.

A plug or relay has a Switch; the PM Mini a PM1 without one; energy meters have one EM1 a clamp or, for three phases,
an EM whose channels 0 to 2 are the phases (none named: all of them together).
"""

from __future__ import annotations

import time
from functools import partial

from msgspec import Struct

from ..meter import Counter, Coverage, MeterError, MeterFound, MeterInfo, Reading
from .http import DEADLINE_S, Address, NotThere, get, parse_address
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
    """The parts of a component's `GetStatus` that matter here; a switch without a meter has none of them."""

    apower: float | None = None
    aenergy: Total | None = None
    act_power: float | None = None
    total_act_power: float | None = None
    a_act_power: float | None = None
    b_act_power: float | None = None
    c_act_power: float | None = None


# In the order in which they are looked for; a device has one of these kinds.
COMPONENTS = ("Switch", "PM1", "EM1", "EM")


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
    """One channel of one device."""

    def __init__(self, info: MeterInfo, address: Address) -> None:
        self.info = info
        self._address = address
        self._component: str | None = None

    def read(self) -> Reading:
        """Joules since its counter began, and watts. Raises MeterError."""
        status = self._status()
        watts = self._watts(status)
        if watts is None and status.aenergy is None:
            raise MeterError(f"{self.info.id}: this switch has no power meter")
        joules = None if status.aenergy is None else checked_j(status.aenergy.total * J_PER_WH, self.info.id)
        return Reading((joules,), None if watts is None else checked_w(watts, self.info.id))

    def close(self) -> None:
        """Nothing is held."""

    def _status(self) -> Status:
        """The answer of the component that the device has; which one that is, is asked until one answers."""
        limit_s = time.monotonic() + self.info.deadline_s
        for component in COMPONENTS if self._component is None else (self._component,):
            number = 0 if component == "EM" else self._address.channel or 0
            path = f"/rpc/{component}.GetStatus?id={number}"
            try:
                body = get(self._address, path, max(0.0, limit_s - time.monotonic()))
            except NotThere:
                continue
            status = decoded(body, Status, self.info.id)
            self._component = component
            return status
        raise MeterError(
            f"{self.info.id} has no Switch, PM1, EM1 or EM of that number: no meter is there, or it is of generation 1"
        )

    def _watts(self, status: Status) -> float | None:
        if self._component == "EM" and self._address.channel is not None:
            phases = (status.a_act_power, status.b_act_power, status.c_act_power)
            return phases[self._address.channel] if self._address.channel < len(phases) else None
        told = (status.apower, status.act_power, status.total_act_power)
        return next((watts for watts in told if watts is not None), None)
