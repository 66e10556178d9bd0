"""Axes with figures that people read: a prefix instead of a power of ten."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from ...kernels.workloads.scale import scale_of

# From this ratio of the largest to the smallest figure on, an axis is logarithmic.
LOG_FROM = 20


def prefixed(value: float, unit: str) -> str:
    """A round figure with its prefix: a tick's label."""
    size, prefix = scale_of(value)
    return f"{value / size:.4g} {prefix}{unit}".strip()


def whole(value: float, unit: str) -> str:
    """A figure written out: a tick's label where a prefix would mislead (joules for work)."""
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def logarithmic(axis: Axis, unit: str, label: Callable[[float, str], str] = prefixed, most: int = 8) -> None:
    """Decades as ticks, at most `most` of them, without minor ones."""
    axis.set_major_locator(LogLocator(base=10, numticks=most))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: label(value, unit)))
    axis.set_minor_formatter(NullFormatter())


def linear(axis: Axis, unit: str, most: int = 6) -> None:
    """Round steps."""
    axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: prefixed(value, unit) if value else "0"))
