"""Two sides, device by device: faster, slower, same or cannot tell, with the ratio's interval and what differed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import fmean

from msgspec import Struct

from ..footing.differences import differences
from ..footing.footing import Footing, entries_of, footing_of
from ..rates.between_runs import MOVED, PRIOR, PRIOR_CONTENDED, PRIOR_VIRTUAL, Scatter, ratio_between, runs_needed
from ..rates.rate_series import Series
from ..rates.ratio import Ratio
from ..rates.run_rates import Basis, basis_of, run_rate
from ..sides.pairs import Pair, pairs_of
from ..sides.sides import Side, shared_run
from .clocks import undone_by_clock
from .energies import LEFT_OPEN, energy_ratio
from .judgement import THRESHOLD, EnergyJudgement, Judgement, judge, judge_energy

CPU_TIME: Basis = "work ÷ CPU time"
MORE_RUNS = "give several runs a side (folders), or alternate (`hashwatt run --ab`)"


class Comparison(Struct, frozen=True, kw_only=True):
    """One device before and now. `ratio` is new over base (above 1: faster); `energy_ratio` that of joules a unit.

    `because` tells why nothing can be told, of the rate and of the energy, and what helps. `forbidden`: the conditions
    that forbid a verdict, another processor first; there is no ratio then. `basis`: which rates were set against each
    other, and `basis_because` why where it is not what the files state. `base_rate`, `new_rate`: their geometric means,
    in `unit` a second (of a CPU where the basis is work ÷ CPU time). `scatter`: what runs of a side were taken to
    differ by. `left_out`: runs that have no verified figure. `conditions`: what else differed. `gone`: the new side has
    no verified figure.
    """

    name: str
    judgement: Judgement
    ratio: Ratio | None
    because: str
    forbidden: tuple[str, ...]
    unit: str
    base_rate: float | None
    new_rate: float | None
    base_runs: int
    new_runs: int
    basis: Basis | None
    basis_because: str
    scatter: Scatter | None
    threshold: float
    energy: EnergyJudgement
    energy_ratio: Ratio | None
    energy_because: str
    conditions: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    gone: bool = False

    def __repr__(self) -> str:
        energy = f"{self.energy}, {self.energy_ratio} times the joules" if self.energy_ratio else self.energy_because
        rate = f"{self.ratio} times the rate" if self.ratio else self.because
        return f"Comparison({self.name}: {self.judgement}, {rate}; {energy})"


def compare(base: Side, new: Side, threshold: float = THRESHOLD) -> list[Comparison]:
    """A comparison for each device and work of either side, in the base's order."""
    return [compare_pair(pair, threshold) for pair in pairs_of(base, new)]


def compare_pair(pair: Pair, threshold: float = THRESHOLD) -> Comparison:
    """One device."""
    base, new = (usable(side) for side in (pair.base, pair.new))
    because, gone = why_nothing(pair, base, new)
    footing = footing_of(base, new) if not because else Footing(forbidden=(), helps="", disturbed="")
    if footing.forbidden:
        because = f"{', '.join(footing.forbidden)}; {footing.helps}"
    told = _Told() if because else rates_told(base, new, footing, threshold)
    # What the clock did to the rate it did to the power, too.
    no_energy = because or (told.because if told.by_clock else "")
    joules, energy_because = (None, no_energy) if no_energy else energies_told(base, new, footing)
    energy = "cannot tell" if joules is None else judge_energy(joules, threshold)
    first = next(iter((*pair.base, *pair.new)))
    return Comparison(
        name=pair.name,
        judgement="cannot tell" if told.ratio is None else judge(told.ratio, threshold),
        ratio=told.ratio,
        because=because or told.because,
        forbidden=footing.forbidden or ((told.because.partition(";")[0],) if told.moved else ()),
        unit=first.unit,
        base_rate=told.base_rate,
        new_rate=told.new_rate,
        base_runs=len(base),
        new_runs=len(new),
        basis=told.basis,
        basis_because=told.basis_because,
        scatter=told.scatter,
        threshold=threshold,
        energy=energy,
        energy_ratio=joules,
        energy_because=energy_because or (LEFT_OPEN if energy == "cannot tell" else ""),
        conditions=differences(entries_of(base), entries_of(new)) if entries_of(base) and entries_of(new) else (),
        left_out=tuple(left_out(pair)),
        gone=gone,
    )


