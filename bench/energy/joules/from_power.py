"""Joules from watts: readings joined by straight lines, bounded by the lower and the higher of two neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from .integral import Integral, Stretch, Value, joined
from .readings import Window

# A reading of watts stands for at most this many times the time to the next one; then a hole begins.
SILENT_INTERVALS = 3.0


def integrate_power(values: Sequence[Value], step_w: float, window: Window, update_s: float) -> Integral:
    """The joules under a curve of watts within the window."""
    held = [*values]
    # A reading stands for a short time around it, so that the window's edges need no reading of their own.
    if values and 0 < values[0].at_s - window.start_s <= stands_for_s(values[0], update_s):
        held.insert(0, replace(values[0], at_s=window.start_s))
    if values and 0 < window.end_s - values[-1].at_s <= stands_for_s(values[-1], update_s):
        held.append(replace(values[-1], at_s=window.end_s))
    runs: list[list[Value]] = []
    for index, value in enumerate(held):
        if index == 0 or value.at_s - held[index - 1].at_s > stands_for_s(held[index - 1], update_s):
            runs.append([])
        runs[-1].append(value)
    stretches = [stretch for run in runs if (stretch := power_stretch(run, step_w, window, update_s)) is not None]
    return joined(stretches, window, max(0, len(runs) - 1), "the power reading")


def stands_for_s(value: Value, update_s: float) -> float:
    """How long after a reading of watts the next one must come."""
    return SILENT_INTERVALS * max(value.due_s, update_s)


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
