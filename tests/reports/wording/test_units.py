"""Figures keep four digits, whatever their size."""

from __future__ import annotations

import pytest

from hashwatt.reports.wording.units import amount_text, count_text, interval_text, percent_text, rate_text


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
        # Rounded first, then given its prefix.
        (999_949.0, "999.9 kH/s"),
        (999_960.0, "1.000 MH/s"),
        (9_999_600.0, "10.00 MH/s"),
        (999.96e6, "1.000 GH/s"),
        (99.996, "100.0 H/s"),
        (999.96e18, "1000 EH/s"),
        # Far below one a second.
        (0.5, "500.0 mH/s"),
        (0.99996, "1.000 H/s"),
        (0.0004, "400.0 µH/s"),
        (2.5e-9, "2.500 nH/s"),
        (1e-3, "1.000 mH/s"),
        (3e-12, "3.000 pH/s"),
    ],
)
def test_a_rate_gets_the_unit_that_fits(value_hs: float, text: str) -> None:
    assert rate_text(value_hs, "hash") == text


def test_an_interval_keeps_the_unit_and_the_decimals_of_its_rate() -> None:
    assert interval_text(0.981e9, 1.02e9, 1.0e9) == "0.981–1.020"
    assert interval_text(99.9e6, 100.1e6, 99.99e6) == "99.90–100.10"
    assert interval_text(998.1e6, 1001e6, 999.96e6) == "0.998–1.001"


@pytest.mark.parametrize("exponent", range(-12, 21))
@pytest.mark.parametrize("mantissa", [1.0, 1.00049, 9.99949, 9.9995, 9.99951, 9.9999999])
def test_no_figure_needs_the_next_prefix_or_a_fifth_digit(exponent: int, mantissa: float) -> None:
    value = mantissa * 10**exponent
    digits, _, unit = rate_text(value, "hash").partition(" ")
    assert len(digits.replace(".", "")) == 4
    assert 1 <= float(digits) < 1000 or unit == "EH/s"
    size = {"E": 1e18, "P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "m": 1e-3, "µ": 1e-6, "n": 1e-9, "p": 1e-12}
    assert float(digits) * size.get(unit[0], 1.0) == pytest.approx(value, rel=6e-4)


def test_every_unit_has_its_own_words() -> None:
    assert rate_text(20.4e9, "byte") == "20.40 GB/s"
    assert rate_text(5e6, "sum") == "5.000 Msum/s"
    assert rate_text(5.0, "s\x1b[2J") == "5.000 s\\x1b[2J/s"
    assert (amount_text(1, "hash"), amount_text(12, "hash")) == ("1 hash", "12 hashes")


def test_small_counts_are_whole() -> None:
    assert count_text(251) == "251"


@pytest.mark.parametrize(
    ("percent", "text"), [(None, "–"), (0.0, "0.0 %"), (1e-9, "below 0.1 %"), (0.049, "below 0.1 %"), (0.06, "0.1 %")]
)
def test_little_is_not_nothing(percent: float | None, text: str) -> None:
    assert percent_text(percent) == text
