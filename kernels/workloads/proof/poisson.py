"""Poisson tails: how likely so many events, or more, or fewer, are where a mean number is expected."""

from __future__ import annotations

import math


def poisson_p_value(count: int, expected: float) -> float:
    """Two-sided exact p-value of seeing `count` events where `expected` (> 0) are: twice the nearer tail, at most 1."""
    tail = _lower_tail(count, expected) if count < expected else upper_tail(count, expected)
    return min(1.0, 2 * tail)


def upper_tail(count: int, expected: float) -> float:
    """The chance of `count` events or more; exact where `count` is not below `expected` (> 0)."""
    return _summed(count, expected, upwards=True)


def _lower_tail(count: int, expected: float) -> float:
    """The chance of `count` events or fewer, where `count` is below `expected`."""
    return _summed(count, expected, upwards=False)


def _summed(count: int, expected: float, *, upwards: bool) -> float:
    """The terms from `count` outwards, in log space: they shrink from there on, so no number of events is too many."""
    log_term = count * math.log(expected) - expected - math.lgamma(count + 1)
    total, ratio, index = 0.0, 1.0, count
    # `ratio` is the current term over the first one; it falls at every step.
    while ratio > total * 1e-16:
        total += ratio
        if upwards:
            index += 1
            ratio *= expected / index
        elif index == 0:
            break
        else:
            ratio *= index / expected
            index -= 1
    return math.exp(min(0.0, log_term + math.log(total)))
