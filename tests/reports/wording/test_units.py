"""Figures keep four digits, whatever their size."""

from __future__ import annotations

import pytest

from hashwatt.reports.wording.units import amount_text, count_text, interval_text, rate_text


@pytest.mark.parametrize(
    ("value_hs", "text"),
    [
        (0.0, "0.000 H/s"),
        (3.6e3, "3.600 kH/s"),
        (28.415e6, "28.41 MH/s"),
        (999.94e6, "999.9 MH/s"),
        (1.2e9, "1.200 GH/s"),
        (110e12, "110.0 TH/s"),
        (6e20, "600.0 EH/s"),
    ],
)
def test_a_rate_gets_the_unit_that_fits(value_hs: float, text: str) -> None:
    assert rate_text(value_hs, "hash") == text


def test_an_interval_keeps_the_unit_and_the_decimals_of_its_rate() -> None:
    assert interval_text(0.981e9, 1.02e9, 1.0e9) == "0.981–1.020"
    assert interval_text(99.9e6, 100.1e6, 99.99e6) == "99.90–100.10"


def test_every_unit_has_its_own_words() -> None:
    assert rate_text(20.4e9, "byte") == "20.40 GB/s"
    assert rate_text(5e6, "sum") == "5.000 Msum/s"
    assert rate_text(5.0, "s\x1b[2J") == "5.000 s\\x1b[2J/s"
    assert (amount_text(1, "hash"), amount_text(12, "hash")) == ("1 hash", "12 hashes")


def test_small_counts_are_whole() -> None:
    assert count_text(251) == "251"
