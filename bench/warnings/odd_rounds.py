"""Rounds whose rate lies apart from that of the others, which agree: a stall, or a limit that is hit late."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

FEWEST_ROUNDS = 4
# Relative to the median of all rounds.
APART = 0.05
AGREEING = 0.02
# More of them are no exception.
LARGEST_SHARE = 1 / 3


def odd_rounds(rates: Sequence[float]) -> list[int]:
    """The indices of rounds that lie apart, none where there are few rounds, or the others differ, too."""
    if len(rates) < FEWEST_ROUNDS:
        return []
    middle = statistics.median(rates)
    apart = [abs(rate / middle - 1) for rate in rates]
    odd = [index for index, gap in enumerate(apart) if gap > APART]
    others_agree = all(gap <= AGREEING for index, gap in enumerate(apart) if index not in odd)
    return odd if others_agree and len(odd) <= LARGEST_SHARE * len(rates) else []
