"""Counting operations: what a hash costs, by kind, from the graph alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .lower import Program
from .nodes import Binding, Op

ALL_IN_LOOP = (Binding.BATCH, Binding.LANE)


def operation_counts(program: Program, bindings: Iterable[Binding] = ALL_IN_LOOP) -> Counter[Op]:
    """How many operations of each kind the loop has, of the given binding times.

    In a version-rolled scan those of binding time BATCH are shared by all midstates.
    """
    wanted = set(bindings)
    return Counter(node.op for node in program.operations() if node.binding in wanted)


def naive_count(three_operand_logic: bool, rotates: bool = True) -> int:
    """Operations of two SHA-256 blocks as FIPS 180-4 writes them: nothing known early, nothing left out."""
    # 64 rounds: Σ₀ Σ₁ (3 rotates, XORs), Ch, Maj, 7 additions. 48 schedule words: σ₀ σ₁ (2 rotates, 1 shift,
    # XORs), 3 additions. 8 final additions.
    xor3, choose, majority = (1, 1, 1) if three_operand_logic else (2, 3, 4)
    rotate = 1 if rotates else 3
    rounds = 64 * (2 * (3 * rotate + xor3) + choose + majority + 7)
    schedule = 48 * (2 * (2 * rotate + 1 + xor3) + 3)
    return 2 * (rounds + schedule + 8)
