"""Strict reading of figures that came from outside: finite, not negative, not beyond reason, and numbers at all."""

from __future__ import annotations

import math
from typing import TypeVar

import msgspec

from ..meter import MeterError

# More than any socket, rack or lab carries.
MOST_W = 1e7
MOST_J = 1e15
# Many files and libraries count in µJ and µW.
FROM_MICRO = 1e-6

Answer = TypeVar("Answer")


def decoded(body: bytes, kind: type[Answer], who: str) -> Answer:
    """A JSON answer of the given shape. NaN and infinity are no JSON, and text is no number. Raises MeterError."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MeterError(f"{who} answered something else than expected: {error}") from None


def checked_w(power_w: float, who: str) -> float:
    """Watts. Raises MeterError."""
    return checked(power_w, MOST_W, "W", who)


def checked_j(joules: float, who: str) -> float:
    """Joules. Raises MeterError."""
    return checked(joules, MOST_J, "J", who)


def checked(value: float, most: float, unit: str, who: str) -> float:
    """A figure that can be one. Raises MeterError."""
    if not math.isfinite(value):
        raise MeterError(f"{who} gave {value} {unit}, which is no figure")
    if value < 0:
        raise MeterError(
            f"{who} gave {value:g} {unit}: negative, as when it feeds power back or is wired the wrong way"
        )
    if value > most:
        raise MeterError(f"{who} gave {value:g} {unit}, more than can be")
    return value
