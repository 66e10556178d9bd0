"""Idleness: what a meter sees while nothing is measured, and what is left of a figure above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...result.energy import IdlePower
from .integral import Integral

# Measured by default only with meters that need no longer than this, before and again after the run.
DEFAULT_IDLE_S = 3.0
# Meters whose values are older than this see too little in DEFAULT_IDLE_S.
SLOWEST_FOR_DEFAULT_S = 0.5


def idle_power(integral: Integral, seconds: float, when: Literal["before", "after"]) -> IdlePower | None:
    """The idle power that follows from the joules of an idle window, None where they are unknown."""
    if integral.joules is None or integral.low_j is None or integral.high_j is None or seconds <= 0:
        return None
    return IdlePower(
        when=when,
        seconds=seconds,
        power_w=integral.joules / seconds,
        low_w=integral.low_j / seconds,
        high_w=integral.high_j / seconds,
    )


def above_idle(integral: Integral, seconds: float, idle: Sequence[IdlePower]) -> Integral | None:
    """The joules above idle: the mean idle power is taken off, and its extremes widen the bounds."""
    if not idle or integral.joules is None or integral.low_j is None or integral.high_j is None:
        return None
    mean_w = sum(power.power_w for power in idle) / len(idle)
    return Integral(
        joules=integral.joules - mean_w * seconds,
        low_j=integral.low_j - max(power.high_w for power in idle) * seconds,
        high_j=integral.high_j - min(power.low_w for power in idle) * seconds,
    )
