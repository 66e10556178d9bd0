"""The verdict on two settings that were alternated in one run: by pairs of rounds, which had the same conditions.

The rounds of either setting lie next to each other in time, so that what changes more slowly meets both and falls out
of each pair's ratio; what is left shows in how far the pairs lie apart. The interval is Student's t over the logarithms
of the pairs' ratios: no prior is needed. What is loaded once for all rounds (a kernel's place in memory) stays in it.
"""

from __future__ import annotations

import math
from pathlib import Path
from statistics import fmean, stdev

from ....bench.result.measurement import Measurement, Round
from ....bench.result.model import Alternated, AlternatedPair, Result
from ....bench.rounds.interval import WIDEST_LOG, student_t
from ....bench.verification.verdict import Check
from ....kernels.errors import InputError
from ...collect.gather import Entry, checked, entries_of
from ...layout.entry_names import entry_names
from ...layout.work_words import variant_text
from ...wording.visible import visible
from ..footing.conditions import DISTURBANCES
from ..footing.footing import applies, carries, why_no_cpu_time
from ..rates.between_runs import Scatter
from ..rates.rate_series import Series, series_of
from ..rates.ratio import CONFIDENCE, Ratio
from ..rates.run_rates import Basis
from .comparison import CPU_TIME, Comparison
from .energies import LEFT_OPEN, energy_ratio
from .judgement import judge, judge_energy

# Alternated rounds show less than runs apart in time do, and nobody acts on less than this.
THRESHOLD_ALTERNATED = 0.01
FEWEST_PAIRS = 3
# Where rounds are far apart (stalls, others at work), an interval of 95 % would call the same code faster or slower as
# often as one is allowed to be wrong: 5 in 100. A verdict asks for more.
SURE = 0.98
SOURCE = "pairs of rounds"
# Settings whose rates differ by how many CPUs they use: work ÷ CPU time says nothing of them.
OF_CPUS = ("threads",)


def read_alternated(path: str, threshold: float = THRESHOLD_ALTERNATED) -> list[Comparison]:
    """The verdicts on what a file's run alternated. Raises InputError where it alternated nothing, or is no result."""
    checks, result = checked(Path(path))
    if result is None:
        raise InputError(next(check.sentence for check in checks if not check.ok))
    if result.alternated is None:
        raise InputError(f"{visible(path, 200)} alternated nothing; give a second side, or a run with --ab")
    return judge_alternated(result, checks, threshold)


def judge_alternated(
    result: Result, checks: tuple[Check, ...], threshold: float = THRESHOLD_ALTERNATED
) -> list[Comparison]:
    """A comparison for each pair of an alternated run, the second setting over the first; none where it is none.

    `checks`: what verifying the result has found.
    """
    if result.alternated is None:
        return []
    entries = entries_of(result, checks)
    series = [series_of(entry, _named(entry)) for entry in entries]
    return [
        _judge(result.alternated, pair, series, threshold)
        for pair in result.alternated.pairs
        if max(pair.a, pair.b) < len(series)
    ]


def _judge(alternated: Alternated, pair: AlternatedPair, series: list[Series], threshold: float) -> Comparison:
    sides = series[pair.a], series[pair.b]
    entries = [one.entry for one in sides if one.entry is not None]
    because, basis, basis_because = _basis(alternated, sides, entries)
    rounds = _pairs_of_rounds(entries[0].device, entries[1].device)
    if not because and len(rounds) < FEWEST_PAIRS:
        because = f"there are fewer than {FEWEST_PAIRS} pairs of rounds; measure longer (-t 10)"
    ratio, scatter, means = (None, None, [None, None]) if because else _ratio(rounds, basis)
    gone = bool(because) and any(one.fault for one in sides)
    joules, energy_because = energy_ratio(sides[:1], sides[1:]) if not because else (None, because)
    if joules is not None and basis == CPU_TIME:
        joules, energy_because = None, f"{basis_because.partition(',')[0]}, and their joules are among these"
    judgement = "cannot tell" if ratio is None else judge(ratio, threshold)
    if ratio is not None and judgement in ("faster", "slower") and not _is_sure(ratio, len(rounds)):
        judgement, because = "cannot tell", "a verdict asks for a 98 % interval without 1; measure longer (-t 60)"
    if judgement == "cannot tell" and not because:
        because = f"the interval of {len(rounds)} pairs of rounds holds both faster and slower; measure longer (-t 60)"
    energy = "cannot tell" if joules is None else judge_energy(joules, threshold)
    return Comparison(
        name=_name(alternated, sides),
        judgement=judgement,
        ratio=ratio,
        because=because,
        forbidden=(because,) if ratio is None and not gone else (),
        unit=sides[0].unit,
        base_rate=means[0],
        new_rate=means[1],
        base_runs=len(rounds),
        new_runs=len(rounds),
        basis=None if ratio is None else basis,
        basis_because=basis_because if ratio is not None else "",
        scatter=scatter,
        threshold=threshold,
        energy=energy,
        energy_ratio=joules,
        energy_because=energy_because or (LEFT_OPEN if energy == "cannot tell" else ""),
        conditions=(),
        gone=gone,
    )


