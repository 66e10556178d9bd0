"""What a number of shares in a fixed time says about a hashrate.

Shares come as a Poisson process, so the exact bounds are quantiles of gamma distributions (Garwood, "Fiducial limits
for the Poisson distribution", Biometrika 28, 1936).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...stratum.difficulty import hashes_a_share
from .bounds import proven_hashes

CONFIDENCE = 0.95


@dataclass(frozen=True)
class ShareRate:
    """Hashes a second: the likeliest figure, its 95 % interval, and what is proven at 99.9 %."""

    value: float
    low: float
    high: float
    at_least: float


def share_rate(shares: int, difficulty: float, seconds: float) -> ShareRate:
    """The rate that `shares` of one difficulty in a window of `seconds`, fixed beforehand, speak for."""
    a_share = hashes_a_share(difficulty) / seconds
    tail = (1 - CONFIDENCE) / 2
    return ShareRate(
        value=shares * a_share,
        low=gamma_quantile(tail, shares) * a_share,
        high=gamma_quantile(1 - tail, shares + 1) * a_share,
        at_least=proven_hashes(shares, 1 / hashes_a_share(difficulty)) / seconds,
    )


def gamma_quantile(chance: float, shape: float) -> float:
    """The value that a gamma variable of this shape (≥ 0; scale 1) stays below with this chance (0 to 1)."""
    if shape <= 0:
        return 0.0
    low, high = 0.0, shape + 12 * math.sqrt(shape) + 30
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if gamma_below(shape, middle) < chance else (low, middle)
    return low


def gamma_below(shape: float, value: float) -> float:
    """The chance that a gamma variable of this shape (> 0) stays below `value`: the incomplete gamma function P.

    Below shape + 1 by its series, above by Lentz's continued fraction (Numerical Recipes, 3rd ed., 6.2).
    """
    if value <= 0:
        return 0.0
    front = math.exp(shape * math.log(value) - value - math.lgamma(shape))
    if value < shape + 1:
        term = total = 1 / shape
        step = shape
        while term > total * 1e-15:
            step += 1
            term *= value / step
            total += term
        return min(1.0, front * total)
    base = value + 1 - shape
    tiny = 1e-300
    upper, lower = 1 / tiny, 1 / base
    fraction = lower
    for index in range(1, 10_000):
        factor = -index * (index - shape)
        base += 2
        lower = 1 / (factor * lower + base or tiny)
        upper = base + factor / upper or tiny
        fraction *= upper * lower
        if abs(upper * lower - 1) < 1e-15:
            break
    return max(0.0, 1 - front * fraction)
