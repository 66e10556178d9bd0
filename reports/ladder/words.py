"""Figures of mining in words: hashrates, difficulties, shares of the network."""

from __future__ import annotations

from ...kernels.workloads.quantity import HASH
from ..wording.ratios import counted, three_digits
from ..wording.units import rate_text


def hashrate_text(value_hs: float) -> str:
    """A hashrate in four digits.

    >>> hashrate_text(28_415_000)
    '28.41 MH/s'
    """
    return rate_text(value_hs, HASH.unit)


def difficulty_text(difficulty: float) -> str:
    """A difficulty in words.

    >>> difficulty_text(3_839_316_899_029.67)
    'difficulty 3.84 trillion'
    """
    return f"difficulty {counted(difficulty)}"


def share_text(share: float) -> str:
    """A part of the network's hashrate, as one in so many where a percentage would be all noughts.

    >>> share_text(0.0525), share_text(5e-9), share_text(2.0)
    ('5.25 %', 'one in 200 million', '2.00 × all of it')
    """
    if share >= 1:
        return f"{three_digits(share)} × all of it"
    return f"{three_digits(share * 100)} %" if share >= 1e-3 else f"one in {counted(1 / share)}"
