"""What a report says, as data: built once from the results, and handed to whatever lays it out or draws it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from ...bench.result.dates import is_date_sure
from ..claims.ledger import Claim, ledger
from ..collect.device_name import NAME_LIMIT, device_name
from ..collect.energy_figure import energy_figure
from ..collect.gather import Collection, Entry, Group
from ..ladder.network import Place, earned_its_place_until, epochs, place_on
from ..ladder.points import Point
from ..ladder.progression import Progression, progression
from ..ladder.reference import RUNGS
from ..wording.visible import visible

# The days of the ladder's own table; the chosen date comes on top.
MILESTONES = (date(2009, 7, 1), date(2010, 7, 1), date(2011, 7, 1), date(2013, 1, 1), date(2018, 1, 1))


class DevicePlace(Struct, frozen=True, kw_only=True):
    """One device's place in the network on some days, and until when it found a block a month alone (None: never)."""

    device: str
    hashrate_hs: float
    places: tuple[Place, ...]
    until: date | None


class Report(Struct, frozen=True, kw_only=True):
    """Everything that a format may show. `day` is the chosen date for the network's share.

    `subject` is what the report is about: the given devices, or the ladder with them on it.
    """

    subject: Literal["devices", "ladder"]
    collection: Collection
    ladder: Progression
    places: tuple[DevicePlace, ...]
    claims: tuple[Claim, ...]
    day: date


def report_on(
    collection: Collection, day: date | None = None, subject: Literal["devices", "ladder"] = "devices"
) -> Report:
    """The report on what was gathered; `day` is the last one of our data unless given. Raises InputError."""
    # A chosen day is held against the data even where no device has a place on it.
    chosen = epochs()[-1].date if day is None else place_on(1.0, day).date
    ladder = progression(own_points(collection))
    places = places_of(collection, chosen)
    return Report(
        subject=subject,
        collection=collection,
        ladder=ladder,
        places=places,
        claims=ledger(ladder),
        day=chosen,
    )


def hashing(collection: Collection) -> Iterable[Group]:
    """The groups whose work is Bitcoin's hash, rolled or not."""
    return (group for group in collection.groups if group.key.unit == "hash")


def own_points(collection: Collection) -> list[Point]:
    """The measured devices on the ladder: only verified ones, and only where the device is one of its rungs."""
    return [point for group in hashing(collection) if (point := point_of(group.newest)) is not None]


def point_of(entry: Entry) -> Point | None:
    """The point of a measured device, at the time of its measurement. None for a device of no rung (an emulator)."""
    rung = next((rung for rung in RUNGS if rung == entry.device.device.kind), None)
    if rung is None:
        return None
    energy = energy_figure(entry.device)
    name = device_name(entry.device)
    return Point(
        device=name,
        label=name,
        rung=rung,
        origin=entry.rate.origin,
        energy_origin=energy.origin if energy else None,
        year=fraction_of_year(entry.result.created) if is_date_sure(entry.result.created) else None,
        hashrate_hs=entry.rate.value_hs,
        efficiency_j_per_th=energy.j_per_th if energy else None,
        efficiency_low=energy.low if energy else None,
        efficiency_high=energy.high if energy else None,
        power_scope=energy.scope if energy else None,
        released=entry.result.created[:10],
        source=visible(f"run {entry.result.run_id[:8]} of {entry.result.created[:10]}", NAME_LIMIT),
    )


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
            device=device_name(group.newest.device),
            hashrate_hs=group.newest.rate.value_hs,
            places=tuple(place_on(group.newest.rate.value_hs, when) for when in days),
            until=earned_its_place_until(group.newest.rate.value_hs),
        )
        for group in hashing(collection)
    )
