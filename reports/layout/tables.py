"""The tables of a report as text. A cell's first line is the figure, the lines after it are what belongs to it."""

from __future__ import annotations

from msgspec import Struct

from ..collect.device_name import device_name
from ..collect.gather import Entry, Ranking
from ..document.report import DevicePlace, Report
from ..ladder.network import PLACE_DAYS
from ..ladder.progression import MedianRange, Progression
from ..wording.ratios import duration_text, range_text, ratio_text, share_text, three_digits
from ..wording.units import UNKNOWN, hashrate_text
from ..wording.visible import visible
from .device_row import DeviceRow, place_text, rate_text, row_of, row_of_entry

MOST_WARNINGS = 40
MOST_FAULTS = 12
MOST_NAMED = 4
MOST_PLACES = 12
# The shapes that the charts draw for each origin.
MARKS = {"measured": "●", "reported": "■", "modelled": "◇", "cited": "○", "estimated": "▽"}


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
    """Medians and ratios by rung, with what stands behind them."""
    ratios = {step.upper: step for step in ladder.steps}
    rows = []
    for rung in ladder.rungs:
        step = ratios.get(rung.rung)
        rows.append(
            (
                rung.rung.upper(),
                median_cell(rung.efficiency_j_per_th, "J/TH"),
                ratio_text(step.efficiency) if step and step.efficiency else UNKNOWN,
                median_cell(rung.hashrate_hs, "H/s"),
                ratio_text(step.hashrate) if step and step.hashrate else UNKNOWN,
            )
        )
    return Table(
        caption="Medians of the cited devices; × over the rung before (more hashes a joule, more hashes a second)",
        columns=("rung", "energy", "hashes a joule", "hashrate", "hashes a second"),
        rows=tuple(rows),
    )


def median_cell(middle: MedianRange | None, unit: str) -> str:
    """A median with the number of devices, figures and sources behind it."""
    if middle is None:
        return lines(UNKNOWN, "no source states it")
    figure = (
        hashrate_text(middle.low)
        if unit == "H/s" and middle.low == middle.high
        else f"{hashrate_text(middle.low)} to {hashrate_text(middle.high)}"
        if unit == "H/s"
        else f"{range_text(middle.low, middle.high)} {unit}"
    )
    return lines(figure, f"{middle.devices} devices, {middle.figures} figures, {middle.sources} sources")


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
    """Every cited, estimated and modelled figure with its source."""
    return Table(
        caption="Figures that are not measured here, one row a source",
        columns=("device", "rung", "year", "hashrate", "energy", "origin", "source"),
        rows=tuple(
            (
                point.label,
                point.rung.upper(),
                UNKNOWN if point.year is None else f"{point.year:.0f}",
                UNKNOWN if point.hashrate_hs is None else rate_text(point.hashrate_hs, "hash"),
                UNKNOWN if point.efficiency_j_per_th is None else f"{three_digits(point.efficiency_j_per_th)} J/TH",
                marked(point.origin),
                point.source,
            )
            for point in ladder.points
            if point.origin not in ("measured", "reported")
        ),
    )
