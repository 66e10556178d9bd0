"""The Poisson test: whether the number of shares fits the number of hashes."""

from __future__ import annotations

import math


def poisson_p_value(count: int, expected: float) -> float:
    """Two-sided exact p-value of seeing `count` events where `expected` (> 0) are: twice the nearer tail, at most 1.

    Summed from `count` outwards in log space: the terms shrink from there on, so no number of events is too many.
    """
    log_term = count * math.log(expected) - expected - math.lgamma(count + 1)
    total, ratio, index = 0.0, 1.0, count
    # `ratio` is the current term over the first one; it falls at every step on either side.
    while ratio > total * 1e-16:
        total += ratio
        if count < expected:
            if index == 0:
                break
            ratio *= index / expected
            index -= 1
        else:
            index += 1
            ratio *= expected / index
    return min(1.0, 2 * math.exp(min(0.0, log_term + math.log(total))))
