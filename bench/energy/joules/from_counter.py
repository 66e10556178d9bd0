"""Joules from a counter: only its ends matter, since what was missed in between is in its count.

A count can wrap (it went past its range: that is added), be reset (it ran backwards for no such
reason: what was spent in between is lost), or leap beyond reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..meter import Counter
from .integral import PEAK_FACTOR, Integral, Stretch, Value, joined
from .readings import Window


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
    for index, value in enumerate(values):
        rise = None if index == 0 else rise_between(values[index - 1], value, counter, update_s)
        if rise is None:
            # The first reading always begins a run.
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
