"""The sheet behind a device's line: its samples over time, the race of kernels, the machine, all warnings in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup
from msgspec import Struct

from ...bench.rates import possible_clock_hz
from ...bench.result.measurement import CandidateRecord, Measurement, Sample
from ..charts.strips import Course, course, extent
from ..collect.device_name import NAME_LIMIT
from ..collect.energy_figure import energy_figure
from ..collect.gather import Entry, Group
from ..document.report import Report
from ..layout.device_row import DETAIL_LIMIT, credible_percent, row_of
from ..layout.labels import labels_of
from ..layout.run_details import details_on
from ..layout.tables import Table, lines, marked
from ..layout.work_words import work_text
from ..wording.ratios import three_digits
from ..wording.units import UNKNOWN, clock_text, interval_text, rate_text, temperature_text
from ..wording.visible import visible
from .lines import ident_of, works_of

# More would make the page heavy; the raw results have all.
MOST_SHEETS = 200
MOST_CANDIDATES = 12
MOST_RUNS = 12
MOST_LEFT_OUT = 6
# What the table of runs says of a run, not each of its devices.
OF_THE_RUN = ("note", "challenge", "hashwatt")

Reading = Callable[[Sample], float | None]
READINGS: tuple[tuple[str, Reading, Callable[[float | None], str]], ...] = (
    ("clock", lambda sample: possible_clock_hz(sample.clock_hz), clock_text),
    ("temperature", lambda sample: sample.temperature_c, temperature_text),
)


class Strip(Struct, frozen=True, kw_only=True):
    """A course with the words beside it: what is drawn, and what its upper and lower edge stand for."""

    name: str
    picture: Markup
    upper: str
    lower: str


class Sheet(Struct, frozen=True, kw_only=True):
    """All that the page tells of one device at one work; every text is on one line and free of hidden characters."""

    ident: str
    label: str
    work: str
    rate: str
    figures: tuple[tuple[str, str], ...]
    strips: tuple[Strip, ...]
    strips_words: str
    race: Table | None
    runs: Table | None
    machine: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


def sheets_of(report: Report) -> list[Sheet]:
    """The sheets of the devices that have a line, as many as keep the page light."""
    shown = {line.ident for work in works_of(report.collection) for line in work.lines}
    found: list[Sheet] = []
    for ranking in report.collection.rankings:
        for group, label in zip(ranking.groups, labels_of(ranking.groups), strict=True):
            if len(found) == MOST_SHEETS:
                return found
            if ident_of(group) in shown:
                found.append(sheet_of(group, label))
    return found


def sheet_of(group: Group, label: str) -> Sheet:
    """The sheet of one device's newest run, with its older ones."""
    entry, row = group.newest, row_of(group)
    strips = strips_of(entry)
    return Sheet(
        ident=ident_of(group),
        label=label,
        work=work_text(entry.device),
        rate=row.rate,
        figures=tuple((name, text) for name, text in figures_of(group) if text),
        strips=strips,
        strips_words=strips_words(entry) if strips else "",
        race=race_table(entry.device),
        runs=runs_table(group),
        machine=machine_pairs(entry),
        warnings=row.warnings,
    )


def figures_of(group: Group) -> list[tuple[str, str]]:
    """The figures with all that belongs to them; those that are not known are left out, or say why."""
    entry, row = group.newest, row_of(group)
    device, rate, energy = entry.device, entry.rate, energy_figure(entry.device)
    middle = [
        f"{name} {rate_text(value, device.unit)}"
        for name, value in (("median", rate.median), ("best", rate.best))
        if value is not None
    ]
    roof = device.roof
    roof_rate = f"of {rate_text(roof.rate, device.unit)}" if roof is not None and credible_percent(roof) else ""
    return [
        ("rate", _joined(row.rate, row.rate_interval, marked(row.rate_origin))),
        ("for CPU time", row.per_cpu),
        ("samples’ rates", _joined(*middle)),
        ("runs", "" if row.runs == "1 run" else row.runs),
        ("of its roof", _joined(f"{row.roof} {roof_rate}".strip(), marked(row.roof_origin), row.roof_note)),
        ("the roof is", visible(roof.explanation, DETAIL_LIMIT) if roof is not None else ""),
        ("energy", _joined(row.efficiency, row.efficiency_interval, marked(row.efficiency_origin))),
        # Why it is not known is among the warnings.
        ("energy meter", visible(f"{energy.meter}, {energy.method}", DETAIL_LIMIT) if energy else ""),
        ("kernel", row.kernel),
        ("tuning", tuning_text(device)),
        ("driver", row.driver),
        ("device", visible(device.device.id, NAME_LIMIT)),
        ("evidence", row.evidence),
        ("sampling", sampling_text(device)),
        *(("left out", sentence) for sentence in left_out(device)),
    ]


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def tuning_text(device: Measurement) -> str:
    """How the kernel was tuned."""
    tuning = {} if device.kernel is None else device.kernel.tuning
    return visible(", ".join(f"{name} {value}" for name, value in sorted(tuning.items())), DETAIL_LIMIT)


