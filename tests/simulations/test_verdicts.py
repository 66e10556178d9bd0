"""Verdicts on simulated machines, in short; `python -m tests.simulations.verdicts` has the long table."""

from __future__ import annotations

import pytest

from .courses import SHAPES
from .intervals import seed_of
from .verdicts import Outcome, outcomes

PAIRS = 50
# Of fifty pairs with at most one in twenty false, more than six are in one series of a hundred.
MOST_FALSE = 6 / PAIRS


def of(name: str, runs: int) -> Outcome:
    return outcomes(SHAPES[name], runs, PAIRS, seed_of(f"{name} {runs}"))


@pytest.mark.parametrize("name", SHAPES)
def test_the_same_code_is_seldom_called_faster_or_slower(name: str) -> None:
    for runs in (1, 0):
        found = of(name, runs)
        assert found.false <= MOST_FALSE, runs
        # And where one cannot tell, what would tell is said.
        assert found.bare == 0, runs


@pytest.mark.parametrize("runs", [1, 3, 0])
def test_a_change_of_5_per_cent_is_found_on_a_quiet_machine(runs: int) -> None:
    found = of("quiet", runs)
    assert found.found >= 0.84
    assert found.wrong == 0
    assert found.false <= MOST_FALSE
