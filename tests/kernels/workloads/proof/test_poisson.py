"""The Poisson test of the number of shares."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.workloads.proof.poisson import poisson_p_value, upper_tail


@pytest.mark.parametrize(
    ("count", "expected", "p_value"),
    [
        (0, 10.0, 2 * math.exp(-10)),
        (5, 3.0, 2 * (1 - math.exp(-3) * (1 + 3 + 9 / 2 + 27 / 6 + 81 / 24))),
        (1, 4.0, 2 * math.exp(-4) * 5),
        (256, 256.0, 1.0),
    ],
)
def test_the_poisson_test_is_exact(count: int, expected: float, p_value: float) -> None:
    assert poisson_p_value(count, expected) == pytest.approx(p_value, rel=1e-9)


@given(st.integers(0, 60), st.floats(0.1, 60))
def test_the_poisson_test_equals_the_plain_sum(count: int, expected: float) -> None:
    terms = [math.exp(-expected) * expected**index / math.factorial(index) for index in range(160)]
    tail = math.fsum(terms[: count + 1]) if count < expected else math.fsum(terms[count:])
    assert poisson_p_value(count, expected) == pytest.approx(min(1.0, 2 * tail), rel=1e-6)


@given(st.integers(0, 50_000), st.floats(1e-300, 1e30))
def test_the_poisson_test_takes_any_numbers(count: int, expected: float) -> None:
    assert 0 <= poisson_p_value(count, expected) <= 1


def test_what_is_all_but_certain_is_no_likelier_than_certain() -> None:
    # Sums of many terms may end a last digit above 1.
    chances = [upper_tail(count, mean * 1.0) for count in (1, 2, 5, 20) for mean in range(40, 400)]
    assert max(chances) == 1.0
    assert min(chances) > 0.99
