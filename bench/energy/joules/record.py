"""From a meter's readings to the record in the result: which figure, how sure, about what, or why there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, cast

from ...result.energy import CrossCheck, Energy, IdlePower, PowerPoint
from ...result.printable import printable
from ..meter import NOTHING_HELPS, MeterInfo, MeterMissing
from .coverage import Attribution
from .from_counter import integrate_counter
from .from_power import integrate_power
from .idle import above_idle
from .integral import Integral, Value, end_to_end, scaled, summed
from .readings import Point, Window, around, attempts, first_error, hull, silences, within

Method = Literal["integrated counter", "sampled power"]

# A counter goes before watts as long as its step and delay leave no more doubt than this; then the surer one goes.
COUNTER_DOUBT = 0.05
COURSE_POINTS = 60
# A counter stands still where so many readings, over so many times its delay, are the same, and less than this would
# have moved it: whatever has a counter draws more.
FEWEST_STANDING = 3
STANDING_UPDATES = 20
LEAST_W = 0.1
# So many readings of watts with so fine a step, relative to them, are never the same by chance.
FEWEST_FROZEN = 20
FROZEN_STEP = 0.002
HOLES_SOURCE = "time without readings is filled with the mean power and bounded by 0 and twice the highest power seen"
DISAGREEMENT_SOURCE = "counter and watts disagree, so the bounds span both"


def energy_record(
    info: MeterInfo,
    points: Sequence[Point],
    windows: Window | Sequence[Window],
    attribution: Attribution,
    idle: Sequence[IdlePower] = (),
) -> Energy:
    """The record of one meter over a window, or over several one after another (at least one)."""
    windows = [windows] if isinstance(windows, Window) else list(windows)
    seconds = sum(window.seconds for window in windows)
    inside = within(points, windows)
    method, integral, other = best_figure(info, points, windows)
    check = None if other is None else cross_check(method, integral, other)
    disagree = check is not None and not check.agrees
    if disagree and other is not None:
        integral = spanning(integral, other)
    tried = attempts(list(points), windows)
    reason = why_frozen(info, points, hull(windows), bool(idle)) or why_unknown(info, integral, tried, windows)
    known = reason is None
    above = above_idle(integral, seconds, idle) if known and not info.estimated else None
    return Energy(
        meter=printable(info.id, 200),
        name=printable(info.name),
        method="estimated" if info.estimated else method,
        scope=info.scope,
        covers=attribution.covers,
        attribution=printable(attribution.sentence),
        gross_j=integral.joules if known else None,
        low_j=integral.low_j,
        high_j=integral.high_j,
        above_idle_j=None if above is None else above.joules,
        above_idle_low_j=None if above is None else above.low_j,
        above_idle_high_j=None if above is None else above.high_j,
        idle=() if info.estimated else tuple(idle),
        window_s=seconds,
        samples=sum(point.reading is not None for point in inside),
        gaps=silences(tried) + integral.breaks,
        hole_s=integral.hole_s,
        bound_source=printable(bound_source(info, integral, disagree)),
        cross_check=check,
        course=course(info, method, points, windows) if known else (),
        meter_cpu_s=sum(point.cpu_s for point in inside),
        reason=None if reason is None else printable(reason),
    )


def best_figure(
    info: MeterInfo, points: Sequence[Point], windows: Sequence[Window]
) -> tuple[Method | None, Integral, Integral | None]:
    """The method chosen, its figure, and the figure of the other method where the meter tells both."""
    near = [(around(list(points), window), window) for window in windows]
    counted = sampled = None
    if info.counters:
        counted = end_to_end([from_counters(info, some, window) for some, window in near], windows)
    if info.power_step_w is not None:
        sampled = end_to_end([from_power(info, some, window) for some, window in near], windows)
    if counted is None and sampled is None:
        seconds = sum(window.seconds for window in windows)
        return None, Integral(None, None, None, seconds, 0, "the meter tells neither joules nor watts"), None
    doubts = doubt(counted), doubt(sampled)
    counted_in_full = None if counted is None else scaled(counted, info.spread)
    sampled_in_full = None if sampled is None else scaled(sampled, info.spread)
    if counted_in_full is None or (sampled_in_full and doubts[0] > COUNTER_DOUBT and doubts[1] < doubts[0]):
        return "sampled power", cast(Integral, sampled_in_full), counted_in_full
    return "integrated counter", counted_in_full, sampled_in_full


def doubt(integral: Integral | None) -> float:
    """How far the truth may lie from a figure, relative to it."""
    if integral is None or not integral.joules or integral.low_j is None or integral.high_j is None:
        return math.inf
    return (integral.high_j - integral.low_j) / 2 / integral.joules


def from_counters(info: MeterInfo, points: Sequence[Point], window: Window) -> Integral:
    """The joules of all counters of a meter together."""
    parts = []
    for index, counter in enumerate(info.counters):
        values = [
            Value(point.at_s, (point.after_s - point.before_s) / 2, count)
            for point in points
            if point.reading is not None
            and index < len(point.reading.counters_j)
            and (count := point.reading.counters_j[index]) is not None
        ]
        parts.append(integrate_counter(values, counter, window, info.update_s))
    return summed(parts)


def from_power(info: MeterInfo, points: Sequence[Point], window: Window) -> Integral:
    """The joules under the watts of a meter."""
    values = [
        Value(
            point.at_s,
            (point.after_s - point.before_s) / 2,
            point.reading.power_w,
            info.interval_s if point.due_s is None else point.due_s,
        )
        for point in points
        if point.reading is not None and point.reading.power_w is not None
    ]
    return integrate_power(values, info.power_step_w or 0.0, window, info.update_s)


def cross_check(method: Method | None, integral: Integral, other: Integral) -> CrossCheck | None:
    """The second opinion, None where either figure is unknown."""
    if method is None or integral.low_j is None or integral.high_j is None:
        return None
    if other.joules is None or other.low_j is None or other.high_j is None:
        return None
    return CrossCheck(
        method="sampled power" if method == "integrated counter" else "integrated counter",
        joules=other.joules,
        low_j=other.low_j,
        high_j=other.high_j,
        agrees=other.low_j <= integral.high_j and integral.low_j <= other.high_j,
    )


def spanning(integral: Integral, other: Integral) -> Integral:
    """The figure with bounds that take in the other one's: one of the two is wrong, and nobody knows which."""
    return Integral(
        integral.joules,
        min(integral.low_j or 0.0, other.low_j or 0.0),
        max(integral.high_j or 0.0, other.high_j or 0.0),
        integral.hole_s,
        integral.breaks,
    )


