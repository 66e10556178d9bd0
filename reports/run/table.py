"""The table at the end of a run: one row a device, built from its result and the verdict on its evidence.

Of several kinds of work see `several_works`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from ...bench.rates import counted_samples, measured_clock_hz, possible_clock_hz
from ...bench.result.measurement import Measurement
from ...bench.result.model import Result
from ...bench.verification.verdict import Verdict
from ...kernels.workloads.evidence import Checked, Recompute, Shares
from ...kernels.workloads.evidence_version1 import ChunkedShares
from ...kernels.workloads.quantity import quantity_of
from ..collect.energy_figure import energy_figure, why_unknown
from ..collect.gather import checks_about
from ..fitted_table import FittedTable
from ..layout.device_row import roof_text
from ..layout.work_words import class_words, variant_text, work_text
from ..wording.ratios import efficiency_text, range_text
from ..wording.units import (
    UNIT_LIMIT,
    UNKNOWN,
    clock_text,
    count_text,
    interval_text,
    percent_text,
    rate_text,
    temperature_text,
)
from ..wording.visible import visible
from .several_works import works_table

# The figures first.
COLUMNS = ("device", "rate", "verdict", "evidence", "of its\nroof", "energy", "kernel", "amount", "clock")
# What a narrow window can do without, the first one first.
EXPENDABLE = ("clock", "amount", "kernel")
NAME_LIMIT = 60
REASON_LIMIT = 90
# With these nothing was measured.
WITHOUT_WORK = ("failed", "refused", "skipped")


def run_table(result: Result, verdict: Verdict) -> FittedTable:
    """A row for each measurement of `result`, in their order; the workload is named where there are several."""
    if has_several_works(result):
        return works_table(result, verdict, device_cell, verdict_cell)
    rows = [
        (
            device_cell(entry, result),
            rate_cell(entry),
            verdict_cell(entry, result, verdict),
            evidence_cell(entry),
            roof_cell(entry),
            energy_cell(entry),
            kernel_cell(entry),
            amount_cell(entry),
            clock_cell(entry),
        )
        for entry in result.results
    ]
    return FittedTable(COLUMNS, rows, expendable=EXPENDABLE)


def device_lines(result: Result) -> list[str]:
    """What each id in the table stands for."""
    names = dict.fromkeys((visible(entry.device.id), visible(entry.device.name)) for entry in result.results)
    width = max((len(device) for device, _ in names), default=0)
    return [f"{device:{width}}  {name}" for device, name in names]


def together_lines(result: Result) -> list[str]:
    """What the devices reached at once, and what that is of their rates alone."""
    together = result.together
    if together is None:
        return []
    if together.sum_rate is None or together.unit is None:
        return [] if together.reason is None else [f"Not measured together: {visible(together.reason)}"]
    unit = together.unit
    width = max(len(visible(rate.device)) for rate in together.rates)
    rates = [
        f"  {visible(rate.device):{width}}  {rate_text(rate.rate, unit)} measured, "
        f"{percent_text(100 * rate.ratio_to_alone)} of its rate alone"
        for rate in together.rates
    ]
    return [
        f"All at once, for {together.seconds:.1f} s:",
        *rates,
        f"  {'sum':{width}}  {rate_text(together.sum_rate, unit)}",
    ]


def run_faults(result: Result, verdict: Verdict) -> list[str]:
    """What was not measured and why, and the checks that fail, a sentence each."""
    together = () if result.together is None else result.together.results
    return [
        visible(note)
        for note in (
            *_unmeasured(result, result.results),
            *(about(check.device, check.sentence) for check in verdict.checks if not check.ok),
            *(f"together: {note}" for note in _unmeasured(result, together)),
        )
    ]


def run_warnings(result: Result) -> list[str]:
    """What casts a doubt on figures, a sentence each; the same sentence for several measurements is one."""
    notes = [warning.text for warning in (*result.warnings, *(result.together.warnings if result.together else ()))]
    # First what makes a figure another thing's, and would not be seen below a list of wide intervals.
    apart = (warning.text for entry in result.results for warning in entry.warnings if warning.code == "near_cache")
    concerned: dict[str, list[Measurement]] = {text: [] for text in apart}
    for entry in result.results:
        for warning in entry.warnings:
            concerned.setdefault(warning.text, []).append(entry)
        if entry.rate is not None and entry.energy and energy_figure(entry) is None:
            concerned.setdefault(f"energy unknown: {_in_a_line(why_unknown(entry))}", []).append(entry)
    for text, entries in concerned.items():
        ids = dict.fromkeys(entry.device.id for entry in entries)
        whole = all(entry in entries for entry in result.results if entry.device.id in ids and entry.rate is not None)
        names = ids if whole else dict.fromkeys(_name(entry, result) for entry in entries)
        notes.append(about(", ".join(names), text))
    return [visible(note) for note in notes]


def _in_a_line(reason: str) -> str:
    """The cause without each meter's part in it, which another command and the file tell."""
    if len(reason) <= REASON_LIMIT:
        return reason
    return f"{reason.partition(' (')[0]:.{REASON_LIMIT - 40}}; `hashwatt meters` says why, and what helps"


def _unmeasured(result: Result, entries: Iterable[Measurement]) -> list[str]:
    """What was not measured and why; where a device has the same reason for many rows, once."""
    told: dict[tuple[str, str], list[Measurement]] = {}
    for entry in entries:
        if entry.reason is not None:
            told.setdefault((entry.device.id, f"{entry.status}: {entry.reason}"), []).append(entry)
    return [about(_first_of(rows, result), sentence, device) for (device, sentence), rows in told.items()]


