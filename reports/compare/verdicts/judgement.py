"""What an interval of a ratio says in a word."""

from __future__ import annotations

from typing import Literal

from ....kernels.errors import InputError
from ..rates.ratio import Ratio

Judgement = Literal["faster", "slower", "same", "cannot tell"]
EnergyJudgement = Literal["less", "more", "same", "cannot tell"]

# A change below this is no change that anyone would act on; runs of the same code differ by as much.
THRESHOLD = 0.02


def judge(ratio: Ratio, threshold: float = THRESHOLD) -> Judgement:
    """Same where the whole interval is within `threshold` of 1; else faster or slower where it excludes 1."""
    if ratio.low >= 1 / (1 + threshold) and ratio.high <= 1 + threshold:
        return "same"
    if ratio.low > 1:
        return "faster"
    return "slower" if ratio.high < 1 else "cannot tell"


def judge_energy(ratio: Ratio, threshold: float = THRESHOLD) -> EnergyJudgement:
    """The same rule, for the energy that work takes."""
    words: dict[Judgement, EnergyJudgement] = {"faster": "more", "slower": "less"}
    judgement = judge(ratio, threshold)
    return words.get(judgement, "same" if judgement == "same" else "cannot tell")


def checked_threshold(percent: float | None) -> float:
    """A threshold in per cent as a share; None: the usual one. Raises InputError."""
    if percent is None:
        return THRESHOLD
    if not 0 <= percent < 100:
        raise InputError(f"a threshold of {percent:g} % makes no sense; give 0 to 100 per cent")
    return percent / 100