def _named(entry: Entry) -> str:
    """Device and work; what sets two records of one device apart is told as the setting."""
    return " ".join(filter(None, (*entry_names([entry]), variant_text(entry.device))))


def _name(alternated: Alternated, sides: tuple[Series, Series]) -> str:
    a, b = (visible(value, 80) for value in (alternated.a, alternated.b))
    if alternated.key in ("device", "runtime"):
        return f"{sides[1].name} against {sides[0].name}"
    return f"{sides[0].name}: {alternated.key} {b} against {a}"


def _basis(alternated: Alternated, sides: tuple[Series, Series], entries: list[Entry]) -> tuple[str, Basis, str]:
    """Why there is no verdict (empty where there can be one), which rates decide, and why where it is not the usual."""
    for value, one in zip((alternated.a, alternated.b), sides, strict=True):
        if one.fault:
            return f"{alternated.key} {visible(value, 80)} {one.fault}", "work ÷ time", ""
    found = [
        rule
        for rule in DISTURBANCES
        if rule.effect == CPU_TIME and applies(rule, entries, ()) and any(carries(entry, rule) for entry in entries)
    ]
    if not found:
        return "", "work ÷ time", ""
    words = " and ".join(rule.word for rule in found)
    units = {entry.device.device.compute_units for entry in entries}
    unequal = alternated.key in OF_CPUS or len(units) > 1
    why_not = "who uses more of them loses more" if unequal else why_no_cpu_time(sides)
    if why_not:
        return f"{words}, and {why_not}; {found[0].helps}", "work ÷ time", ""
    return "", CPU_TIME, f"{words}, so that work ÷ time is not the setting's"


def _pairs_of_rounds(a: Measurement, b: Measurement) -> list[tuple[Round, Round]]:
    """The rounds that belong together and both count."""
    return [
        (one, other)
        for one, other in zip(a.rounds, b.rounds, strict=False)
        if one.counted and other.counted and one.samples and other.samples
    ]


def _ratio(rounds: list[tuple[Round, Round]], basis: Basis) -> tuple[Ratio, Scatter, list[float | None]]:
    logs = [[_log_rate(one, basis) for one in pair] for pair in rounds]
    changes = [after - before for before, after in logs]
    change, deviation = fmean(changes), stdev(changes)
    half = min(WIDEST_LOG, student_t(len(changes) - 1, CONFIDENCE) * deviation / math.sqrt(len(changes)))
    ratio = Ratio(value=math.exp(change), low=math.exp(change - half), high=math.exp(change + half))
    scatter = Scatter(deviation=deviation, freedom=len(changes) - 1, source=SOURCE)
    return ratio, scatter, [math.exp(fmean(pair[side] for pair in logs)) for side in (0, 1)]


def _is_sure(ratio: Ratio, pairs: int) -> bool:
    """Whether the wider interval of a verdict excludes 1, too."""
    wider = student_t(pairs - 1, SURE) / student_t(pairs - 1, CONFIDENCE)
    half = (math.log(ratio.high) - math.log(ratio.low)) / 2
    return abs(math.log(ratio.value)) > half * wider


def _log_rate(one: Round, basis: Basis) -> float:
    amount = math.fsum(sample.amount for sample in one.samples)
    seconds = [sample.cpu_s if basis == CPU_TIME else sample.seconds for sample in one.samples]
    # A tick of CPU time at least: rounds are much longer.
    return math.log(amount) - math.log(max(0.01, math.fsum(second or 0.0 for second in seconds)))
