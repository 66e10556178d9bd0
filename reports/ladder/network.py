"""Bitcoin's network over time, and the place that a hashrate would have had in it: `data/network_difficulty.csv`."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, structs

from ...kernels.errors import InputError
from .reference import read_table

HASHES_PER_DIFFICULTY = 2**32
BLOCK_SECONDS = 600
DAY_SECONDS = 86_400
FIRST_SUBSIDY = 50.0
HALVING_BLOCKS = 210_000
# A device has its place while it finds a block by itself at least this often on average.
PLACE_DAYS = 30


class Epoch(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """2,016 blocks of one difficulty, from `date` on. `network_hashrate_ehs` is their mean, None while unfinished.

    `block_time_unix` is the first block's own word where its header was at hand (`header`); elsewhere it is
    `derived`: the change of difficulty to the next epoch tells how long this one took (0.05 % rms), and such
    times are tied to the headers around them (about an hour off at most). Likewise the hashrate.
    """

    date: date
    block_height: Annotated[int, Meta(ge=0)]
    block_time_unix: Annotated[int, Meta(ge=1231006505)]
    time_origin: Literal["header", "derived"]
    difficulty: Annotated[float, Meta(ge=1)]
    network_hashrate_ehs: Annotated[float, Meta(gt=0)] | None
    hashrate_origin: Literal["observed", "derived"] | None
    source: Annotated[str, Meta(min_length=1)]
    url: Annotated[str, Meta(pattern=r"^https?://[^\s<>\"]+$", max_length=400)]

    @property
    def hashrate_hs(self) -> float:
        """The network's hashes a second: observed, or for the unfinished epoch what its difficulty is made for."""
        if self.network_hashrate_ehs is not None:
            return self.network_hashrate_ehs * 1e18
        return self.difficulty * HASHES_PER_DIFFICULTY / BLOCK_SECONDS

    @property
    def subsidy(self) -> float:
        """New bitcoins a block."""
        return FIRST_SUBSIDY / float(1 << (self.block_height // HALVING_BLOCKS))


class Place(Struct, frozen=True, kw_only=True):
    """What a hashrate was worth on a day: its share of the network, and what it finds alone, on average."""

    date: date
    difficulty: float
    network_hs: float
    share: float
    seconds_per_block: float
    bitcoins_per_day: float


@cache
def epochs() -> tuple[Epoch, ...]:
    """All epochs, by date. Raises ValueError when the file breaks its schema (a bug)."""
    rows = [{name: value or None for name, value in row.items()} for row in read_table("network_difficulty.csv")]
    return tuple(msgspec.convert(rows, list[Epoch], strict=False))


def epoch_at(day: date) -> Epoch:
    """The epoch that `day` lies in. Raises InputError where the data does not reach."""
    known = epochs()
    if not known[0].date <= day <= known[-1].date:
        raise InputError(
            f"the network's difficulty on {day} is not in our data; "
            f"give a date from {known[0].date} to {known[-1].date}"
        )
    return known[bisect_right(known, day, key=lambda epoch: epoch.date) - 1]


def parse_date(text: str) -> date:
    """A day written as YYYY-MM-DD. Raises InputError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r:.40} is not a date; write it as 2013-06-30") from None


def place_of(hashrate_hs: float, epoch: Epoch) -> Place:
    """What `hashrate_hs` (positive) was worth in `epoch`."""
    seconds = epoch.difficulty * HASHES_PER_DIFFICULTY / hashrate_hs
    return Place(
        date=epoch.date,
        difficulty=epoch.difficulty,
        network_hs=epoch.hashrate_hs,
        share=hashrate_hs / epoch.hashrate_hs,
        seconds_per_block=seconds,
        bitcoins_per_day=DAY_SECONDS / seconds * epoch.subsidy,
    )


def place_on(hashrate_hs: float, day: date) -> Place:
    """What `hashrate_hs` (positive) was worth on `day`. Raises InputError where the data does not reach."""
    return structs.replace(place_of(hashrate_hs, epoch_at(day)), date=day)


def block_a_month_until(hashrate_hs: float, days: float = PLACE_DAYS) -> date | None:
    """The last day of our data on which `hashrate_hs` alone finds a block every `days` days on average.

    None: never, not even at difficulty 1.
    """
    enough = [
        following.date if following else epoch.date
        for epoch, following in zip(epochs(), (*epochs()[1:], None), strict=True)
        if place_of(hashrate_hs, epoch).seconds_per_block <= days * DAY_SECONDS
    ]
    return enough[-1] if enough else None
