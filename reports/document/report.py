"""What a report says, as data: built once from the results, and handed to whatever lays it out or draws it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from ..claims.ledger import Claim, ledger
from ..collect.gather import Collection
from ..ladder.network import epochs, place_on
from ..ladder.own import DevicePlace, own_points, places_of
from ..ladder.progression import Progression, progression


class Report(Struct, frozen=True, kw_only=True):
    """Everything that a format may show. `day` is the chosen date for the network's share.

    `subject` is what the report is about: the given devices, the ladder with them on it, or their rooflines alone.
    `links`: of each of the collection's results the address of its raw file as seen from the report, as a page may
    link it; "" where there is none. Empty where nobody knows where the report will lie (`links_beside` makes them).
    """

    subject: Literal["devices", "ladder", "roofline"]
    collection: Collection
    ladder: Progression
    places: tuple[DevicePlace, ...]
    claims: tuple[Claim, ...]
    day: date
    links: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Report on {self.subject}, with the network of {self.day}; {self.collection!r}"


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
        claims=ledger(ladder, collection),
        day=chosen,
    )
