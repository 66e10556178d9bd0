"""Plugs with Tasmota firmware, asked over the local network: `--meter tasmota://HOST[/CHANNEL]`."""

from __future__ import annotations

from functools import partial

from msgspec import Struct, field

from ..meter import Counter, Coverage, MeterError, MeterFound, MeterInfo, Reading
from .http import DEADLINE_S, Address, get, meaning, parse_address
from .plausible import checked_j, checked_w, decoded

SCHEME = "tasmota"
PATH = "/cm?cmnd=Status%208"
J_PER_KWH = 3.6e6
# `EnergyRes` 3 and `PowerRes` 0 are the firmware's defaults: 0.001 kWh and whole watts.
STEP_J = 3600.0
STEP_W = 1.0
# Metering chips that count pulses need seconds between them at low power.
UPDATE_S = 2.0
PLAUSIBLE_W = 8000.0
ACCURACY = 0.03
BOUND_SOURCE = (
    "±3 % (our allowance for a plug calibrated against a known load; one that never was may be off by 10 %), "
    "power step 1 W up to 2 s old, counter step 3.6 kJ (0.001 kWh)"
)

# A plug with several relays and one meter chip tells a list.
OneOrMore = float | list[float]


class EnergyStatus(Struct):
    """Kilowatt-hours since the counter began, and watts."""

    total: OneOrMore | None = field(name="Total", default=None)
    power: OneOrMore | None = field(name="Power", default=None)


class Sensors(Struct):
    """The sensors of the plug."""

    energy: EnergyStatus | None = field(name="ENERGY", default=None)


class Status(Struct):
    """The answer to `Status 8`; a plug with a password answers with a warning only, and status 200."""

    sensors: Sensors | None = field(name="StatusSNS", default=None)
    warning: str | None = field(name="WARNING", default=None)


def from_text(text: str) -> MeterFound:
    """The meter of `--meter tasmota://HOST`. Raises InputError."""
    address = parse_address(SCHEME, text)
    info = MeterInfo(
        id=f"{SCHEME}://{address}",
        name=f"Tasmota at {address}",
        scope="wall",
        coverage=Coverage("machine"),
        update_s=UPDATE_S,
        bound_source=BOUND_SOURCE,
        counters=(Counter("Total", STEP_J, PLAUSIBLE_W),),
        power_step_w=STEP_W,
        spread=(1 - ACCURACY, 1 + ACCURACY),
        interval_s=1.0,
        deadline_s=DEADLINE_S,
        by_default=False,
    )
    return MeterFound(info, partial(TasmotaMeter, info, address))


class TasmotaMeter:
    """One channel of one plug."""

    def __init__(self, info: MeterInfo, address: Address) -> None:
        self.info = info
        self._address = address

    def read(self) -> Reading:
        """Joules since the plug's counter began, and watts. Raises MeterError."""
        status = decoded(get(self._address, PATH, self.info.deadline_s), Status, self.info.id)
        if status.warning is not None:
            raise MeterError(f"{self.info.id}{meaning(401)}")
        energy = None if status.sensors is None else status.sensors.energy
        if energy is None:
            raise MeterError(f"{self.info.id}: this plug has no power meter")
        lists = [value for value in (energy.total, energy.power) if isinstance(value, list)]
        channels = max(map(len, lists), default=1)
        total, power = self._channel(energy.total, channels), self._channel(energy.power, channels)
        if total is None and power is None:
            raise MeterError(f"{self.info.id} tells neither joules nor watts")
        return Reading(
            (None if total is None else checked_j(total * J_PER_KWH, self.info.id),),
            None if power is None else checked_w(power, self.info.id),
        )

    def close(self) -> None:
        """Nothing is held."""

    def _channel(self, value: OneOrMore | None, channels: int) -> float | None:
        channel = self._address.channel
        if not isinstance(value, list):
            if channel and channels == 1:
                raise MeterError(f"{self.info.id}: the plug has only one channel; leave /{channel} away")
            # One number beside a list is that of all channels together, and not this one's.
            return value if channels == 1 else None
        if channel is None and len(value) != 1:
            raise MeterError(f"{self.info.id} has {len(value)} channels; name one ({self.info.id}/0)")
        if (channel or 0) >= len(value):
            raise MeterError(f"{self.info.id}: the plug has only {len(value)} channels, counted from 0")
        return value[channel or 0]
