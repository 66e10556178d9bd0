"""Joules and work of the same time: joules a unit and units a joule, with bounds.

The window also holds moments in which no work is counted (answers are checked between samples). The likely figure
takes the mean power of the whole window for the power while working. The bounds leave it open: at most, those moments
cost nothing and every joule was the work's; at least, they drew twice the highest power seen. The rate's interval has
no part in it: work is counted exactly, and over the same time. So the bounds speak of this window; how another one
would differ, other runs tell.
"""

from __future__ import annotations

from ...result.energy import Efficiency, Energy, Interval
from ...result.measurement import Rate
from .integral import PEAK_FACTOR


def efficiency(energy: Energy, rate: Rate | None, amount: int, timed_s: float) -> Efficiency | None:
    """What the energy record and the work give together; None where either is unknown or not about the device.

    `amount` is the work that was counted within the window, in `timed_s` of its seconds.
    """
    if energy.covers not in ("the device", "the device and more") or rate is None or amount <= 0 or timed_s <= 0:
        return None
    if energy.gross_j is None or energy.low_j is None or energy.high_j is None or not energy.window_s:
        return None
    window_s = energy.window_s
    # Clocks of another kind than the window's (a test's) must not turn the bounds around.
    timed_s = min(timed_s, window_s)
    share = timed_s / window_s
    highest_w = max([energy.gross_j / window_s, *(point.power_w for point in energy.course)])
    beside_j = (window_s - timed_s) * PEAK_FACTOR * highest_w

    def a_unit(joules: float, low_j: float, high_j: float) -> Interval:
        """Joules a unit; `joules` may be below 0 (above idle)."""
        return Interval(
            low=max(0.0, low_j - beside_j) / amount,
            value=joules * share / amount,
            high=max(0.0, high_j) / amount,
        )

    joules = a_unit(energy.gross_j, energy.low_j, energy.high_j)
    if joules.value <= 0 or not joules.high:
        return None
    above = None
    if (
        energy.above_idle_j is not None
        and energy.above_idle_low_j is not None
        and energy.above_idle_high_j is not None
        and energy.above_idle_j > 0
    ):
        above = a_unit(energy.above_idle_j, energy.above_idle_low_j, energy.above_idle_high_j)
    return Efficiency(
        j_per_unit=joules,
        units_per_j=Interval(
            value=1 / joules.value,
            low=1 / joules.high,
            high=1 / joules.low if joules.low > 0 else None,
        ),
        above_idle_j_per_unit=above,
    )
