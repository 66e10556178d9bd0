"""A short version of `python -m tests.simulations.intervals`, which has a thousand runs of each shape."""

from __future__ import annotations

import pytest

from .courses import SHAPES
from .intervals import coverage, of_samples, ours, seed_of

# Where 95 in a hundred hold the truth, a hundred runs have 86 or fewer once in two thousand (binomial).
RUNS = 100
LEAST = 0.87


@pytest.mark.parametrize("name", list(SHAPES))
def test_stated_intervals_hold_the_truth(name: str) -> None:
    (held, _) = coverage(SHAPES[name], RUNS, seed_of(name), {"ours": ours})["ours"]
    assert held >= LEAST


def test_a_quiet_machine_s_interval_is_within_a_percent() -> None:
    (_, half_width) = coverage(SHAPES["quiet"], 60, 1, {"ours": ours})["ours"]
    assert half_width < 0.01


def test_the_samples_alone_would_not_do() -> None:
    """That the bar tells rules apart: the rule before rounds misses it."""
    (held, _) = coverage(SHAPES["quiet"], RUNS, seed_of("quiet"), {"samples": of_samples})["samples"]
    assert held < LEAST
