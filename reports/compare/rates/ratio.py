"""The ratio of two rates with the bounds of its interval."""

from __future__ import annotations

from msgspec import Struct

CONFIDENCE = 0.95


class Ratio(Struct, frozen=True, kw_only=True):
    """A ratio with the bounds of its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4g} ({self.low:.4g} to {self.high:.4g})"
