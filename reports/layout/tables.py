"""The tables of a report as text. A cell's first line is the figure, the lines after it are what belongs to it."""

from __future__ import annotations

from msgspec import Struct

from ..collect.device_name import device_name
from ..collect.gather import Entry, Ranking
from ..document.report import DevicePlace, Report
from ..ladder.devices import reason_against
from ..ladder.frontier import handovers
from ..ladder.network import PLACE_DAYS
from ..ladder.points import Point
from ..ladder.progression import Progression
from ..ladder.rungs import MedianRange, RungSummary
from ..ladder.story import SCOPE_WORDS, division_text, ratios_of, scopes_text, short_energy, years_text
from ..wording.ratios import duration_text, share_text, three_digits
from ..wording.units import UNKNOWN, hashrate_text
from ..wording.visible import visible
from .device_row import DeviceRow, place_text, rate_text, row_of, row_of_entry

MOST_WARNINGS = 40
MOST_FAULTS = 12
MOST_NAMED = 4
MOST_PLACES = 12
# The shapes that the charts draw for each origin.
MARKS = {"measured": "●", "reported": "■", "modelled": "◇", "cited": "○", "derived": "◐", "estimated": "▽"}


class Table(Struct, frozen=True, kw_only=True):
    """A caption, the columns' heads, and rows of cells; lines within a cell are parted by line breaks."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def lines(*parts: str) -> str:
    """A cell of these lines, empty ones left out."""
    return "\n".join(part for part in parts if part)


def marked(origin: str) -> str:
    """An origin with its mark; further words may follow it after a comma."""
    mark = MARKS.get(origin.partition(",")[0])
    return f"{mark} {origin}" if mark else origin


def ranking_title(ranking: Ranking) -> str:
    """What a ranking ranks."""
    if ranking.prefixes > 1:
        return f"{ranking.workload}, {ranking.prefixes} rolled versions a nonce"
    return ranking.workload


def device_table(ranking: Ranking) -> Table:
    """A row a device, fastest first."""
    return Table(
        caption=f"{ranking_title(ranking)}, fastest first",
        columns=("device", "rate", "energy", "of its roof", "kernel and driver", "proof", "warnings"),
        rows=tuple(cells(row_of(group)) for group in ranking.groups),
    )


def cells(row: DeviceRow) -> tuple[str, ...]:
    """The cells of one device."""
    return (
        lines(row.device, row.place),
        lines(row.rate, row.rate_interval, marked(row.rate_origin), "" if row.runs == "1 run" else row.runs),
        lines(row.efficiency, row.efficiency_interval, marked(row.efficiency_origin)),
        lines(row.roof, marked(row.roof_origin)),
        lines(row.kernel, row.driver),
        row.proof,
        ", ".join(row.warning_kinds) or "none",
    )


def warning_table(report: Report) -> Table:
    """The warnings in words, each sentence once, with the devices it concerns."""
    concerned: dict[str, list[str]] = {}
    for group in report.collection.groups:
        for sentence in row_of(group).warnings:
            concerned.setdefault(sentence, []).append(device_name(group.newest.device))
    shown = list(concerned.items())[:MOST_WARNINGS]
    return Table(
        caption="Warnings in words"
        + (f", the first {MOST_WARNINGS} of {len(concerned)}" if len(concerned) > MOST_WARNINGS else ""),
        columns=("warning", "devices"),
        rows=tuple((sentence, named(devices)) for sentence, devices in shown),
    )


def named(devices: list[str]) -> str:
    """The devices by name, or their number where they are many."""
    return lines(*dict.fromkeys(devices)) if len(devices) <= MOST_NAMED else f"{len(devices)} devices"


def apart_table(report: Report) -> Table:
    """What does not verify: the claim, and the sentences that refuse it."""
    return Table(
        caption="Claims that do not verify; not ranked",
        columns=("device", "claims", "refused because"),
        rows=tuple(
            (
                lines(device_name(entry.device), place_text(entry)),
                lines(row_of_entry(entry).rate, "not verified"),
                lines(*entry.faults[:MOST_FAULTS]),
            )
            for entry in report.collection.apart
        ),
    )


def unmeasured_table(report: Report) -> Table:
    """Devices that gave no figure, and why."""
    return Table(
        caption="Devices without a figure",
        columns=("device", "status", "reason"),
        rows=tuple(
            (lines(device_name(entry.device), place_text(entry)), entry.device.status, reason_of(entry))
            for entry in report.collection.unmeasured
        ),
    )


def reason_of(entry: Entry) -> str:
    """Why an entry has no figure."""
    return visible(entry.device.reason or "no reason was given", 300)


def rung_table(ladder: Progression) -> Table:
    """Medians and ratios by rung, each in its own time, and the last one today, with what stands behind them."""
    steps = {step.upper: step for step in ladder.steps}
    *ratios, since = ratios_of(ladder)
    rows = [
        rung_row(rung.rung.upper(), rung, ratio, steps[rung.rung].hashrate_ratio if rung.rung in steps else None)
        for rung, ratio in zip(ladder.rungs, ratios, strict=True)
    ]
    last, today = ladder.rungs[-1], ladder.today
    faster = today.hashrate_hs.median / last.hashrate_hs.median if today.hashrate_hs and last.hashrate_hs else None
    return Table(
        caption="The median device of each rung in its own time, and the ratio to the rung before",
        columns=("rung", "energy", "to the one before", "hashrate", "to the one before", "what stands behind it"),
        rows=(*rows, rung_row(f"{today.rung.upper()} today", today, since, faster)),
    )


def rung_row(name: str, rung: RungSummary, less_energy: float | None, faster: float | None) -> tuple[str, ...]:
    """The row of one rung."""
    energy, rate = rung.efficiency_j_per_th, rung.hashrate_hs
    if not energy or not rate:
        return (name, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, "no source states it")
    return (
        lines(name, years_text(rung)),
        lines(f"{short_energy(energy.median)} J/TH", bounds_text(energy)),
        UNKNOWN if less_energy is None else division_text(less_energy),
        hashrate_text(rate.median),
        UNKNOWN if faster is None else f"× {three_digits(faster)}",
        lines(
            f"{energy.devices} devices, {energy.figures} figures, {energy.sources} sources",
            f"power: {scopes_text(rung.scopes)}",
        ),
    )


def bounds_text(middle: MedianRange) -> str:
    """What the median would be with each device's lowest and highest source, where that differs."""
    low, high = short_energy(middle.low), short_energy(middle.high)
    return "" if low == high else f"{low} to {high} by the choice of source"


