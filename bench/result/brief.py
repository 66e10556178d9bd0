"""What a result and its measurements show of themselves in an interpreter: a line each, not thousands of samples."""

from __future__ import annotations

from collections.abc import Iterable

from ...kernels.workloads.quantity import quantity_of
from ...kernels.workloads.scale import four_digits

SHOWN_LINES = 12
SHOWN_CHARACTERS = 160


def rate_text(value: float, unit: str) -> str:
    """A rate in four digits, in the words of its unit.

    >>> rate_text(76_423_000_000, "byte"), rate_text(512, "tile")
    ('76.42 GB/s', '512.0 tile/s')
    """
    digits, prefix = four_digits(value)
    return f"{digits} {prefix}{quantity_of(unit).rate_unit}"


def lines_of(first: str, entries: Iterable[object]) -> str:
    """A line for the whole, and one for each entry as far as they are not too many.

    >>> print(lines_of("Fruit", ["apple", "pear"]))
    Fruit
      apple
      pear
    """
    lines = [str(entry) for entry in entries]
    left = len(lines) - SHOWN_LINES
    shown = lines[:SHOWN_LINES] + ([f"… and {left:,} more"] if left > 0 else [])
    return "\n  ".join(
        line if len(line) <= SHOWN_CHARACTERS else f"{line[: SHOWN_CHARACTERS - 1]}…" for line in (first, *shown)
    )
