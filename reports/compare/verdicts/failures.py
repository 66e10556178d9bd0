"""What a comparison fails for, where a limit was set."""

from __future__ import annotations

from collections.abc import Sequence

from .comparison import Comparison


def failures(comparisons: Sequence[Comparison], percent: float) -> list[str]:
    """What a limit of so many per cent is broken by: devices surely slower by more, and devices without an answer.

    Noise alone breaks nothing: an interval that reaches above the limit passes.
    """
    broken = []
    for comparison in comparisons:
        if comparison.ratio is not None and comparison.ratio.high < 1 - percent / 100:
            broken.append(f"{comparison.name} is slower by more than {percent:g} %")
        elif comparison.gone:
            broken.append(f"{comparison.name}: {comparison.because}")
        broken.extend(f"{comparison.name}: {line}" for line in comparison.left_out if line.startswith("a new run"))
    if not any(comparison.ratio or comparison.forbidden for comparison in comparisons):
        broken.append("nothing could be compared")
    return broken


def untold(comparisons: Sequence[Comparison]) -> str:
    """Why there is no verdict on any device, where conditions forbid it; empty where there is one."""
    if any(comparison.ratio for comparison in comparisons):
        return ""
    return next((f"{one.name}: {one.because}" for one in comparisons if one.forbidden), "")
