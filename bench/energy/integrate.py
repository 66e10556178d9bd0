"""From readings to joules over a window, with bounds that hold as long as the sensor's own word does.

A *counter* needs only its ends: what it missed in between is in its count. It can wrap (it went past
its range: that is added), be reset (it ran backwards for no such reason: what was spent in between
is lost), or jump. *Watts* are joined by straight lines, and the bounds take the lower and the higher
of two neighbours throughout.

Time that no reading covers is a hole. It is filled with the mean power of the rest, bounded by 0 and
by PEAK_FACTOR times the highest power seen; where holes make up more than MOST_UNCOVERED of the
window, there is no figure, only the reason.

The parts of the bounds are added, not squared: they are limits, not standard deviations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .meter import Counter
from .series import Window

MOST_UNCOVERED = 0.1
# Power rises above the highest mean seen between two readings, but hardly to more than this many times it.
PEAK_FACTOR = 2.0
# Two readings further apart than this many reading intervals leave a hole between them (watts only).
SILENT_INTERVALS = 3.0


@dataclass(frozen=True)
class Value:
    """One reading of one quantity: it was taken at `at_s`, give or take `half_s`."""

    at_s: float
    half_s: float
    value: float


@dataclass(frozen=True)
class Integral:
    """Joules over a window: `low_j` ≤ the truth ≤ `high_j`, `hole_s` of it filled in; `breaks` in the counting.

    `joules` is None where too much is unknown; `reason` then says what.
    """

    joules: float | None
    low_j: float | None
    high_j: float | None
    hole_s: float = 0.0
    breaks: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class Stretch:
    """A part of the window without a hole."""

    seconds: float
    joules: float
    low_j: float
    high_j: float
    peak_w: float


def nothing(reason: str, hole_s: float, breaks: int = 0) -> Integral:
    """No figure, and why."""
    return Integral(None, None, None, hole_s, breaks, reason)


def integrate_counter(values: Sequence[Value], counter: Counter, window: Window, update_s: float) -> Integral:
    """The joules that a counter counted within the window."""
    update_s = update_s if counter.update_s is None else counter.update_s
    runs = unbroken_runs(values, counter, update_s)
    stretches = [
        stretch for run in runs if (stretch := counter_stretch(run, counter.step_j, window, update_s)) is not None
    ]
    return joined(stretches, window, max(0, len(runs) - 1), counter.name)


def unbroken_runs(values: Sequence[Value], counter: Counter, update_s: float) -> list[list[Value]]:
    """The readings as runs of a rising count, wraps added; a new run begins where the count was lost."""
    runs: list[list[Value]] = []
    wrapped_j = 0.0
    for index, value in enumerate(values):
        rise = None if index == 0 else rise_between(values[index - 1], value, counter, update_s)
        if rise is None:
            runs.append([])
            wrapped_j = 0.0
        else:
            # Only a wrap makes the true rise larger than the difference of the readings.
            wrapped_j += rise - (value.value - values[index - 1].value)
        runs[-1].append(Value(value.at_s, value.half_s, value.value + wrapped_j))
    return runs


def rise_between(earlier: Value, later: Value, counter: Counter, update_s: float) -> float | None:
    """The joules between two readings, None where they cannot be known: a reset, a jump, or room for two wraps."""
    seconds = later.at_s - earlier.at_s + earlier.half_s + later.half_s + update_s
    most_j = counter.plausible_w * seconds + counter.step_j
    rise = later.value - earlier.value
    if counter.wraps_at_j is None:
        return rise if 0 <= rise <= most_j else None
    if most_j >= counter.wraps_at_j:
        return None
    if rise < 0:
        rise += counter.wraps_at_j
    return rise if 0 <= rise <= most_j else None


def counter_stretch(run: list[Value], step_j: float, window: Window, update_s: float) -> Stretch | None:
    """What one run of readings tells about the window, None where it does not reach into it."""
    start_s = max(window.start_s, run[0].at_s)
    end_s = min(window.end_s, run[-1].at_s)
    if len(run) < 2 or end_s <= start_s:
        return None
    peak_w = highest_rate(run, update_s)
    first_low, first, first_high = count_at(run, start_s, peak_w)
    last_low, last, last_high = count_at(run, end_s, peak_w)
    # An old value at the start adds what was spent before it, one at the end leaves out as much.
    slack_j = peak_w * (update_s + max(value.half_s for value in run)) + step_j
    return Stretch(
        seconds=end_s - start_s,
        joules=last - first,
        low_j=max(0.0, last_low - first_high - slack_j),
        high_j=last_high - first_low + slack_j,
        peak_w=peak_w,
    )


def highest_rate(run: list[Value], update_s: float) -> float:
    """The highest mean power between two readings, as near to each other as they tell something new."""
    rates = []
    earlier = 0
    for later in range(1, len(run)):
        # Over less time than a value may be old, one that was old and is fresh again looks like a leap.
        while earlier + 1 < later and run[later].at_s - run[earlier + 1].at_s >= update_s:
            earlier += 1
        seconds = run[later].at_s - run[earlier].at_s
        if seconds >= update_s and seconds > 0:
            rates.append((run[later].value - run[earlier].value) / seconds)
    whole_s = run[-1].at_s - run[0].at_s
    return max(rates, default=(run[-1].value - run[0].value) / whole_s if whole_s > 0 else 0.0)


def count_at(run: list[Value], at_s: float, peak_w: float) -> tuple[float, float, float]:
    """The count at a moment within a run: at least, most likely, at most.

    A count never falls, and it rises no faster than PEAK_FACTOR times its highest rate between two readings.
    """
    for earlier, later in pairwise(run):
        if earlier.at_s <= at_s <= later.at_s and later.at_s > earlier.at_s:
            share = (at_s - earlier.at_s) / (later.at_s - earlier.at_s)
            likely = earlier.value + share * (later.value - earlier.value)
            most_before_j = PEAK_FACTOR * peak_w * (at_s - earlier.at_s)
            most_after_j = PEAK_FACTOR * peak_w * (later.at_s - at_s)
            return (
                min(likely, max(earlier.value, later.value - most_after_j)),
                likely,
                max(likely, min(later.value, earlier.value + most_before_j)),
            )
    end = run[0].value if at_s <= run[0].at_s else run[-1].value
    return end, end, end


def integrate_power(
    values: Sequence[Value], step_w: float, window: Window, update_s: float, interval_s: float
) -> Integral:
    """The joules under a curve of watts within the window."""
    longest_s = SILENT_INTERVALS * max(interval_s, update_s)
    held = [*values]
    # A reading stands for a short time around it, so that the window's edges need no reading of their own.
    if values and 0 < values[0].at_s - window.start_s <= longest_s:
        held.insert(0, Value(window.start_s, values[0].half_s, values[0].value))
    if values and 0 < window.end_s - values[-1].at_s <= longest_s:
        held.append(Value(window.end_s, values[-1].half_s, values[-1].value))
    runs: list[list[Value]] = []
    for index, value in enumerate(held):
        if index == 0 or value.at_s - held[index - 1].at_s > longest_s:
            runs.append([])
        runs[-1].append(value)
    stretches = [stretch for run in runs if (stretch := power_stretch(run, step_w, window, update_s)) is not None]
    return joined(stretches, window, max(0, len(runs) - 1), "the power reading")


def power_stretch(run: list[Value], step_w: float, window: Window, update_s: float) -> Stretch | None:
    """What one run of readings tells about the window, None where it does not reach into it."""
    seconds = joules = low_j = high_j = 0.0
    for earlier, later in pairwise(run):
        start_s = max(window.start_s, earlier.at_s)
        end_s = min(window.end_s, later.at_s)
        if end_s <= start_s:
            continue
        slope = (later.value - earlier.value) / (later.at_s - earlier.at_s)
        middle_w = earlier.value + slope * ((start_s + end_s) / 2 - earlier.at_s)
        seconds += end_s - start_s
        joules += middle_w * (end_s - start_s)
        low_j += min(earlier.value, later.value) * (end_s - start_s)
        high_j += max(earlier.value, later.value) * (end_s - start_s)
    if seconds == 0.0:
        return None
    powers = [value.value for value in run]
    # Old values shift the curve in time: at most its whole height, for as long as they are old.
    slack_j = (max(powers) - min(powers)) * (update_s + max(value.half_s for value in run)) + step_w * seconds
    return Stretch(seconds, joules, max(0.0, low_j - slack_j), high_j + slack_j, max(powers) + step_w)


def joined(stretches: list[Stretch], window: Window, breaks: int, name: str) -> Integral:
    """The stretches as one figure, the holes between them filled, or the reason why that cannot be done."""
    covered_s = sum(stretch.seconds for stretch in stretches)
    hole_s = max(0.0, window.seconds - covered_s)
    if hole_s < 1e-9 * window.seconds:
        hole_s = 0.0
    if not stretches or hole_s > MOST_UNCOVERED * window.seconds:
        return nothing(
            f"{name} tells nothing about {hole_s:.3g} s of the {window.seconds:.3g} s: too much to fill in",
            hole_s,
            breaks,
        )
    joules = sum(stretch.joules for stretch in stretches)
    peak_w = max(stretch.peak_w for stretch in stretches)
    return Integral(
        joules=joules * window.seconds / covered_s,
        low_j=sum(stretch.low_j for stretch in stretches),
        high_j=sum(stretch.high_j for stretch in stretches) + PEAK_FACTOR * peak_w * hole_s,
        hole_s=hole_s,
        breaks=breaks,
    )


def summed(parts: Sequence[Integral]) -> Integral:
    """The counters of one meter together (the sockets of one machine): known only where each is."""
    hole_s = max(part.hole_s for part in parts)
    breaks = sum(part.breaks for part in parts)
    for part in parts:
        if part.joules is None:
            return nothing(part.reason or "unknown", hole_s, breaks)
    return Integral(
        joules=sum(part.joules or 0.0 for part in parts),
        low_j=sum(part.low_j or 0.0 for part in parts),
        high_j=sum(part.high_j or 0.0 for part in parts),
        hole_s=hole_s,
        breaks=breaks,
    )


def scaled(integral: Integral, spread: tuple[float, float]) -> Integral:
    """The bounds widened by what the vendor says of the sensor's accuracy."""
    if integral.low_j is None or integral.high_j is None:
        return integral
    return Integral(
        integral.joules,
        integral.low_j * spread[0],
        integral.high_j * spread[1],
        integral.hole_s,
        integral.breaks,
        integral.reason,
    )
