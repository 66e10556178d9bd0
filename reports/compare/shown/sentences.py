"""Comparisons and histories in words, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ....bench.result.dates import RELEASED
from ...collect.device_name import device_name
from ...layout.device_row import place_text, rate_interval_text
from ...layout.tables import Table
from ...layout.work_words import variant_text
from ...wording.ratios import change_text
from ...wording.units import UNKNOWN, rate_text
from ...wording.visible import visible
from ..history.benchmark_history import FigureHistory
from ..history.history import FEWEST_RUNS, History
from ..rates.ratio import Ratio
from ..verdicts.alternated import SOURCE as PAIRED
from ..verdicts.comparison import CPU_TIME, Comparison


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """The verdict on one device, then what it rests on, then what else differed."""
    because = f" ({comparison.because})" if comparison.because else ""
    yield f"{comparison.name}: {comparison.judgement}{because}"
    if comparison.ratio is not None:
        yield f"  rate {ratio_line(comparison.ratio)}"
        yield f"  {rates_line(comparison)}; {scatter_line(comparison)}"
    if comparison.basis_because:
        yield f"  compared by {comparison.basis}: {comparison.basis_because}"
    if comparison.energy_ratio is not None:
        word = {kind: f"{kind} energy for the same work" for kind in ("less", "more")} | {"same": "the same energy"}
        judged = word.get(comparison.energy, f"energy: cannot tell ({comparison.energy_because})")
        yield f"  {judged}: {ratio_line(comparison.energy_ratio)}"
    elif comparison.energy_because != comparison.because:
        yield f"  energy: cannot tell ({comparison.energy_because})"
    for condition in comparison.conditions:
        yield f"  differs: {condition}"
    for sentence in comparison.left_out:
        yield f"  left out: {sentence}"


def rates_line(comparison: Comparison) -> str:
    """The two rates, and how many runs they are of."""
    unit, each = comparison.unit, " a CPU" if comparison.basis == CPU_TIME else ""
    before, now = (
        UNKNOWN if rate is None else rate_text(rate, unit) + each
        for rate in (comparison.base_rate, comparison.new_rate)
    )
    if comparison.scatter is not None and comparison.scatter.source == PAIRED:
        return f"{before} → {now} ({comparison.base_runs} pairs of rounds)"
    return f"{before} → {now} ({runs_text(comparison.base_runs)} → {runs_text(comparison.new_runs)})"


def runs_text(count: int) -> str:
    """So many runs."""
    return "1 run" if count == 1 else f"{count} runs"


def scatter_line(comparison: Comparison) -> str:
    """What the interval rests on: how far runs lie apart, and whose word that is."""
    scatter = comparison.scatter
    if scatter is None:
        return UNKNOWN
    if scatter.source == "prior":
        prior = scatter.prior or scatter.deviation
        return f"one run a side: that runs of the same code differ by {100 * prior:g} % is a prior, not measured"
    if scatter.source == PAIRED:
        return f"the pairs' ratios lie {100 * scatter.deviation:.1f} % apart"
    joined = "" if scatter.source == "runs" else ", with the prior"
    return f"runs of a side lie {100 * scatter.deviation:.1f} % apart{joined}"


def ratio_line(ratio: Ratio) -> str:
    """A ratio as a change, with its interval."""
    bounds = f"{change_text(ratio.low)} to {change_text(ratio.high)}"
    return f"× {ratio.value:.4g} ({change_text(ratio.value)}; 95 % interval {bounds})"


def history_table(history: History) -> Table:
    """A device's runs, oldest first; a step is marked where it begins."""
    begun = {step.index: step.ratio for step in history.steps or ()}
    rows = []
    for index, (entry, rate) in enumerate(zip(history.entries, history.rates, strict=True)):
        before = history.rates[index - 1].value if index > history.undated else None
        rows.append(
            (
                entry.result.created,
                rate_text(rate.value, entry.device.unit),
                rate_interval_text(rate) or UNKNOWN,
                UNKNOWN if before is None else change_text(rate.value / before),
                f"step {change_text(begun[index])}" if index in begun else "",
                entry.result.run_id[:8],
            )
        )
    newest = history.entries[-1]
    work = ", ".join(filter(None, (visible(history.group.key.workload, 80), variant_text(newest.device))))
    title = f"{device_name(newest.device)}: {work} ({place_text(newest, history.group.key.twin)})"
    return Table(caption=title, columns=("run", "rate", "interval", "change", "", "id"), rows=tuple(rows))


def step_lines(history: History) -> Iterator[str]:
    """What changed at each step."""
    if history.recomputed:
        yield "the files are of several schema versions: all rates are recomputed from the samples (work ÷ time)"
    if history.undated:
        have = "run has" if history.undated == 1 else "runs have"
        yield (
            f"{history.undated} {have} no place in time, because the clock was not set (before {RELEASED}, or on no "
            "calendar); set it and measure again"
        )
    if history.steps is None:
        runs = len(history.entries) - history.undated
        yield f"{runs} {'run is' if runs == 1 else 'runs are'} too few to tell steps from scatter ({FEWEST_RUNS} do)"
        return
    if not history.steps:
        yield "no step stands out from the scatter"
    for step in history.steps:
        entry = history.entries[step.index]
        yield f"stepped {change_text(step.ratio)} with run {entry.result.run_id[:8]} of {entry.result.created}"
        yield from (f"  differs: {condition}" for condition in step.conditions)
        if not step.conditions:
            yield "  no recorded condition differs from the run before"


def figure_table(history: FigureHistory) -> Table:
    """A benchmark's figure, oldest first; a step is marked where it begins."""
    begun = {step.index: step.ratio for step in history.steps or ()}
    rows = []
    for index, (run, value) in enumerate(zip(history.runs, history.values, strict=True)):
        rows.append(
            (
                run.created,
                f"{value:.4g}",
                change_text(value / history.values[index - 1]) if index else UNKNOWN,
                f"step {change_text(begun[index])}" if index in begun else "",
                run.commit,
            )
        )
    # Without the path of its file, which is long.
    title = f"{history.benchmark.rpartition('::')[2]}: {history.figure} ({history.machine})"
    return Table(caption=title, columns=("run", "figure", "change", "", "commit"), rows=tuple(rows))


def figure_lines(history: FigureHistory) -> Iterator[str]:
    """What a figure's history lacks, in words."""
    if history.steps is None:
        runs = len(history.runs)
        yield f"{runs} {'run is' if runs == 1 else 'runs are'} too few to tell steps from scatter ({FEWEST_RUNS} do)"
    elif not history.steps:
        yield "no step stands out from the scatter"
