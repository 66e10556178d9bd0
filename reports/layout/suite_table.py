"""Several kinds of work on several devices, a row each: what each reaches, of which roof, for how many joules."""

from __future__ import annotations

from ...kernels.workloads.quantity import quantity_of
from ..collect.gather import Collection, Entry, Group
from ..wording.units import UNKNOWN, rate_text
from .device_row import evidence_text, row_of
from .labels import labels_of
from .roofline import RooflinePoint, ceilings_text, operations_text, rooflines_of
from .tables import MOST_RANKED, Table, lines, marked
from .work_words import work_text


def suite_table(collection: Collection) -> Table | None:
    """A row for each work and device, in the order of the rankings; None where all did the same work."""
    if len(collection.rankings) < 2:
        return None
    # Of each kind of work its share of the rows: a fleet's thousand machines would leave none for the second.
    most = max(1, MOST_RANKED // len(collection.rankings))
    rows: list[tuple[str, ...]] = []
    left = 0
    for ranking in collection.rankings:
        groups = ranking.groups[:most]
        left += len(ranking.groups) - len(groups)
        rows.extend(row(group, label) for group, label in zip(groups, labels_of(groups), strict=True))
    return Table(
        caption="All work on all devices"
        + (f", the first {most} of each kind; {left:,} more are in the CSV (-o FILE.csv)" if left else ""),
        columns=("workload", "device", "rate", "best", "of its roof", "energy", "evidence"),
        rows=tuple(rows),
    )


def row(group: Group, label: str) -> tuple[str, ...]:
    """The cells of one work on one device: its newest run."""
    entry, told = group.newest, row_of(group)
    return (
        work_text(entry.device),
        label,
        lines(told.rate, told.rate_interval, marked(told.rate_origin)),
        best_text(entry),
        lines(told.roof, told.roof_note),
        lines(told.efficiency, told.efficiency_interval, marked(told.efficiency_origin)),
        evidence_text(entry),
    )


def best_text(entry: Entry) -> str:
    """The best sample's rate, where the custom of such benchmarks is to state it; else nothing."""
    best = entry.rate.best
    if best is None or not quantity_of(entry.device.unit).best_is_custom:
        return ""
    return rate_text(best, entry.device.unit)


def roofline_tables(collection: Collection) -> list[Table]:
    """A table for each device whose ceilings are known: where each work lies below them."""
    return [
        Table(
            caption=f"Roofline of {line.device}: {ceilings_text(line)}",
            columns=("workload", "operations for each byte", "operations a second", "a joule", "of its roof"),
            rows=tuple(map(roofline_row, line.points)),
        )
        for line in rooflines_of(collection)
        if line.can_be_drawn
    ]


def roofline_row(point: RooflinePoint) -> tuple[str, ...]:
    """A work's place; what is not counted, or takes no memory, has none."""
    return (
        point.work,
        UNKNOWN if point.intensity is None else f"{point.intensity:.3g}",
        operations_text(point.operations_per_s, point.arithmetic, "/s"),
        operations_text(point.operations_per_j, point.arithmetic, "/J"),
        point.roof,
    )