def why_frozen(info: MeterInfo, points: Sequence[Point], window: Window, has_idled: bool) -> str | None:
    """Why a meter's values are none: one of its counters stands still, or its watts are the same idle and at work.

    A counter so coarse that a tenth of a watt would not have moved it may stand still for a while.
    """
    near = [point.reading for point in around(list(points), window) if point.reading is not None]
    for index, counter in enumerate(info.counters):
        counts = {reading.counters_j[index] for reading in near if index < len(reading.counters_j)}
        oldest_s = info.update_s if counter.update_s is None else counter.update_s
        enough = len(near) >= FEWEST_STANDING and window.seconds > STANDING_UPDATES * oldest_s
        moves_w = counter.step_j / window.seconds
        if enough and moves_w < LEAST_W and len(counts) == 1 and None not in counts:
            return f"the counter {counter.name} did not move in {window.seconds:.3g} s, so it counts nothing"
    told = [point.reading.power_w for point in points if point.reading is not None]
    if not has_idled or info.counters or len(told) < FEWEST_FROZEN or len(set(told)) > 1 or not told[0]:
        return None
    if (info.power_step_w or 0.0) > FROZEN_STEP * told[0]:
        return None
    return f"the reading did not move: {told[0]:.6g} W to the last digit, idle and at work"


