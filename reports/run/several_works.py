"""The table at the end of a run of several kinds of work: a row each, so short that a suite's fit a window."""

from __future__ import annotations

from collections.abc import Callable

from ...bench.result.measurement import Measurement
from ...bench.result.model import Result
from ...bench.verification.verdict import Verdict
from ...kernels.workloads.evidence import EvidenceKind, class_of
from ...kernels.workloads.quantity import quantity_of
from ..collect.energy_figure import energy_figure
from ..fitted_table import FittedTable
from ..layout.device_row import roof_text
from ..layout.work_words import work_text
from ..wording.ratios import efficiency_text
from ..wording.units import UNKNOWN, interval_text, rate_text
from ..wording.visible import visible

WORK = "workload"
BINDS_LIMIT = 20
# A row is no taller, as far as columns can give way: what has no room is in the file, and in every report.
MOST_LINES = 2
# The first one gives way first.
EXPENDABLE = ("a CPU", "best", "evidence", "energy", "95 % interval")
# The words of `CLASS_WORDS`, each in one.
SHORT_WORDS: dict[EvidenceKind, str] = {
    "shares": "proven",
    "recompute": "recomputable",
    "checked": "checked",
    "reported": "told",
}


def works_table(
    result: Result,
    verdict: Verdict,
    device_of: Callable[[Measurement, Result], str],
    verdict_of: Callable[[Measurement, Result, Verdict], str],
) -> FittedTable:
    """A row for each measurement of `result`, in their order; devices and verdicts as in the table of one work."""
    origins = {entry.rate.origin for entry in result.results if entry.rate is not None}
    rate = f"rate,\n{next(iter(origins))}" if len(origins) == 1 else "rate"
    cells: dict[str, Callable[[Measurement], str]] = {
        WORK: work_text,
        "device": lambda entry: device_of(entry, result),
        rate: lambda entry: _rate(entry, len(origins) > 1),
        "95 % interval": _interval,
        "of its roof": _roof,
        "verdict": lambda entry: verdict_of(entry, result, verdict).replace("\n", ", "),
        "evidence": _evidence,
        "energy": _energy,
        "best": _best,
        "a CPU": _per_cpu,
    }
    rows = [tuple(cell(entry) for cell in cells.values()) for entry in result.results]
    # A column of dashes alone tells nothing that the notes below do not.
    told = [at for at, name in enumerate(cells) if name not in EXPENDABLE or any(row[at] != UNKNOWN for row in rows)]
    columns = [name for at, name in enumerate(cells) if at in told]
    return FittedTable(
        columns, [[row[at] for at in told] for row in rows], expendable=EXPENDABLE, most_lines=MOST_LINES
    )


def _rate(entry: Measurement, with_origin: bool) -> str:
    if entry.rate is None:
        return UNKNOWN
    text = rate_text(entry.rate.value, entry.unit)
    return f"{text}\n{entry.rate.origin}" if with_origin else text


def _interval(entry: Measurement) -> str:
    rate = entry.rate
    if rate is None or rate.low is None or rate.high is None:
        return UNKNOWN
    return interval_text(rate.low, rate.high, rate.value)


def _roof(entry: Measurement) -> str:
    text = roof_text(entry.roof)
    if entry.roof is None or entry.roof.binds is None or text == UNKNOWN:
        return text
    return f"{text} {visible(entry.roof.binds, BINDS_LIMIT)}"


def _evidence(entry: Measurement) -> str:
    return UNKNOWN if entry.evidence is None else SHORT_WORDS[class_of(entry.evidence)]


def _best(entry: Measurement) -> str:
    rate = entry.rate
    if rate is None or rate.best is None or not quantity_of(entry.unit).best_is_custom:
        return UNKNOWN
    return rate_text(rate.best, entry.unit)


def _per_cpu(entry: Measurement) -> str:
    return UNKNOWN if entry.rate_per_cpu_s is None else rate_text(entry.rate_per_cpu_s, entry.unit)


def _energy(entry: Measurement) -> str:
    figure = energy_figure(entry)
    if figure is None:
        return UNKNOWN
    mark = "~" if figure.origin == "estimated" else ""
    return f"{mark}{efficiency_text(figure.j_per_unit, figure.unit)}\n{figure.scope}"
