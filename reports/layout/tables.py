"""The tables of a report as text. A cell's first line is the figure, the lines after it are what belongs to it."""

from __future__ import annotations

from msgspec import Struct

from ..collect.device_name import NAME_LIMIT, device_name
from ..collect.gather import Entry, Ranking
from ..document.report import Report
from ..wording.visible import visible
from .device_row import DeviceRow, place_text, row_of, row_of_entry, warnings_of
from .work_words import variant_text

# More rows of that many lines make a page heavy.
MOST_RANKED = 200
MOST_WARNINGS = 40
MOST_FAULTS = 12
MOST_NAMED = 4
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
    variant = variant_text(ranking.groups[0].newest.device)
    name = visible(ranking.workload, NAME_LIMIT)
    return f"{name}, {variant}" if variant else name


def device_table(ranking: Ranking) -> Table:
    """A row a device, fastest first; of very many the first ones."""
    many = len(ranking.groups) > MOST_RANKED
    of_many = f", the first {MOST_RANKED} of {len(ranking.groups):,}; the CSV (-o FILE.csv) has all" if many else ""
    return Table(
        caption=f"{ranking_title(ranking)}, fastest first{of_many}",
        columns=("device", "rate", "energy", "of its roof", "kernel and driver", "evidence", "warnings"),
        rows=tuple(cells(row_of(group)) for group in ranking.groups[:MOST_RANKED]),
    )


def cells(row: DeviceRow) -> tuple[str, ...]:
    """The cells of one device."""
    return (
        lines(row.device, row.place),
        lines(
            row.rate, row.rate_interval, marked(row.rate_origin), row.per_cpu, "" if row.runs == "1 run" else row.runs
        ),
        lines(row.efficiency, row.efficiency_interval, marked(row.efficiency_origin)),
        lines(row.roof, marked(row.roof_origin), row.roof_note),
        lines(row.kernel, row.driver),
        row.evidence,
        ", ".join(row.warning_kinds) or "none",
    )


def warning_table(report: Report) -> Table:
    """The warnings in words, each sentence once, with the devices it concerns."""
    concerned: dict[str, list[str]] = {}
    for group in report.collection.groups:
        for sentence in warnings_of(group.newest):
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
