"""The runs of one device over time, and where its rate stepped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from ....bench.result.brief import lines_of
from ....bench.result.dates import is_date_sure
from ....bench.result.measurement import Rate
from ...collect.gather import Collection, Entry, Group, comparable_rates, of_several_versions
from ...wording.visible import visible
from ..footing.differences import differences
from ..rates.rate_series import series_of
from ..rates.run_rates import basis_of, run_rate

# Below this many runs, a step cannot be told from the usual scatter; `compare` is for two.
FEWEST_RUNS = 4
# A step is this many times the scatter (fewer than 4 in 100 series without one then show one), and at least this much.
SIGNIFICANT = 6.0
SMALLEST_STEP = 0.01
# Scatter below this is not believed.
LEAST_SCATTER = 0.001
# One run may be a spike: a level is what at least so many runs in a row show.
FEWEST_OF_LEVEL = 2
# The median absolute deviation of a normal distribution, in standard deviations.
MAD_OF_NORMAL = 0.6745


class RateStep(Struct, frozen=True, kw_only=True):
    """A lasting change that begins with run number `index` (from 0): the ratio of the medians after and before."""

    index: int
    ratio: float
    conditions: tuple[str, ...]


class History(Struct, frozen=True, kw_only=True):
    """A device's verified runs, oldest first, their rates, and its steps (None: too few runs to tell).

    `rates` are as the files state them; where these are of several versions (`recomputed`) all are work ÷ time.
    `undated` runs, made before the clock was set, have no place in time and come first.
    """

    group: Group
    entries: tuple[Entry, ...]
    rates: tuple[Rate, ...]
    recomputed: bool
    steps: tuple[RateStep, ...] | None
    undated: int = 0

    def __repr__(self) -> str:
        steps = "too few runs to tell steps" if self.steps is None else f"{len(self.steps)} steps"
        return lines_of(f"History of {visible(self.group.key.name, 120)} ({steps}):", self.entries)


def histories(collection: Collection) -> tuple[History, ...]:
    """A history for each device, in the order of the ranking."""
    return tuple(history_of(group) for group in collection.groups)


def history_of(group: Group) -> History:
    """The history of one device."""
    entries = tuple(reversed(group.entries))
    rates, recomputed = tuple(comparable_rates(entries)), of_several_versions(entries)
    undated = sum(not is_date_sure(entry.result.created) for entry in entries)
    steps = steps_of(entries, rates, undated) if len(entries) - undated >= FEWEST_RUNS else None
    return History(group=group, entries=entries, rates=rates, recomputed=recomputed, steps=steps, undated=undated)


def steps_of(entries: Sequence[Entry], rates: Sequence[Rate], undated: int) -> tuple[RateStep, ...]:
    """The steps among the dated runs."""
    logs = [math.log(rate.value) for rate in rates]
    noise = scatter(logs[undated:], entries[undated:])
    bounds = [undated, *step_places(logs, undated, len(logs), noise), len(logs)]
    steps = []
    for start, index, stop in zip(bounds, bounds[1:], bounds[2:], strict=False):
        change = median(logs[index:stop]) - median(logs[start:index])
        between = differences(entries[index - 1 : index], entries[index : index + 1])
        steps.append(RateStep(index=index, ratio=math.exp(change), conditions=between))
    return tuple(steps)


def scatter(logs: Sequence[float], entries: Sequence[Entry]) -> float:
    """How far runs lie apart without a step: as neighbours do, and no less than what the runs themselves show."""
    runs = [series_of(entry, "") for entry in entries]
    errors = [run_rate(run, basis_of([run])[0]).error for run in runs]
    return max(scatter_of(logs), median(errors) if errors else 0.0, LEAST_SCATTER)


def scatter_of(logs: Sequence[float]) -> float:
    """The standard deviation that neighbours show; a few steps among them do not move their median."""
    return median(abs(after - before) for before, after in pairwise(logs)) / MAD_OF_NORMAL / math.sqrt(2)


def step_places(logs: Sequence[float], start: int, stop: int, noise: float) -> list[int]:
    """Where steps begin between `start` and `stop`: the most significant split, then those within its two sides."""
    best, place = 0.0, None
    for index in range(start + FEWEST_OF_LEVEL, stop - FEWEST_OF_LEVEL + 1):
        before, after = logs[start:index], logs[index:stop]
        change = median(after) - median(before)
        significance = abs(change) / (noise * math.sqrt(1 / len(before) + 1 / len(after)))
        if abs(change) <= SMALLEST_STEP or significance <= max(best, SIGNIFICANT):
            continue
        if has_level(after, median(before), change) and has_level(before[::-1], median(after), -change):
            best, place = significance, index
    if place is None:
        return []
    return [*step_places(logs, start, place, noise), place, *step_places(logs, place, stop, noise)]


def has_level(logs: Sequence[float], other: float, change: float) -> bool:
    """Whether the first of these runs is on this side of the change, and not it alone: a spike moves middles, too."""
    sides = [(value - other) / change > 0.5 for value in logs]
    return sides[0] and sum(sides) >= FEWEST_OF_LEVEL