def sampling_text(device: Measurement) -> str:
    """How much was timed, and how much of it counts."""
    counted = [one for one in device.rounds if one.counted]
    samples = sum(len(one.samples) for one in counted)
    if not samples:
        return ""
    rounds = f"{len(counted)} of {len(device.rounds)} rounds count" if len(device.rounds) > 1 else "one round"
    told = "1 sample" if samples == 1 else f"{samples:,} samples"
    return f"{told} in {three_digits(device.seconds)} s; {rounds}"


def left_out(device: Measurement) -> list[str]:
    """Why rounds do not count, each reason once."""
    reasons = dict.fromkeys(visible(one.left_out, DETAIL_LIMIT) for one in device.rounds if one.left_out)
    return list(reasons)[:MOST_LEFT_OUT]


def strips_of(entry: Entry) -> tuple[Strip, ...]:
    """Rate, clock and temperature over the time of sampling; none of fewer than two samples, which are no course."""
    timed = [(sample, one.counted) for one in entry.device.rounds for sample in one.samples]
    if len(timed) < 2:
        return ()
    unit, rate, kind = entry.device.unit, entry.rate, entry.device.device.kind
    points = course_of(timed, lambda sample: sample.amount / sample.seconds)
    middle = (rate.value, rate.low or rate.value, rate.high or rate.value)
    readings = [value for _, value, _ in points]
    lowest, highest = extent(readings, middle)
    words = f"{len(points)} samples, from {rate_text(min(readings), unit)} to {rate_text(max(readings), unit)}"
    found = [
        Strip(
            name="rate",
            picture=course(Course(points), kind, f"Rate over time: {words}.", middle),
            upper=rate_text(highest, unit),
            lower=rate_text(lowest, unit),
        )
    ]
    for name, reading, text in READINGS:
        known = course_of(timed, reading)
        if len(known) < 2:
            continue
        values = [value for _, value, _ in known]
        lowest, highest = extent(values)
        told = f"{name.capitalize()} over time: from {text(min(values))} to {text(max(values))}."
        found.append(
            Strip(name=name, picture=course(Course(known), kind, told), upper=text(highest), lower=text(lowest))
        )
    return tuple(found)


def course_of(timed: Sequence[tuple[Sample, bool]], reading: Reading) -> list[tuple[float, float, bool]]:
    """When each sample ended, what it reads, whether it counts; samples without such a reading are left out."""
    points, end = [], 0.0
    for sample, counted in timed:
        end += sample.seconds
        if (value := reading(sample)) is not None:
            points.append((end, value, counted))
    return points


def strips_words(entry: Entry) -> str:
    """How to read the strips."""
    rate = entry.rate
    seconds = sum(sample.seconds for one in entry.device.rounds for sample in one.samples)
    middle = "median" if entry.result.written_as == 1 else "rate of all work"
    band = "" if rate.low is None or rate.high is None else f", band: {interval_text(rate.low, rate.high, rate.value)}"
    faint = "; faint: does not count" if any(not one.counted for one in entry.device.rounds) else ""
    return f"{three_digits(seconds)} s of sampling. Dashes: the {middle}{band}{faint}."


def race_table(device: Measurement) -> Table | None:
    """The kernels that were raced on one core or queue, the fastest first; None where nothing was."""
    raced = () if device.kernel is None else device.kernel.candidates
    if not raced:
        return None
    more = f"; {len(raced) - MOST_CANDIDATES} more are in the raw result" if len(raced) > MOST_CANDIDATES else ""
    return Table(
        caption=f"The race of kernels, on one core or queue{more}",
        columns=("kernel", "rate", "compiled in"),
        rows=tuple(_candidate(candidate, device.unit) for candidate in raced[:MOST_CANDIDATES]),
    )


def _candidate(candidate: CandidateRecord, unit: str) -> tuple[str, ...]:
    ran = candidate.rate_per_s is not None
    return (
        visible(candidate.name, NAME_LIMIT),
        rate_text(candidate.rate_per_s or 0.0, unit) if ran else visible(candidate.reason or UNKNOWN, DETAIL_LIMIT),
        UNKNOWN if candidate.compile_s is None else f"{candidate.compile_s:.2f} s",
    )


def runs_table(group: Group) -> Table | None:
    """The device's runs, newest first; None of one."""
    if len(group.entries) == 1:
        return None
    more = f", the first {MOST_RUNS} of {len(group.entries)}" if len(group.entries) > MOST_RUNS else ""
    return Table(
        caption=f"Its runs, newest first{more}",
        columns=("run", "rate", "note"),
        rows=tuple(
            (
                visible(f"{entry.result.created[:16].replace('T', ' ')}, {entry.result.run_id[:8]}", NAME_LIMIT),
                lines(
                    rate_text(entry.rate.value, entry.device.unit),
                    interval_text(entry.rate.low, entry.rate.high, entry.rate.value)
                    if entry.rate.low is not None and entry.rate.high is not None
                    else "",
                ),
                visible(entry.result.note, NAME_LIMIT) if entry.result.note else UNKNOWN,
            )
            for entry in group.entries[:MOST_RUNS]
        ),
    )


def machine_pairs(entry: Entry) -> tuple[tuple[str, str], ...]:
    """The machine as the run saw it; what it does not tell is left out."""
    if entry.machine is None:
        return ()
    pairs = details_on(entry.result, entry.machine).pairs
    return tuple((name, text) for name, text in pairs if name not in OF_THE_RUN and text != UNKNOWN)
