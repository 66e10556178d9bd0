"""Numbers read the same at every size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.reports.wording.ratios import change_text, duration_text, efficiency_text, three_digits


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-9, "0.000000001"), (0.000123456, "0.000123"), (0.5, "0.5"), (1, "1.00"), (9.996, "10.0"), (99.96, "100"),
     (999.6, "1,000"), (1234567, "1,230,000")],
)  # fmt: skip
def test_three_digits_at_every_size(value: float, text: str) -> None:
    assert three_digits(value) == text


@given(st.floats(1e-60, 1e60))
def test_three_digits_are_never_none_and_never_more(value: float) -> None:
    text = three_digits(value)
    assert float(text.replace(",", "")) == float(f"{value:.3g}")
    digits = text.replace(",", "").replace(".", "").lstrip("0")
    assert set(digits[3:]) <= {"0"}


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.5, "0.5 seconds"), (60, "1 minute"), (5400, "1.50 hours"), (1e20, "3.17 trillion years")]
)
def test_times_in_their_natural_unit(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_energy_is_written_in_the_unit_of_the_work() -> None:
    assert efficiency_text(5.742425e-7, "hash") == "574,000 J/TH"
    assert efficiency_text(2.5e-9, "byte") == "2.50 J/GB"
    assert efficiency_text(None, "byte") == "–"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.0, "±0.0 %"), (1.0004, "±0.0 %"), (0.9996, "±0.0 %"), (0.9994, "−0.1 %"), (20.0, "+1,900.0 %")],
)
def test_a_change_that_rounds_to_nothing_has_no_direction(ratio: float, text: str) -> None:
    assert change_text(ratio) == text