def usable(side: Sequence[Series]) -> tuple[Series, ...]:
    """The runs that count: those with a verified figure, and of these with samples enough where there are such."""
    good = tuple(one for one in side if not one.fault)
    return tuple(one for one in good if not one.too_short) or good


class _Told(Struct, frozen=True, kw_only=True):
    ratio: Ratio | None = None
    because: str = ""
    base_rate: float | None = None
    new_rate: float | None = None
    basis: Basis | None = None
    basis_because: str = ""
    scatter: Scatter | None = None
    moved: bool = False
    by_clock: bool = False


def why_nothing(pair: Pair, base: Sequence[Series], new: Sequence[Series]) -> tuple[str, bool]:
    """Why there is nothing to compare, whatever the conditions; and whether it is that the new side has nothing."""
    sides = (("base", pair.base, base), ("new", pair.new, new))
    for name, every, _ in sides:
        if not every:
            return f"it is not in the {name} run", name == "new"
    for name, every, good in sides:
        if not good:
            return f"the {name} run {every[0].fault}", name == "new"
    kinds = {(one.unit, str(sorted(one.parameters.items()))) for one in (*base, *new)}
    if len(kinds) > 1:
        return "the two sides did different kinds of work", False
    if shared_run(base, new):
        return "the same run stands on both sides; give each run to one of them", False
    if any(one.is_own_word for one in (*base, *new)):
        return "it is what the device says of itself; prove its rate (`hashwatt serve`)", False
    for one in (*base, *new):
        if one.too_short:
            helps = "-t 10" if one.shares is None else "--seconds 600"
            return f"there are {one.too_short}; measure longer ({helps})", False
    return "", False


def rates_told(base: Sequence[Series], new: Sequence[Series], footing: Footing, threshold: float) -> _Told:
    """The ratio of the rates, with what it rests on; also why a verdict stays open."""
    basis, basis_because = basis_of([*base, *new])
    prior = PRIOR_VIRTUAL if any(one.is_on_shared_cores for one in (*base, *new)) else PRIOR
    if footing.disturbed:
        basis, prior = CPU_TIME, PRIOR_CONTENDED
        basis_because = f"{footing.disturbed}, so that work ÷ time is not the code's"
    rates = [[run_rate(run, basis) for run in side] for side in (base, new)]
    moved = max(rate.moved for side in rates for rate in side)
    if moved > MOVED and len(base) == len(new) == 1:
        return _Told(because=f"the rate moved by {100 * moved:.1f} % within a run; {MORE_RUNS}", moved=True)
    ratio, scatter = ratio_between(rates[0], rates[1], prior)
    by_clock = undone_by_clock(base, new, rates, ratio, prior, threshold)
    if by_clock:
        return _Told(because=by_clock, moved=True, by_clock=True)
    means = [math.exp(fmean(rate.log for rate in side)) for side in rates]
    return _Told(
        ratio=ratio,
        because=why_open(ratio, scatter, threshold) if judge(ratio, threshold) == "cannot tell" else "",
        base_rate=means[0],
        new_rate=means[1],
        basis=basis,
        basis_because=basis_because,
        scatter=scatter,
    )


def why_open(ratio: Ratio, scatter: Scatter, threshold: float) -> str:
    """What would tell: how many runs, as far as that can be said."""
    change = math.log(ratio.value)
    # Whatever lies nearer to nothing than the threshold would be the same; the interval must lie within it.
    sought = abs(change) if abs(change) > math.log1p(threshold) else math.log1p(threshold) - abs(change) / 2
    runs = runs_needed(sought, scatter)
    how = "more runs a side" if runs is None else f"about {runs} runs a side"
    return f"the interval holds both faster and slower; {how} (folders) or `hashwatt run --ab` would tell"


def energies_told(base: Sequence[Series], new: Sequence[Series], footing: Footing) -> tuple[Ratio | None, str]:
    """The ratio of the joules, or why there is none: whoever takes CPUs takes joules, too."""
    ratio, because = energy_ratio(base, new)
    if ratio is not None and footing.disturbed:
        return None, f"{footing.disturbed}, and their joules are among these"
    return ratio, because


def left_out(pair: Pair) -> Iterator[str]:
    """A sentence for each run that does not count, where others of its side do."""
    for name, side in (("base", pair.base), ("new", pair.new)):
        counted = usable(side)
        for one in side if counted else ():
            if one not in counted:
                yield f"a {name} run {one.fault or f'has {one.too_short}'}"
