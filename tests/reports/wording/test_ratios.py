"""Numbers read the same at every size."""

from __future__ import annotations

import pytest

from hashwatt.reports.wording.ratios import duration_text, efficiency_text, three_digits


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-9, "0.000000001"), (0.000123456, "0.000123"), (0.5, "0.5"), (1, "1.00"), (9.996, "10.0"), (99.96, "100"),
     (999.6, "1,000"), (1234567, "1,230,000")],
)  # fmt: skip
def test_three_digits_at_every_size(value: float, text: str) -> None:
    assert three_digits(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.5, "0.5 seconds"), (60, "1 minute"), (5400, "1.50 hours"), (1e20, "3.17 trillion years")]
)
def test_times_in_their_natural_unit(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_energy_is_written_in_the_unit_of_the_work() -> None:
    assert efficiency_text(5.742425e-7, "hash") == "574,000 J/TH"
    assert efficiency_text(2.5e-9, "byte") == "2.50 J/GB"
    assert efficiency_text(None, "byte") == "–"
