"""Figures in four digits with an SI prefix: rounded first, so that what is shown never needs the next prefix."""

from __future__ import annotations

DIGITS = 4
_PREFIXES = (
    (1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""),
    (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"),
)  # fmt: skip


def scale_of(value: float) -> tuple[float, str]:
    """The size and the prefix that show `value`; whole units for zero and what no prefix reaches.

    >>> scale_of(999_960), scale_of(0.0004)
    ((1000000.0, 'M'), (1e-06, 'µ'))
    """
    rounded = abs(float(f"{value:.{DIGITS}g}"))
    # A decimal such as 1e-3 has no exact binary form: what is a digit below it by rounding is it.
    return next(((size, prefix) for size, prefix in _PREFIXES if rounded >= size * (1 - 1e-9)), (1.0, ""))


def decimals_of(scaled: float) -> int:
    """How many decimals show a scaled figure in four digits.

    >>> decimals_of(9.9996), decimals_of(9.99949), decimals_of(0.5)
    (2, 3, 3)
    """
    whole_digits = len(str(int(abs(float(f"{scaled:.{DIGITS}g}")) + 1e-9)))
    return max(DIGITS - whole_digits, 0)


def four_digits(value: float) -> tuple[str, str]:
    """The digits and the prefix.

    >>> four_digits(999_960), four_digits(9_999_600), four_digits(0.0004)
    (('1.000', 'M'), ('10.00', 'M'), ('400.0', 'µ'))
    """
    size, prefix = scale_of(value)
    return f"{value / size:.{decimals_of(value / size)}f}", prefix
