"""A fleet as tables and sentences: machines as rows, sums, which of equal machines is unlike the others, the lost."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from ...bench.result.fleet import Lost
from ...bench.result.measurement import Measurement
from ...bench.result.model import Result
from ...kernels.workloads.quantity import quantity_of
from ..collect.device_name import NAME_LIMIT
from ..collect.energy_figure import energy_figure
from ..collect.gather import Collection, Group
from ..document.report import Report
from ..fleet.causes import likely_causes
from ..fleet.outliers import Outlier, outliers, twins_of, unsure
from ..fleet.totals import EnergyTotal, Total, totals_of
from ..wording.ratios import efficiency_text, range_text
from ..wording.units import UNKNOWN, count_text, interval_text, rate_text
from ..wording.visible import visible
from .device_row import efficiency_interval_text, rate_interval_text, warning_kinds_of
from .labels import labels_of
from .tables import Table, lines

# More are in the CSV; a page of tens of thousands of rows opens nowhere.
MOST_ROWS = 2000
MOST_OUTLIERS = 100
MOST_LOST = 200
MOST_SENTENCES = 5
REASON = 300


def is_fleet(collection: Collection) -> bool:
    """Whether any of the results is of several machines."""
    return any(len(result.machines) > 1 or result.fleet is not None for result in collection.results)


NO_TWIN = "no twin"


def machine_table(report: Report, most: int = MOST_ROWS) -> Table:
    """A row for each machine and device of the files that hold several machines, the slowest of its twins first."""
    marks = {id(group): " (cannot tell: restless)" for group in unsure(report.collection.groups)}
    for outlier in outliers(report.collection.groups):
        marks[id(outlier.group)] = " (slow)" if outlier.is_slow else " (fast)"
    rows: list[tuple[float, Group]] = []
    for twins in twins_of_all(report.collection):
        middle = median(twin.newest.rate.value for twin in twins)
        rows.extend((group.newest.rate.value / middle, group) for group in twins)
        if len(twins) == 1:
            # Held against itself it would always be 100 %.
            marks[id(twins[0])] = NO_TWIN
    rows.sort(key=lambda row: (row[0], row[1].key))
    left = len(rows) - most
    return Table(
        caption="Machine by machine, the slowest of equal ones first"
        + (f"; {left:,} more are in the CSV (-o FILE.csv)" if left > 0 else ""),
        columns=("machine", "device", "rate", "of its twins’ median", "energy", "warnings"),
        rows=tuple(_row(group, ratio, marks.get(id(group), "")) for ratio, group in rows[:most]),
    )


def twins_of_all(collection: Collection) -> list[tuple[Group, ...]]:
    """The sets of twins, and a trial's workers each by itself: they share a machine, and are no twins."""
    twins = twins_of(collection.groups)
    known = {id(group) for found in twins for group in found}
    alone = [(group,) for group in collection.groups if group.key.machine_id and id(group) not in known]
    return [*twins, *alone]


def _row(group: Group, ratio: float, mark: str) -> tuple[str, ...]:
    entry = group.newest
    energy = energy_figure(entry.device)
    return (
        lines(entry.host or f"machine {entry.machine_id}", f"{entry.machine_id}" if entry.host else ""),
        lines(labels_of([group])[0], visible(entry.device.workload, NAME_LIMIT)),
        lines(rate_text(entry.rate.value, entry.device.unit), rate_interval_text(entry.rate)),
        mark if mark == NO_TWIN else f"{100 * ratio:.1f} %{mark}",
        lines(
            efficiency_text(energy.j_per_unit if energy else None, entry.device.unit),
            efficiency_interval_text(energy),
            f"{energy.origin}, {energy.scope}" if energy else "",
        ),
        ", ".join(warning_kinds_of(entry)) or "none",
    )


def outlier_table(report: Report) -> Table:
    """Devices that are unlike their twins, with what of them is unlike, too."""
    found = outliers(report.collection.groups)
    more = f", the first {MOST_OUTLIERS} of {len(found):,}" if len(found) > MOST_OUTLIERS else ""
    return Table(
        caption=f"Unlike their twins{more}; a cause is likely, not proven: it is what else is unlike them",
        columns=("machine", "device", "rate", "likely cause"),
        rows=tuple(_outlier_row(outlier) for outlier in found[:MOST_OUTLIERS]),
    )


def _outlier_row(outlier: Outlier) -> tuple[str, ...]:
    group = outlier.group
    entry = group.newest
    return (
        lines(entry.host or f"machine {entry.machine_id}", entry.machine_id if entry.host else ""),
        lines(labels_of([group])[0], visible(entry.device.workload, NAME_LIMIT)),
        lines(rate_text(entry.rate.value, entry.device.unit), off_text(outlier)),
        lines(*likely_causes(outlier)),
    )


def off_text(outlier: Outlier) -> str:
    """How far off it is, and of how many."""
    how = "below" if outlier.is_slow else "above"
    return f"{100 * abs(1 - outlier.ratio):.1f} % {how} the median of {len(outlier.twins)} equal ones"


def outlier_sentences(groups: Iterable[Group]) -> list[str]:
    """A sentence for each of the first devices that are unlike their twins, and one for the others."""
    found = outliers(groups)
    told = [_outlier_sentence(outlier) for outlier in found[:MOST_SENTENCES]]
    left = len(found) - MOST_SENTENCES
    return [*told, f"{left:,} more are unlike their twins."] if left > 0 else told


def _outlier_sentence(outlier: Outlier) -> str:
    group = outlier.group
    name = group.newest.host or f"machine {group.key.machine_id}"
    causes = "; ".join(likely_causes(outlier))
    return f"Unlike its twins: {name}, {labels_of([group])[0]}, {off_text(outlier)}; {causes}."


