"""Figures with their units, short enough to be read at a glance."""

from __future__ import annotations

from ...kernels.workloads.quantity import quantity_of
from ...kernels.workloads.scale import decimals_of, four_digits, scale_of
from .visible import visible

UNKNOWN = "–"
UNIT_LIMIT = 40


def rate_text(value: float, unit: str) -> str:
    """A rate in four digits; `unit` is what is counted.

    >>> rate_text(28_415_000, "byte"), rate_text(1234.5, "brick")
    ('28.41 MB/s', '1.234 kbrick/s')
    """
    digits, prefix = four_digits(value)
    return f"{digits} {prefix}{rate_unit(unit)}"


def rate_unit(unit: str) -> str:
    """What a rate of that unit is written in, before any prefix; a unit may be a stranger's word."""
    return visible(quantity_of(unit).rate_unit, UNIT_LIMIT)


def amount_text(amount: float, unit: str) -> str:
    """An amount of work in four digits.

    >>> amount_text(1_234_567_890, "byte"), amount_text(1, "update")
    ('1.235 G bytes', '1 update')
    """
    quantity = quantity_of(unit)
    return f"{count_text(amount)} {visible(quantity.unit if amount == 1 else quantity.plural, UNIT_LIMIT)}"


def interval_text(low: float, high: float, value: float) -> str:
    """The bounds of a rate, in the unit and with the decimals that `rate_text` gives the rate itself.

    >>> interval_text(28_310_000, 28_520_000, 28_415_000)
    '28.31–28.52'
    """
    size, _ = scale_of(value)
    decimals = decimals_of(value / size)
    return f"{low / size:.{decimals}f}–{high / size:.{decimals}f}"


def energy_text(joules: float) -> str:
    """Joules in four digits.

    >>> energy_text(1234.5)
    '1.234 kJ'
    """
    digits, prefix = four_digits(joules)
    return f"{digits} {prefix}J"


def count_text(count: float) -> str:
    """A number of things in four digits.

    >>> count_text(1_234_567_890)
    '1.235 G'
    """
    digits, prefix = four_digits(count)
    return f"{digits} {prefix}" if abs(count) >= 1 and prefix else f"{count:.0f}"


def clock_text(clock_hz: float | None) -> str:
    """A clock in GHz.

    >>> clock_text(2.6e9), clock_text(None)
    ('2.60 GHz', '–')
    """
    return UNKNOWN if clock_hz is None else f"{clock_hz / 1e9:.2f} GHz"


def temperature_text(temperature_c: float | None) -> str:
    """A temperature in degrees Celsius.

    >>> temperature_text(61.4), temperature_text(None)
    ('61 °C', '–')
    """
    return UNKNOWN if temperature_c is None else f"{temperature_c:.0f} °C"


def percent_text(percent: float | None) -> str:
    """A share of a whole.

    >>> percent_text(94.27), percent_text(0.004), percent_text(None)
    ('94.3 %', 'below 0.1 %', '–')
    """
    if percent is not None and 0 < percent < 0.05:
        return "below 0.1 %"
    return UNKNOWN if percent is None else f"{percent:.1f} %"
