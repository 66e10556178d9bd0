"""Difficulty, the measure that pools use for how hard a share is, and the target that it stands for.

Difficulty 1 is the target 0xffff · 2²⁰⁸ (compact bits 0x1d00ffff); a share of difficulty d meets that ÷ d. Below 1,
for slow miners, it goes on in the same way.
"""

from __future__ import annotations

from ..errors import InputError
from ..headers.target import MAX_TARGET, share_probability

DIFFICULTY_1_TARGET = 0xFFFF << 208
# 2⁻³² of difficulty 1 is met by every hash; above 2⁶⁴ is more than the whole network's.
LEAST_DIFFICULTY = 2.0**-32
MOST_DIFFICULTY = 2.0**64


def target_of_difficulty(difficulty: float) -> int:
    """The largest hash value that is a share of this difficulty. Raises InputError where that is none.

    Exact on the float's fraction, so that both ends of a connection find the same target.
    """
    checked_difficulty(difficulty)
    numerator, denominator = float(difficulty).as_integer_ratio()
    return max(1, min(MAX_TARGET, DIFFICULTY_1_TARGET * denominator // numerator))


def difficulty_of(hash_value: int) -> float:
    """The highest difficulty whose target this hash value still meets."""
    return DIFFICULTY_1_TARGET / max(hash_value, 1)


def hashes_a_share(difficulty: float) -> float:
    """How many hashes one share of this difficulty takes on average: 4,295,032,833 · difficulty above 2⁻³²."""
    return 1.0 / share_probability(target_of_difficulty(difficulty))


def checked_difficulty(difficulty: float) -> float:
    """`difficulty` itself where it is one. Raises InputError."""
    # Compared as it came: JSON has whole numbers that no float holds.
    if not LEAST_DIFFICULTY <= difficulty <= MOST_DIFFICULTY:
        raise InputError(f"a difficulty of {difficulty!s:.30} cannot be; give one from 2⁻³² to 2⁶⁴, 1 for 2³² hashes")
    return difficulty
