"""Two runs, device by device: faster, slower, same or cannot tell, with the ratio's interval and what else differed."""

from __future__ import annotations

import math
from typing import Literal

from msgspec import Struct

from ...bench.sampling.plan import FEWEST_SAMPLES
from ..collect.energy_figure import EnergyFigure, energy_figure
from .differences import differences
from .rate_series import Series
from .ratio import Ratio, ratio_of_medians, ratio_of_totals

Judgement = Literal["faster", "slower", "same", "cannot tell"]
EnergyJudgement = Literal["less", "more", "same", "cannot tell"]
Basis = Literal["work ÷ time", "median"]

# A change below this is no change that anyone would act on.
SAME_WITHIN = 0.01


class Comparison(Struct, frozen=True, kw_only=True):
    """One device before and now. `ratio` is new over base (above 1: faster); `energy_ratio` that of joules a unit.

    `because` tells why nothing can be told, of the rate and of the energy. `basis`: which rates were set against each
    other; where the two files state their rates by different rules, `basis_because` says what was done about it.
    """

    name: str
    judgement: Judgement
    ratio: Ratio | None
    because: str
    basis: Basis | None
    basis_because: str
    energy: EnergyJudgement
    energy_ratio: Ratio | None
    energy_because: str
    conditions: tuple[str, ...]

    def __repr__(self) -> str:
        energy = f"{self.energy}, {self.energy_ratio} times the joules" if self.energy_ratio else self.energy_because
        rate = f"{self.ratio} times the rate" if self.ratio else self.because
        return f"Comparison({self.name}: {self.judgement}, {rate}; {energy})"


def compare(base: dict[str, Series], new: dict[str, Series]) -> list[Comparison]:
    """A comparison for each device of either side, in the base's order."""
    names = dict.fromkeys((*base, *new))
    return [compare_device(name, base.get(name), new.get(name)) for name in names]


def compare_device(name: str, base: Series | None, new: Series | None) -> Comparison:
    """One device."""
    ratio, because = rate_ratio(base, new)
    energy_ratio, energy_because = ratio_of_energies(base, new)
    basis, basis_because = basis_of(base, new) if ratio and base and new else (None, "")
    entries = (base.entry if base else None, new.entry if new else None)
    return Comparison(
        name=name,
        judgement="cannot tell" if ratio is None else judge(ratio),
        ratio=ratio,
        because=because,
        basis=basis,
        basis_because=basis_because,
        energy="cannot tell" if energy_ratio is None else judge_energy(energy_ratio),
        energy_ratio=energy_ratio,
        energy_because=energy_because,
        conditions=differences(entries[0], entries[1]) if entries[0] and entries[1] else (),
    )


def judge(ratio: Ratio) -> Judgement:
    """Same where the whole interval is within a percent of 1; else faster or slower where it excludes 1."""
    if ratio.low >= 1 / (1 + SAME_WITHIN) and ratio.high <= 1 + SAME_WITHIN:
        return "same"
    if ratio.low > 1:
        return "faster"
    return "slower" if ratio.high < 1 else "cannot tell"


def judge_energy(ratio: Ratio) -> EnergyJudgement:
    """The same rule, for the energy that work takes."""
    words: dict[Judgement, EnergyJudgement] = {"faster": "more", "slower": "less"}
    judgement = judge(ratio)
    return words.get(judgement, "same" if judgement == "same" else "cannot tell")


def rate_ratio(base: Series | None, new: Series | None) -> tuple[Ratio | None, str]:
    """The ratio of the rates, or why there is none; also why a ratio stays open."""
    if base is None or new is None:
        return None, f"it is not in the {'base' if base is None else 'new'} run"
    for side, series in (("base", base), ("new", new)):
        if series.fault:
            return None, f"the {side} run {series.fault}"
    if base.unit != new.unit or base.parameters != new.parameters:
        return None, "the two runs did different kinds of work"
    if min(len(base.rates), len(new.rates)) < FEWEST_SAMPLES:
        return None, f"there are fewer than {FEWEST_SAMPLES} samples; measure longer (-t 10)"
    if basis_of(base, new)[0] == "median":
        ratio = ratio_of_medians(base.rates, new.rates)
    else:
        ratio = ratio_of_totals(timed(base), timed(new))
    open_ended = judge(ratio) == "cannot tell"
    return ratio, "the interval holds both faster and slower; measure longer (-t 60)" if open_ended else ""


def basis_of(base: Series, new: Series) -> tuple[Basis, str]:
    """Which rates are compared, and why where it is not what both files state."""
    if base.headline == new.headline:
        return base.headline, ""
    if base.seconds and new.seconds:
        return "work ÷ time", "one file (schema version 1) states the median, so both are recomputed from the samples"
    return "median", "one file keeps no amounts of work, so the medians of the samples' rates are compared"


def timed(series: Series) -> list[tuple[float, float]]:
    """The work and the seconds of each sample."""
    return [(rate * seconds, seconds) for rate, seconds in zip(series.rates, series.seconds, strict=True)]


def ratio_of_energies(base: Series | None, new: Series | None) -> tuple[Ratio | None, str]:
    """The ratio of the joules a unit with the bounds that the meters leave, or why there is none."""
    figures = [energy_figure(side.entry.device) if side and side.entry else None for side in (base, new)]
    before, now = figures
    if before is None or now is None:
        return None, "no energy figure on both sides"
    for side, series in (("base", base), ("new", new)):
        if series and series.fault:
            return None, f"the {side} run {series.fault}"
    if base and new and (base.unit != new.unit or base.parameters != new.parameters):
        return None, "the two runs did different kinds of work"
    kind = different_kind(before, now)
    if kind:
        return None, kind
    if before.low is None or before.high is None or now.low is None or now.high is None or not before.low:
        return None, "the energy figures have no bounds"
    ratio = Ratio(value=now.j_per_unit / before.j_per_unit, low=now.low / before.high, high=now.high / before.low)
    if not math.isfinite(ratio.value + ratio.low + ratio.high):
        return None, "the meters' bounds leave it open"
    return ratio, "the meters' bounds leave it open" if judge(ratio) == "cannot tell" else ""


def different_kind(before: EnergyFigure, now: EnergyFigure) -> str:
    """Why two figures cannot be set against each other; empty where they can."""
    for name, one, other in (("scope", before.scope, now.scope), ("method", before.method, now.method)):
        if one != other:
            return f"the {name} differs: {one} against {other}"
    return ""


def failures(comparisons: list[Comparison], percent: float) -> list[str]:
    """What a limit of so many per cent is broken by: devices surely slower by more, and devices without an answer.

    Noise alone breaks nothing: an interval that reaches above the limit passes.
    """
    broken = []
    for comparison in comparisons:
        if comparison.ratio is not None and comparison.ratio.high < 1 - percent / 100:
            broken.append(f"{comparison.name} is slower by more than {percent:g} %")
        elif comparison.ratio is None and comparison.because.startswith(("it is not in the new", "the new run")):
            broken.append(f"{comparison.name}: {comparison.because}")
    if not any(comparison.ratio for comparison in comparisons):
        broken.append("nothing could be compared")
    return broken
