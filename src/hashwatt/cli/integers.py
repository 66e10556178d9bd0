"""Integers as people write them on a command line."""

from __future__ import annotations

from ..kernels.errors import InputError

# Longer than any number that has a meaning here, and short enough to be parsed at once.
MAX_DIGITS = 100


def integer(text: str) -> int:
    """A decimal integer, or a hexadecimal one after `0x`. Raises InputError.

    Which range it must lie in, the command itself knows.

    >>> integer("4096"), integer("0xFFFFFFFF"), integer("-1")
    (4096, 4294967295, -1)
    """
    stripped = text.strip()
    sign, digits = (-1, stripped[1:]) if stripped.startswith("-") else (1, stripped)
    base, digits = (16, digits[2:]) if digits[:2] in ("0x", "0X") else (10, digits)
    # int() alone would also take underscores, further signs and other scripts' digits.
    if not digits or len(digits) > MAX_DIGITS or not set(digits.lower()) <= set("0123456789abcdef"[:base]):
        raise InputError(f"{text!r:.60} is not an integer; give a decimal number, or a hexadecimal one after 0x")
    return sign * int(digits, base)
