"""Two levels are named where a rate goes to and fro between them, and nowhere else."""

from __future__ import annotations

import numpy
import pytest

from hashwatt.bench.warnings.levels import two_levels

RANDOM = numpy.random.default_rng(7)
NOISE = RANDOM.normal(1.0, 0.01, 100)


def test_to_and_fro_between_two_levels() -> None:
    rates = [(30e3 if index % 8 >= 6 else 150e3) * noise for index, noise in enumerate(NOISE)]
    levels = two_levels(rates)
    assert levels is not None
    assert levels.low == pytest.approx(30e3, rel=0.02)
    assert levels.high == pytest.approx(150e3, rel=0.02)


@pytest.mark.parametrize(
    "rates",
    [
        [150e3 * noise for noise in NOISE],
        [(150e3 if index < 60 else 30e3) * noise for index, noise in enumerate(NOISE)],
        [(30e3 if index in (20, 50, 70) else 150e3) * noise for index, noise in enumerate(NOISE)],
        list(RANDOM.uniform(30e3, 150e3, 100)),
        list(RANDOM.lognormal(10, 1, 100)),
        [30e3, 150e3] * 5,
        [],
    ],
    ids=["one level", "a step", "some stalls", "any rate", "heavy tails", "too few", "nothing"],
)
def test_anything_else_has_no_two_levels(rates: list[float]) -> None:
    assert two_levels(rates) is None
