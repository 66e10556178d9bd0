"""Figures with their units, short enough to be read at a glance."""

from __future__ import annotations

UNKNOWN = "–"
_PREFIXES = ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


def _scale(value: float) -> tuple[float, str]:
    return next(((size, prefix) for size, prefix in _PREFIXES if abs(value) >= size), (1.0, ""))


def _decimals(value: float) -> int:
    """How many decimals show `value` in four digits."""
    return max(4 - len(str(int(abs(value)))), 0)


def _four_digits(value: float) -> str:
    return f"{value:.{_decimals(value)}f}"


def hashrate_text(value_hs: float) -> str:
    """A rate in four digits.

    >>> hashrate_text(28_415_000)
    '28.41 MH/s'
    """
    size, prefix = _scale(value_hs)
    return f"{_four_digits(value_hs / size)} {prefix}H/s"


def interval_text(low_hs: float, high_hs: float, value_hs: float) -> str:
    """The bounds of a rate, in the unit and with the decimals that `hashrate_text` gives the rate itself.

    >>> interval_text(28_310_000, 28_520_000, 28_415_000)
    '28.31–28.52'
    """
    size, _ = _scale(value_hs)
    decimals = _decimals(value_hs / size)
    return f"{low_hs / size:.{decimals}f}–{high_hs / size:.{decimals}f}"


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
