"""Ratios, times, shares and energies in words: what `units` has for a single device's figures, for comparisons."""

from __future__ import annotations

from decimal import Decimal

from ...kernels.workloads.quantity import quantity_of
from .units import UNIT_LIMIT, UNKNOWN
from .visible import visible

_SPANS = ((365.25 * 86_400, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_SCALES = ((1e15, "quadrillion"), (1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def three_digits(value: float) -> str:
    """A positive number in three digits, without an exponent, however small or large.

    >>> three_digits(574242.5), three_digits(8.8345), three_digits(0.0123456), three_digits(3.14159e-15)
    ('574,000', '8.83', '0.0123', '0.00000000000000314')
    """
    # A decimal is exact: a binary number of so many digits would show some that nobody measured.
    rounded = Decimal(f"{value:.3g}")
    if rounded >= 100:
        return f"{rounded:,.0f}"
    return f"{rounded.normalize():f}" if rounded < 1 else f"{float(rounded):#.3g}"


def ratio_text(bounds: tuple[float, float]) -> str:
    """A ratio and, where its bounds differ, both of them.

    >>> ratio_text((14.05, 14.05)), ratio_text((8.5, 9.25))
    ('14.1 ×', '8.50–9.25 ×')
    """
    low, high = (three_digits(bound) for bound in bounds)
    return f"{low} ×" if low == high else f"{low}–{high} ×"


def range_text(low: float, high: float) -> str:
    """Two bounds, or one figure where they round to the same.

    >>> range_text(961.538, 961.54), range_text(90.0, 110.0)
    ('962', '90.0–110')
    """
    first, last = three_digits(low), three_digits(high)
    return first if first == last else f"{first}–{last}"


def efficiency_text(j_per_unit: float | None, unit: str) -> str:
    """Energy for work, in what the unit's quantity is written in.

    >>> efficiency_text(5.742425e-9, "byte"), efficiency_text(None, "byte")
    ('5.74 J/GB', '–')
    """
    if j_per_unit is None:
        return UNKNOWN
    quantity = quantity_of(unit)
    return f"{three_digits(j_per_unit * quantity.energy_amount)} {visible(quantity.energy_unit, UNIT_LIMIT)}"


def duration_text(seconds: float) -> str:
    """A time in its natural unit.

    >>> duration_text(1_000_569), duration_text(3e12), duration_text(86_400)
    ('11.6 days', '95,100 years', '1 day')
    """
    size, name = next(((size, name) for size, name in _SPANS if seconds >= size), (1, "second"))
    count = counted(seconds / size)
    return f"{count} {name}" if count == "1" else f"{count} {name}s"


def counted(count: float) -> str:
    """A number of things, with a word for the large ones.

    >>> counted(1.0), counted(2_340), counted(5.25e9)
    ('1', '2,340', '5.25 billion')
    """
    size, word = next(((size, word) for size, word in _SCALES if count >= size), (1.0, ""))
    digits = f"{count / size:.0f}" if count == size else three_digits(count / size)
    return f"{digits} {word}".strip()


def change_text(ratio: float) -> str:
    """A ratio as a change in per cent.

    >>> change_text(1.034), change_text(0.5), change_text(0.9999)
    ('+3.4 %', '−50.0 %', '±0.0 %')
    """
    percent = round((ratio - 1) * 100, 1)
    return f"{'+' if percent > 0 else '−' if percent < 0 else '±'}{abs(percent):,.1f} %"