def lost_table(results: Iterable[Result]) -> Table:
    """The machines that gave no result, and why."""
    lost = [one for result in results if result.fleet is not None for one in result.fleet.lost]
    more = f", the first {MOST_LOST} of {len(lost):,}" if len(lost) > MOST_LOST else ""
    return Table(
        caption=f"Lost machines{more}: what they did not finish counts nothing",
        columns=("machine", "address", "reason"),
        rows=tuple(
            (visible(one.name, NAME_LIMIT), visible(one.address, NAME_LIMIT), visible(one.reason, REASON))
            for one in lost[:MOST_LOST]
        ),
    )


def lost_sentence(lost: Lost) -> str:
    """A lost machine in a sentence."""
    return f"lost: {visible(lost.name, NAME_LIMIT)}: {visible(lost.reason, REASON)}"


def unmeasured_sentences(result: Result) -> list[str]:
    """A sentence for each reason why devices gave no figure, with how many there were on which machine first."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for entry in result.results:
        if entry.status != "measured":
            why = visible(entry.reason or "no reason was given", REASON)
            reasons.setdefault((entry.device.id, f"{entry.status}: {why}"), []).append(entry.machine)
    return [
        f"{visible(device)} {why} ({'machine ' + machines[0] if len(machines) == 1 else f'{len(machines):,} machines'})"
        for (device, why), machines in reasons.items()
    ][:MOST_LOST]


def total_table(report: Report) -> Table:
    """The sums of each result of several machines, of what verifies in it."""
    return Table(
        caption="All machines together, by the run; joules of different scope are never added",
        columns=("run", "machines and devices", "rate", "joules for the work", "not added"),
        rows=tuple(_total_row(result, total) for result, total in totals_in(report.collection)),
    )


def totals_in(collection: Collection) -> list[tuple[Result, Total]]:
    """The sums of each result of several machines, over what verifies in it."""
    good: dict[int, list[Measurement]] = {}
    for group in collection.groups:
        for entry in group.entries:
            good.setdefault(id(entry.result), []).append(entry.device)
    return [
        (result, total)
        for result in collection.results
        if len(result.machines) > 1 and not (result.fleet is not None and result.fleet.trial)
        for total in totals_of(good.get(id(result), []))
    ]


def _total_row(result: Result, total: Total) -> tuple[str, ...]:
    return (
        lines(f"{result.created[:10]}, run {result.run_id[:8]}", visible(total.workload, NAME_LIMIT)),
        f"{total.machines:,} machines, {total.devices:,} devices",
        lines(rate_text(total.rate, total.unit), _interval(total), "measured"),
        lines(*(energy_total_text(energy, total.unit) for energy in total.energy)) or UNKNOWN,
        lines(*total.left_out) or "nothing",
    )


def _interval(total: Total) -> str:
    if total.low is None or total.high is None or total.confidence is None:
        return ""
    return f"{total.confidence * 100:.3g} % {interval_text(total.low, total.high, total.rate)}"


def energy_total_text(energy: EnergyTotal, unit: str) -> str:
    """The joules of a scope in a line."""
    size = quantity_of(unit).energy_amount
    bounds = ""
    if energy.low_j is not None and energy.high_j is not None:
        bounds = f" ({range_text(energy.low_j / energy.amount * size, energy.high_j / energy.amount * size)})"
    return (
        f"{energy.scope}: {count_text(energy.joules)} J on {energy.machines:,} machines, "
        f"{efficiency_text(energy.j_per_unit, unit)}{bounds}, {energy.origin}"
    )


def total_sentences(collection: Collection) -> list[str]:
    """The sums in sentences; beside other results each names its run."""
    told = []
    for result, total in totals_in(collection):
        interval = _interval(total)
        of_run = f" of run {visible(result.run_id[:8], NAME_LIMIT)}" if len(collection.results) > 1 else ""
        told.append(
            f"All {total.machines:,} machines{of_run}, {visible(total.workload, NAME_LIMIT)}: "
            f"{rate_text(total.rate, total.unit)}{f' ({interval})' if interval else ''} on {total.devices:,} devices."
        )
        told.extend(f"  {energy_total_text(energy, total.unit)}" for energy in total.energy)
        told.extend(f"  not added: {sentence}" for sentence in total.left_out)
    return told


def trial_sentence(results: Iterable[Result]) -> str:
    """That a trial is one; empty where none is."""
    if any(result.fleet is not None and result.fleet.trial for result in results):
        return (
            "A trial: its machines are workers of one machine that took its cores from each other; nothing is added up."
        )
    return ""


def fleet_sentences(collection: Collection) -> list[str]:
    """What a headline says of fleets."""
    if not is_fleet(collection):
        return []
    trial = trial_sentence(collection.results)
    lost = sum(len(result.fleet.lost) for result in collection.results if result.fleet is not None)
    return [
        *([trial] if trial else []),
        *total_sentences(collection),
        *outlier_sentences(collection.groups),
        *([f"{lost:,} machine{'s were' if lost > 1 else ' was'} lost; the reasons stand below."] if lost else []),
    ]


def fleet_parts(report: Report, most: int = MOST_ROWS) -> list[tuple[str, Table]]:
    """The tables of fleets, each with a heading; none of a report without any."""
    if not is_fleet(report.collection):
        return []
    parts = [
        ("All machines together", total_table(report)),
        ("Unlike their twins", outlier_table(report)),
        ("Lost machines", lost_table(report.collection.results)),
        ("Machine by machine", machine_table(report, most)),
    ]
    return [(heading, content) for heading, content in parts if content.rows]
