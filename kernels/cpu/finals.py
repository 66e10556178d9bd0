"""Which of a few kernels that are about equally fast is the fastest: short bursts in turns, compared within each turn.

A core's clock and whoever shares the core change a kernel's rate by several per cent within milliseconds, which is more
than good kernels differ; from one short burst to the next they hardly do. So a ratio of neighbours is known where the
rates are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from statistics import median

# Longer ones meet different moments; what Python does around a shorter one would be more than 2 % of it.
BURST_S = 0.0004
MOST_TURNS = 512
# One drops out if it is slower than the leader in so many more of its turns than half of them as chance alone gives
# once in 30,000 looks (four standard deviations); there is a look after so many turns.
CERTAIN = 4.0
TURNS_A_LOOK = 32


def shares_of_fastest(bursts: Sequence[Callable[[], float]], most_turns: int = MOST_TURNS) -> list[float]:
    """The rate of each as a share of the fastest one's, 1.0 at most; `bursts`: each runs one and gives its rate.

    Ends when one is left, or after so many turns (1 or more): those that are left then are equally fast, as far as this
    can tell.
    """
    rates: list[list[float]] = [[] for _ in bursts]
    running = list(range(len(bursts)))
    leader = 0
    for turn in range(1, most_turns + 1):
        # There and back, so that a clock that falls harms none more than another.
        for at in running if turn % 2 else reversed(running):
            rates[at].append(bursts[at]())
        if turn % TURNS_A_LOOK == 0 or turn == most_turns:
            leader = _leader(rates, running)
            running = [at for at in running if not _is_outdone(rates[at], rates[leader])]
            if len(running) == 1:
                break
    return [min(1.0, _ratio(each, rates[leader])) for each in rates]


def _leader(rates: Sequence[Sequence[float]], running: Sequence[int]) -> int:
    """Which one has, in the middle of all turns, the most of the turn's rates."""
    totals = [sum(turn) for turn in zip(*(rates[at] for at in running), strict=True)]
    return max(running, key=lambda at: median(rate / total for rate, total in zip(rates[at], totals, strict=True)))


def _ratio(rates: Sequence[float], leading: Sequence[float]) -> float:
    # One that has dropped out has fewer turns, the first.
    return median(rate / best for rate, best in zip(rates, leading, strict=False))


def _is_outdone(rates: Sequence[float], leading: Sequence[float]) -> bool:
    lost = sum(rate < best for rate, best in zip(rates, leading, strict=True))
    return lost > (len(rates) + CERTAIN * sqrt(len(rates))) / 2
