"""Student's t."""

from __future__ import annotations

import math
from functools import lru_cache


@lru_cache(maxsize=2048)
def student_t(freedom: int, confidence: float) -> float:
    """How many standard errors on either side hold the truth so often, for whole degrees of freedom."""
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    if freedom == 1:
        return 2 * angle / math.pi
    term = total = 1.0 if freedom % 2 == 0 else cosine
    for step in range(2 if freedom % 2 == 0 else 3, freedom - 1, 2):
        term *= cosine * cosine * (step - 1) / step
        total += term
    return sine * total if freedom % 2 == 0 else 2 / math.pi * (angle + sine * total)
