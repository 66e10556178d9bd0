"""Joules and work together: joules a unit and units a joule, with intervals that combine both sides' uncertainty.

The window also holds moments that are not timed (answers are checked between samples). The likely
figure takes the mean power of the whole window for the power while working; the upper bound charges
every joule of the window to the work.
"""

from __future__ import annotations

from ...result.energy import Efficiency, Energy, Interval
from ...result.measurement import Rate


def efficiency(energy: Energy, rate: Rate | None, timed_s: float) -> Efficiency | None:
    """What the energy record and the rate give together; None where either is unknown or not about the device.

    `timed_s` is the time within the window in which work was counted.
    """
    if energy.covers not in ("the device", "the device and more") or rate is None:
        return None
    joules = j_per_unit(energy.gross_j, energy.low_j, energy.high_j, energy.window_s, rate, timed_s)
    if joules is None or joules.value <= 0 or not joules.high:
        return None
    above = j_per_unit(
        energy.above_idle_j, energy.above_idle_low_j, energy.above_idle_high_j, energy.window_s, rate, timed_s
    )
    return Efficiency(
        j_per_unit=joules,
        units_per_j=Interval(
            value=1 / joules.value,
            low=1 / joules.high,
            high=1 / joules.low if joules.low > 0 else None,
        ),
        above_idle_j_per_unit=None if above is None or above.value <= 0 else above,
    )


def j_per_unit(
    joules: float | None,
    low_j: float | None,
    high_j: float | None,
    window_s: float | None,
    rate: Rate,
    timed_s: float,
) -> Interval | None:
    """Joules a unit of work, with bounds; None where a part of it is unknown. `value` may be below 0 (above idle)."""
    if joules is None or low_j is None or high_j is None or not window_s or timed_s <= 0:
        return None
    # Clocks of another kind than the window's (a test's) must not turn the bounds around.
    timed_s = min(timed_s, window_s)
    return Interval(
        low=max(0.0, low_j / window_s / (rate.high or rate.value)),
        value=joules / window_s / rate.value,
        high=max(0.0, high_j / timed_s / (rate.low or rate.value)),
    )
