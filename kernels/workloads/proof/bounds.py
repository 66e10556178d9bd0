"""What a number of shares says of the number of hashes: a lower bound, and whether a claim can be true.

Hashes meet the share target by chance, independently of each other: how many do is a Poisson number (binomial where
nearly all do, which varies less).
"""

from __future__ import annotations

import math

from .poisson import poisson_p_value, upper_tail

# "Proven" always means this.
PROVEN_CONFIDENCE = 0.999
# Fewer say too little: 200 bound the work to 79 % of an honest claim.
FEWEST_EXPECTED_SHARES = 200.0
# An honest run finds as odd a number of shares as this, or an odder one, once in a million.
HONEST_P = 1e-6


def proven_hashes(shares: int, chance: float) -> int:
    """So many hashes were done at least, with 99.9 %, where one meets the target with `chance`: a gamma quantile.

    Whoever did fewer finds so many shares once in a thousand tries or less.
    """
    if shares <= 0:
        return 0
    return math.floor(events_at_least(shares, 1 - PROVEN_CONFIDENCE) / chance)


def fits(shares: int, expected: float) -> bool:
    """Whether a claim that lets `expected` (> 0) shares be expected fits the shares found: p ≥ 10⁻⁶, two-sided."""
    return poisson_p_value(shares, expected) >= HONEST_P


def events_at_least(count: int, tail: float) -> float:
    """The mean at which `count` (≥ 1) events or more are seen with chance `tail`."""
    # Wilson and Hilferty's cube is within 1 % from the first; Newton's steps on the logarithm make it exact.
    z = -3.090232306167813
    ninth = 1 / (9 * count)
    mean = max(count * (1 - ninth + z * math.sqrt(ninth)) ** 3, tail)
    for _ in range(50):
        reached = upper_tail(count, mean)
        slope = math.exp((count - 1) * math.log(mean) - mean - math.lgamma(count))
        step = (math.log(reached) - math.log(tail)) * reached / slope
        mean = max(mean - step, mean / 10)
        if abs(step) <= 1e-12 * mean:
            break
    return mean
