"""The given results' own devices in the mining chapters: on the ladder, and in the network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from ...bench.result.dates import is_date_sure
from ...kernels.workloads.evidence import Reported, ServedShares
from ...kernels.workloads.quantity import HASH
from ..collect.device_name import NAME_LIMIT, device_name
from ..collect.energy_figure import EnergyFigure, energy_figure
from ..collect.gather import Collection, Entry, Group, key_of
from ..wording.visible import visible
from .network import Place, block_a_month_until, place_on
from .points import Point
from .reference import RUNGS

MINING = "sha256d"
LADDER_UNIT = HASH.unit
# The days of the ladder's own table; the chosen date comes on top.
MILESTONES = (date(2009, 7, 1), date(2010, 7, 1), date(2011, 7, 1), date(2013, 1, 1), date(2018, 1, 1))


class DevicePlace(Struct, frozen=True, kw_only=True):
    """One device's place in the network on some days, and until when it found a block a month alone (None: never)."""

    device: str
    hashrate_hs: float
    places: tuple[Place, ...]
    until: date | None


def is_mining(workload: str) -> bool:
    """Whether it is the work of the network: the mining chapters know no other."""
    return workload == MINING


def mining_groups(collection: Collection) -> Iterable[Group]:
    """The groups that speak for their devices and whose work is Bitcoin's hash, rolled or not.

    Of a fleet's equal machines the fastest: a thousand points in one place tell no more.
    """
    shown = set()
    for group in collection.speakers:
        kind = replace(group.key, machine_id="")
        if is_mining(group.key.workload) and not (group.key.machine_id and kind in shown):
            shown.add(kind)
            yield group


def j_per_th(figure: EnergyFigure | None) -> tuple[float | None, float | None, float | None]:
    """Joules a terahash and their bounds; None where the figure is not known or counts something else."""
    if figure is None or figure.unit != HASH.unit:
        return None, None, None
    return (
        _scaled(figure.j_per_unit),
        None if figure.low is None else _scaled(figure.low),
        None if figure.high is None else _scaled(figure.high),
    )


def _scaled(j_per_hash: float) -> float:
    # Joules a hash are the terahash's ÷ 10¹² in binary; the last digits of that are not the meter's.
    return float(f"{j_per_hash * HASH.energy_amount:.15g}")


def own_points(collection: Collection) -> list[Point]:
    """The measured devices on the ladder: only verified ones, and only where the device is one of its rungs."""
    return [point for group in mining_groups(collection) if (point := point_of(group.newest)) is not None]


def point_of(entry: Entry) -> Point | None:
    """The point of a measured device, at the time of its measurement. None for a device of no rung (an emulator)."""
    rung = next((rung for rung in RUNGS if rung == entry.device.device.kind), None)
    if rung is None:
        return None
    energy = energy_figure(entry.device)
    figure, low, high = j_per_th(energy)
    name = own_name(entry)
    return Point(
        device=name,
        label=name,
        rung=rung,
        origin=entry.rate.origin,
        energy_origin=energy.origin if energy else None,
        year=fraction_of_year(entry.result.created) if is_date_sure(entry.result.created) else None,
        hashrate_hs=entry.rate.value,
        efficiency_j_per_th=figure,
        efficiency_low=low,
        efficiency_high=high,
        power_scope=energy.scope if energy else None,
        released=entry.result.created[:10],
        source=visible(f"run {entry.result.run_id[:8]} of {entry.result.created[:10]}", NAME_LIMIT),
        word=word_of(entry),
    )


def word_of(entry: Entry) -> str | None:
    """Whose word the hashrate is; None where the machine that did the work measured it itself."""
    match entry.device.evidence:
        case ServedShares(count=count):
            return f"by {count:,} shares, timed by a server"
        case Reported():
            return "the device's own word"
    return None


def own_name(entry: Entry) -> str:
    """The device's name, and in what it was held back or steered."""
    return ", ".join(filter(None, (device_name(entry.device), visible(key_of(entry).setting.words, NAME_LIMIT))))


def fraction_of_year(created: str) -> float | None:
    """A time as a year with a fraction; None where it is no possible time (the model checks the digits only)."""
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return None
    start = datetime(moment.year, 1, 1, tzinfo=moment.tzinfo)
    return moment.year + (moment - start).total_seconds() / (365.25 * 86_400)


def places_of(collection: Collection, day: date) -> tuple[DevicePlace, ...]:
    """The network's share of each hashing device on the milestones and on `day`."""
    days = sorted({*MILESTONES, day})
    return tuple(
        DevicePlace(
            device=own_name(group.newest),
            hashrate_hs=group.newest.rate.value,
            places=tuple(place_on(group.newest.rate.value, when) for when in days),
            until=block_a_month_until(group.newest.rate.value),
        )
        for group in mining_groups(collection)
    )
