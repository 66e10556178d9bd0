"""Integers as people write them on a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

# Longer than any number that has a meaning here, and short enough to be parsed at once.
MAX_DIGITS = 100


if TYPE_CHECKING:
    _Type = click.ParamType[int]
else:
    # Older versions of click have it without a parameter.
    _Type = click.ParamType


class Integer(_Type):
    """A decimal integer, or a hexadecimal one after `0x`; which range it must lie in, the command itself knows.

    >>> [INTEGER.convert(text, None, None) for text in ("4096", "0xFFFFFFFF", "-1")]
    [4096, 4294967295, -1]
    """

    name = "integer"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number. Fails as click's types do, naming the option."""
        if isinstance(value, int):
            return value
        stripped = str(value).strip()
        sign, digits = (-1, stripped[1:]) if stripped.startswith("-") else (1, stripped)
        base, digits = (16, digits[2:]) if digits[:2] in ("0x", "0X") else (10, digits)
        # int() alone would also take underscores, further signs and other scripts' digits.
        if not digits or len(digits) > MAX_DIGITS or not set(digits.lower()) <= set("0123456789abcdef"[:base]):
            self.fail(
                f"{value!r:.60} is not an integer; give a decimal number, or a hexadecimal one after 0x", param, ctx
            )
        return sign * int(digits, base)


INTEGER = Integer()
