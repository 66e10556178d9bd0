"""Figures with their units, short enough to be read at a glance."""

from __future__ import annotations

from ...kernels.workloads.quantity import quantity_of
from .visible import visible

UNKNOWN = "–"
UNIT_LIMIT = 40
_PREFIXES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


def _scale(value: float) -> tuple[float, str]:
    return next(((size, prefix) for size, prefix in _PREFIXES if abs(value) >= size), (1.0, ""))


def _decimals(value: float) -> int:
    """How many decimals show `value` in four digits."""
    return max(4 - len(str(int(abs(value)))), 0)


def _four_digits(value: float) -> str:
    return f"{value:.{_decimals(value)}f}"


def rate_text(value: float, unit: str) -> str:
    """A rate in four digits; `unit` is what is counted.

    >>> rate_text(28_415_000, "byte"), rate_text(1234.5, "brick")
    ('28.41 MB/s', '1.234 kbrick/s')
    """
    size, prefix = _scale(value)
    return f"{_four_digits(value / size)} {prefix}{rate_unit(unit)}"


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
    size, _ = _scale(value)
    decimals = _decimals(value / size)
    return f"{low / size:.{decimals}f}–{high / size:.{decimals}f}"


def energy_text(joules: float) -> str:
    """Joules in four digits.

    >>> energy_text(1234.5)
    '1.234 kJ'
    """
    size, prefix = _scale(joules)
    return f"{_four_digits(joules / size)} {prefix}J"


def count_text(count: float) -> str:
    """A number of things in four digits.

    >>> count_text(1_234_567_890)
    '1.235 G'
    """
    size, prefix = _scale(count)
    return f"{_four_digits(count / size)} {prefix}" if prefix else f"{count:.0f}"


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

    >>> percent_text(94.27), percent_text(None)
    ('94.3 %', '–')
    """
    return UNKNOWN if percent is None else f"{percent:.1f} %"