def _first_of(rows: Sequence[Measurement], result: Result) -> str:
    """The name of the first, and how many more there are: who interrupts a suite need not read of each of its rows."""
    first, more = _name(rows[0], result), len(rows) - 1
    return f"{first} and {more} more" if more else first


def _name(entry: Measurement, result: Result) -> str:
    return names([entry], has_several_works(result))


def has_several_works(result: Result) -> bool:
    """Whether there is more than one work in the result, or form of it, so that each must be named."""
    return len({work_text(entry) for entry in result.results}) > 1


def names(entries: Sequence[Measurement], several: bool) -> str:
    """The devices' ids in a row, each with its work where there are `several`."""
    return ", ".join(
        dict.fromkeys(f"{entry.device.id} ({work_text(entry)})" if several else entry.device.id for entry in entries)
    )


def about(device: str | None, sentence: str, told: str | None = None) -> str:
    """`sentence` with the device it is about in front, unless it names it (`told`, or that very name) anyway."""
    return sentence if device is None or (told or device) in sentence else f"{device}: {sentence}"


def device_cell(entry: Measurement, result: Result) -> str:
    """The device's id; below it its setting where two were alternated, and of several machines which one it is."""
    parts = [visible(entry.device.id, NAME_LIMIT)]
    if entry.setting is not None:
        parts.append(visible(entry.setting, NAME_LIMIT))
    if len(result.machines) > 1:
        parts.append(entry.machine)
    return "\n".join(parts)


def kernel_cell(entry: Measurement) -> str:
    """The kernel's name, and what sets the work apart from the workload's usual one."""
    if entry.kernel is None:
        return UNKNOWN
    name, variant = visible(entry.kernel.name, NAME_LIMIT), variant_text(entry)
    return f"{name}\n{variant}" if variant else name


def rate_cell(entry: Measurement) -> str:
    """The rate and where it comes from, its interval, and the work a second of busy CPUs."""
    rate = entry.rate
    if rate is None:
        return UNKNOWN
    lines = [rate_text(rate.value, entry.unit)]
    if rate.low is not None and rate.high is not None and rate.confidence is not None:
        lines.append(f"{rate.confidence:.0%} {interval_text(rate.low, rate.high, rate.value)}")
    lines.append(rate.origin)
    if rate.best is not None and quantity_of(entry.unit).best_is_custom:
        lines.append(f"best {rate_text(rate.best, entry.unit)}")
    if entry.rate_per_cpu_s is not None:
        lines.append(f"{rate_text(entry.rate_per_cpu_s, entry.unit)} a CPU")
    return "\n".join(lines)


def amount_cell(entry: Measurement) -> str:
    """How much work was done, with what it is counted in below."""
    if not entry.amount:
        return UNKNOWN
    quantity = quantity_of(entry.unit)
    return f"{count_text(entry.amount)}\n{visible(quantity.unit if entry.amount == 1 else quantity.plural, UNIT_LIMIT)}"


def evidence_cell(entry: Measurement) -> str:
    """What the evidence is worth, and how much of it there is."""
    evidence = entry.evidence
    if isinstance(evidence, Shares):
        return f"{class_words(entry)}\n{evidence.count:,} shares"
    if isinstance(evidence, ChunkedShares):
        return f"{class_words(entry)}\n{len(evidence.shares):,} shares"
    if isinstance(evidence, Checked | Recompute):
        answers = evidence.answers if isinstance(evidence, Checked) else len(evidence.answers)
        return f"{class_words(entry)}\n{answers:,} answers"
    return class_words(entry) or UNKNOWN


def roof_cell(entry: Measurement) -> str:
    """The share of the roof that was reached, and which of the device's ceilings that is."""
    text = roof_text(entry.roof)
    return (
        text if entry.roof is None or entry.roof.binds is None else f"{text}\n{visible(entry.roof.binds, NAME_LIMIT)}"
    )


def energy_cell(entry: Measurement) -> str:
    """Joules for the work, their bounds, and what was measured; an estimate is marked before and behind."""
    figure = energy_figure(entry)
    if figure is None:
        return UNKNOWN
    mark = "~" if figure.origin == "estimated" else ""
    lines = [f"{mark}{efficiency_text(figure.j_per_unit, figure.unit)}"]
    if figure.low is not None and figure.high is not None:
        size = quantity_of(figure.unit).energy_amount
        lines.append(range_text(figure.low * size, figure.high * size))
    lines.append(f"{figure.scope}, estimated" if mark else figure.scope)
    return "\n".join(lines)


def clock_cell(entry: Measurement) -> str:
    """The clock (measured, or the median of what the samples tell) and the samples' highest temperature."""
    samples = counted_samples(entry)
    clocks = [clock for sample in samples if (clock := possible_clock_hz(sample.clock_hz)) is not None]
    clock_hz = measured_clock_hz(entry) or (median(clocks) if clocks else None)
    temperatures = [sample.temperature_c for sample in samples if sample.temperature_c is not None]
    return f"{clock_text(clock_hz)}\n{temperature_text(max(temperatures, default=None))}"


def verdict_cell(entry: Measurement, result: Result, verdict: Verdict) -> str:
    """`verified` where every check of this measurement and of the file as a whole holds."""
    if entry.status in WITHOUT_WORK:
        return entry.status
    failed = checks_about(entry, result, [check for check in verdict.checks if not check.ok])
    judgement = "verified" if entry.evidence is not None and not failed else "not verified"
    return judgement if entry.status == "measured" else f"{judgement}\n{entry.status}"
