"""The shapes a core comes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import InputError

# How words are added: see words.HardwareWords.
Adder = Literal["carry-save", "ripple"]

ROUNDS = 64
# The host computes three rounds before the nonce comes in, and after round 60 the last digest word is known.
ROUNDS_BEFORE_NONCE = 3
ROUNDS_TO_LAST_WORD = 61


@dataclass(frozen=True)
class Shape:
    """What a core is built for.

    `stages`: rounds in hardware, in each of its two hashes. `full`: all 64 rounds and all eight digest words,
    for checking; else what mining needs. `skewed`: variables a…d run one clock behind e…h, which takes an
    addition out of the longest path and costs two more adders. Raises InputError.
    """

    stages: int = 1
    full: bool = False
    skewed: bool = False
    adder: Adder = "ripple"

    def __post_init__(self) -> None:
        if not 1 <= self.stages <= self.rounds:
            raise InputError(
                f"a core has 1 to {self.rounds} stages, not {self.stages}; "
                f"one stage is the smallest core, {self.rounds} stages hash a nonce every clock"
            )

    @property
    def rounds(self) -> int:
        """Rounds that each of the two hashes computes in hardware."""
        return ROUNDS if self.full else ROUNDS_TO_LAST_WORD

    @property
    def first_round(self) -> int:
        """The round that the first hash begins with; the host has done those before."""
        return 0 if self.full else ROUNDS_BEFORE_NONCE

    @property
    def passes(self) -> int:
        """Clocks a hash takes: as many rounds as a stage does for each nonce."""
        return -(-self.rounds // self.stages)

    @property
    def stages_used(self) -> int:
        """Stages that have a round to do; the rest is not built."""
        return -(-self.rounds // self.passes)

    @property
    def last_passes(self) -> int:
        """Rounds that the last stage does; it may have fewer than the others."""
        return self.rounds - (self.stages_used - 1) * self.passes

    @property
    def name(self) -> str:
        """A name for files and tables."""
        return "-".join([f"sha256d-s{self.stages}", self.adder, *["skewed"] * self.skewed, *["full"] * self.full])
