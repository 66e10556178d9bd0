"""Shares of the network read well at every size."""

from __future__ import annotations

import pytest

from hashwatt.reports.ladder.words import difficulty_text, hashrate_text, share_text


def test_hashrates_and_difficulties() -> None:
    assert hashrate_text(28_415_000) == "28.41 MH/s"
    assert difficulty_text(3_839_316_899_029.67) == "difficulty 3.84 trillion"


@pytest.mark.parametrize(("share", "text"), [(2, "2.00 × all of it"), (1e-3, "0.1 %"), (9e-4, "one in 1,110")])
def test_shares(share: float, text: str) -> None:
    assert share_text(share) == text
