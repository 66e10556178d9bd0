"""A live miner watched for a while: the mean of what it says, marked as its own word."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from msgspec.structs import replace

from ...kernels.workloads.evidence import Reported
from ...kernels.workloads.quantity import HASH, per_second
from ..energy.joules.record import missing_record
from ..interrupts import check as raise_if_interrupted
from ..progress import Progress
from ..result.energy import Energy
from ..result.measurement import DeviceRecord, Measurement, Rate, Status
from ..result.printable import printable
from ..result.warning import WarningRecord
from ..warnings.pool import restarted, stood_still
from .fetch import NoAnswer
from .reading import Place, Reading, read

WORKLOAD = "sha256d"
DEFAULT_S = 30.0
# Firmwares work their figures out anew every few seconds; asking oftener only costs them.
INTERVAL_S = 5.0
SLICE_S = 0.1


@dataclass(frozen=True)
class Watched:
    """What a miner said, reading by reading, and how long it was watched."""

    place: Place
    readings: tuple[Reading, ...]
    seconds: float

    @property
    def rate_hs(self) -> float | None:
        """The mean of the rates with the shortest averaging time; None where no reading has one."""
        told = [reading.rate.rate_hs for reading in self.readings if reading.rate is not None]
        return math.fsum(told) / len(told) if told else None


def watch(place: Place, seconds: float, progress: Progress, ask: Callable[[Place], Reading] = read) -> Watched:
    """Ask again and again for `seconds`. Raises NoAnswer where the first answer does not come."""
    progress.stage(f"asic:{place.host}", "reading what it says", seconds)
    began = time.monotonic()
    readings = [ask(place)]
    while (gone := time.monotonic() - began) < seconds:
        wait_until = time.monotonic() + min(INTERVAL_S, seconds - gone)
        while time.monotonic() < wait_until:
            raise_if_interrupted()
            time.sleep(SLICE_S)
            progress.advance(SLICE_S, None)
        try:
            readings.append(ask(place))
        except NoAnswer:
            # A firmware that is busy for a moment has not stopped; the readings before it stand.
            continue
    return Watched(place, tuple(readings), time.monotonic() - began)


def reported_measurement(watched: Watched, machine: str) -> Measurement:
    """The record of a watched miner: `reported` throughout, so nothing of it is proven."""
    last = watched.readings[-1]
    rate_hs = watched.rate_hs
    shown = last.rate
    average = "an unknown time" if shown is None or shown.average_s is None else f"{shown.average_s:.0f} s"
    source = (
        f"{last.firmware} at {watched.place}: {shown.name if shown else 'no rate'}, averaged over {average}, mean of "
        f"{len(watched.readings)} readings in {watched.seconds:.0f} s"
    )
    usable = rate_hs is not None and rate_hs > 0
    return Measurement(
        machine=machine,
        device=device_record(watched.place, last),
        workload=WORKLOAD,
        parameters={"prefixes": 1},
        unit=HASH.unit,
        status="measured" if usable else "failed",
        reason=None if usable else f"{watched.place} says that it does no work now; is it mining?",
        kernel=None,
        settings=None,
        rate=_rate(rate_hs) if usable and rate_hs is not None else None,
        rate_per_cpu_s=None,
        rounds=(),
        amount=0,
        seconds=0.0,
        roof=None,
        energy=(_energy(watched),),
        telemetry=(),
        evidence=Reported(source=printable(source)) if usable else None,
        warnings=tuple(_warnings(watched)) if usable else (),
    )


def unreached(place: Place, machine: str, status: Status, reason: str) -> Measurement:
    """The record of a miner of which nothing was read, with the reason."""
    nothing = Reading(place.host, "unknown firmware", "", (), None, (), None, None)
    record = reported_measurement(Watched(place, (nothing,), 0.0), machine)
    return replace(record, status=status, reason=printable(reason), energy=())


def device_record(place: Place, reading: Reading) -> DeviceRecord:
    """The miner as its firmware describes it."""
    return DeviceRecord(
        id=f"asic:{place.host}"[:80].replace("%", "-"),
        kind="asic",
        name=printable(reading.model) or reading.firmware,
        vendor="",
        backend="asic",
        driver=reading.firmware,
        compute_units=reading.chips,
        runs_on_host_cpu=False,
        simulator=False,
        pci_address=None,
        limits={},
    )


def _rate(rate_hs: float) -> Rate:
    return Rate(
        value=rate_hs,
        low=None,
        high=None,
        confidence=None,
        median=None,
        best=None,
        unit=per_second(HASH.unit),
        origin="reported",
    )


def _energy(watched: Watched) -> Energy:
    told = [reading.power for reading in watched.readings if reading.power is not None]
    if not told:
        return missing_record("the firmware tells no watts; measure at the wall (--meter shelly://HOST)")
    watts = math.fsum(power.watts for power in told) / len(told)
    origin = told[-1].origin
    how = "reported by what measures it" if origin == "reported" else "worked out by the firmware, not measured"
    return missing_record(
        f"the firmware says {watts:.4g} W ({origin}: {how}), whose error nobody tells; measure at the wall (--meter)"
    )


def _warnings(watched: Watched) -> list[WarningRecord]:
    uptimes = [reading.uptime_s for reading in watched.readings if reading.uptime_s is not None]
    found = []
    if any(later < earlier for earlier, later in pairwise(uptimes)):
        found.append(restarted())
    rates = {reading.rate.rate_hs for reading in watched.readings if reading.rate is not None}
    if len(watched.readings) > 2 and len(rates) == 1:
        found.append(stood_still(len(watched.readings)))
    return found