def why_unknown(info: MeterInfo, integral: Integral, points: Sequence[Point], windows: Sequence[Window]) -> str | None:
    """The reason why there is no figure, None where there is one."""
    if integral.joules is None:
        error = first_error(list(points))
        return (integral.reason or "unknown") + (f" ({error})" if error else "")
    low_j, high_j = integral.low_j or 0.0, integral.high_j or 0.0
    seconds = sum(window.seconds for window in windows)
    # An estimate's bounds are wide by nature, and say so.
    if integral.joules <= 0 or (doubt(integral) >= 1 and not info.estimated):
        if integral.joules <= 0 and not info.counters:
            return f"the meter reported 0 W for {seconds:.3g} s"
        needed_s = window_needed_s(info, integral, windows)
        return f"between {low_j:.4g} and {high_j:.4g} J is all that is known: " + (
            f"{seconds:.3g} s are too short for this meter; measure for {needed_s:.0f} s (-t {needed_s:.0f})"
            if needed_s > seconds
            else "it saw next to no power"
        )
    return None


def window_needed_s(info: MeterInfo, integral: Integral, windows: Sequence[Window], uncertainty: float = 0.05) -> float:
    """How long the windows must be for the meter's step and delay to stay within ± that share of the energy."""
    seconds = sum(window.seconds for window in windows)
    if integral.joules is None or integral.low_j is None or integral.high_j is None or not seconds:
        return 0.0
    # The power is at least what the bounds leave, and where they leave nothing what they allow.
    power_w = max(integral.joules, integral.high_j / 2) / seconds
    step_j = sum(counter.step_j for counter in info.counters)
    oldest_s = max([counter.update_s or info.update_s for counter in info.counters] or [info.update_s])
    # Each window has its ends.
    return len(windows) * (step_j / power_w + oldest_s) / uncertainty if power_w > 0 else 0.0


def bound_source(info: MeterInfo, integral: Integral, disagree: bool) -> str:
    """Where the bounds come from, in words."""
    parts = [info.bound_source]
    if integral.hole_s > 0:
        parts.append(HOLES_SOURCE)
    if disagree:
        parts.append(DISAGREEMENT_SOURCE)
    return "; ".join(parts)


def course(
    info: MeterInfo, method: Method | None, points: Sequence[Point], windows: Sequence[Window]
) -> tuple[PowerPoint, ...]:
    """The mean power in equal parts of each window, as fine as the readings allow: at least two in each part.

    `until_s` counts the windows' time alone, as if they lay end to end.
    """
    taken: list[PowerPoint] = []
    before_s = 0.0
    for window in windows:
        usable = sum(point.reading is not None for point in around(list(points), window))
        parts = max(1, min(max(1, COURSE_POINTS // len(windows)), usable // 2))
        length_s = window.seconds / parts
        for index in range(parts):
            part = Window(window.start_s + index * length_s, window.start_s + (index + 1) * length_s)
            near = around(list(points), part)
            figure = from_counters(info, near, part) if method == "integrated counter" else from_power(info, near, part)
            if figure.joules is not None:
                taken.append(PowerPoint(until_s=before_s + (index + 1) * length_s, power_w=figure.joules / length_s))
        before_s += window.seconds
    return tuple(taken)


def missing_record(reason: str) -> Energy:
    """The record that says why there are no joules."""
    return Energy(
        meter=None,
        method=None,
        scope=None,
        gross_j=None,
        above_idle_j=None,
        window_s=None,
        samples=None,
        gaps=None,
        low_j=None,
        high_j=None,
        bound_source=None,
        reason=printable(reason),
    )


def no_meter_reason(missing: Sequence[MeterMissing]) -> str:
    """Why a machine has no meter at all, and what would give it one."""
    if not missing:
        return "no meter was asked for (--meter none)"
    # What this kind of machine never has (a battery, another maker's chip) explains nothing.
    telling = [entry for entry in missing if entry.remedy != NOTHING_HELPS] or missing
    reasons = "; ".join(f"{entry.id}: {entry.reason}" for entry in telling)
    return f"no energy source ({reasons}). What would help: {telling[0].remedy}; `hashwatt meters` has the whole list"
