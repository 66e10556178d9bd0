"""From readings to joules over a window, with bounds that hold as long as the sensor's own word does.

Counters are integrated in `from_counter`, watts in `from_power`; both give stretches without a hole, which are
joined here. Time that no reading covers is a hole. It is filled with the mean power of the rest,
bounded by 0 and by PEAK_FACTOR times the highest power seen; where holes make up more than
MOST_UNCOVERED of the window, there is no figure, only the reason.

The parts of the bounds are added, not squared: they are limits, not standard deviations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .readings import Window

MOST_UNCOVERED = 0.1
# Power rises above the highest mean seen between two readings, but hardly to more than this many times it.
PEAK_FACTOR = 2.0


@dataclass(frozen=True)
class Value:
    """One reading of one quantity, taken at `at_s`, give or take `half_s`; the next was due after `due_s`."""

    at_s: float
    half_s: float
    value: float
    due_s: float = 0.0


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


def end_to_end(parts: Sequence[Integral], windows: Sequence[Window]) -> Integral:
    """The windows' figures as one. A window without a figure is a hole, filled and bounded as any other.

    The bounds are added: whether a meter's delay at the ends of one window makes up for that of another is not known.
    """
    if len(parts) == 1:
        return parts[0]
    known = [(part, window) for part, window in zip(parts, windows, strict=True) if part.joules is not None]
    total_s = sum(window.seconds for window in windows)
    known_s = sum(window.seconds for _, window in known)
    hole_s = total_s - known_s + sum(part.hole_s for part, _ in known)
    breaks = sum(part.breaks for part in parts)
    if not known or hole_s > MOST_UNCOVERED * total_s:
        reason = next((part.reason for part in parts if part.reason), None)
        return nothing(reason or f"nothing is known about {hole_s:.3g} s of the {total_s:.3g} s", hole_s, breaks)
    highest_w = max((part.high_j or 0.0) / window.seconds for part, window in known)
    return Integral(
        joules=sum(part.joules or 0.0 for part, _ in known) * total_s / known_s,
        low_j=sum(part.low_j or 0.0 for part, _ in known),
        high_j=sum(part.high_j or 0.0 for part, _ in known) + PEAK_FACTOR * highest_w * (total_s - known_s),
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
    return replace(integral, low_j=integral.low_j * spread[0], high_j=integral.high_j * spread[1])