def own_table(report: Report) -> Table:
    """The user's devices beside their rung: how much more or less energy a hash, how much faster or slower."""
    medians = {rung.rung: rung for rung in report.ladder.rungs}
    return Table(
        caption="The given devices, and their rung's median device in its own time",
        columns=("device", "rung", "hashrate", "energy"),
        rows=tuple(own_row(point, medians[point.rung]) for point in report.ladder.own[:MOST_PLACES]),
    )


def own_row(point: Point, rung: RungSummary) -> tuple[str, ...]:
    """The row of one of the user's devices."""
    rate, energy = point.hashrate_hs, point.efficiency_j_per_th
    faster = f"× {three_digits(rate / rung.hashrate_hs.median)} the median" if rate and rung.hashrate_hs else ""
    middle = rung.efficiency_j_per_th
    thriftier = f"{division_text(middle.median / energy)} from the median" if energy and middle else ""
    return (
        point.label,
        point.rung.upper(),
        lines(hashrate_text(rate) if rate else UNKNOWN, marked(point.origin), faster),
        lines(f"{three_digits(energy)} J/TH", marked(f"{point.energy_origin}, {point.power_scope}"), thriftier)
        if energy
        else lines(UNKNOWN, "no meter saw it"),
    )


def frontier_table(ladder: Progression, handovers_only: bool = False) -> Table:
    """The best so far over time; where it passed to another rung, its row says so. The newest is always there."""
    passed = handovers(ladder.frontier)
    return Table(
        caption="The best so far: where it passed from rung to rung, and the newest"
        if handovers_only
        else "The best so far: each device that needed less energy a hash than all before it",
        columns=("released", "device", "rung", "energy"),
        rows=tuple(
            (
                best.date,
                best.device,
                f"{best.kind.upper()} from here on" if best in passed else best.kind.upper(),
                f"{short_energy(best.j_per_th)} J/TH",
            )
            for best in ladder.frontier
            if not handovers_only or best in passed or best is ladder.frontier[-1]
        ),
    )


def place_table(report: Report) -> Table:
    """Each measured device's share of the network on some days."""
    days = [place.date for place in report.places[0].places] if report.places else []
    return Table(
        caption=f"Share of the network's hashrate, and the mean time to find one block alone; "
        f"the last column: until when that was at most {PLACE_DAYS} days"
        + (f"; the first {MOST_PLACES} of {len(report.places)} devices" if len(report.places) > MOST_PLACES else ""),
        columns=("device", *(str(day) for day in days), "a block a month until"),
        rows=tuple(place_row(place) for place in report.places[:MOST_PLACES]),
    )


def place_row(device: DevicePlace) -> tuple[str, ...]:
    """The row of one device."""
    return (
        lines(device.device, hashrate_text(device.hashrate_hs)),
        *(
            lines(share_text(place.share), f"a block in {duration_text(place.seconds_per_block)}")
            for place in device.places
        ),
        str(device.until or "never"),
    )


def reference_table(ladder: Progression) -> Table:
    """Every figure that was not measured here, with its source and what speaks against counting it."""
    return Table(
        caption="Figures that are not measured here, one row a source",
        columns=("device", "rung", "released", "hashrate", "energy", "origin", "source"),
        rows=tuple(
            (
                point.label,
                lines(point.rung.upper(), point.form or ""),
                point.released or UNKNOWN,
                UNKNOWN if point.hashrate_hs is None else rate_text(point.hashrate_hs, "hash"),
                UNKNOWN
                if point.efficiency_j_per_th is None
                else lines(f"{three_digits(point.efficiency_j_per_th)} J/TH", scope_text(point.power_scope)),
                lines(marked(point.origin), f"does not count: {against}" if (against := reason_against(point)) else ""),
                lines(point.source, point.url or ""),
            )
            for point in ladder.points
            if point.origin not in ("measured", "reported")
        ),
    )


def scope_text(scope: str | None) -> str:
    """What the watts of a figure feed, nothing where that is not said."""
    return SCOPE_WORDS.get(scope or "", scope or "")
