"""What a compiler emitted beside what the graph counts, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass

from ..codegen.costs import cost_of_hash, rules_of
from ..codegen.emit import emit
from ..codegen.variant import Variant
from .compile import Language, compiled_to
from .count import ADD, KINDS, LOGIC, MULTIPLY, MULTIPLY_HIGH, SHIFT, counts


@dataclass(frozen=True)
class InstructionCount:
    """Instructions a hash of one kind: `compiled` are those that a compiler emitted, `modelled` is None for kinds that
    the graph does not know."""

    kind: str
    compiled: int
    modelled: int | None


def instruction_counts(variant: Variant, language: Language, architecture: str) -> tuple[InstructionCount, ...]:
    """A kernel of one prefix compiled for an architecture, and counted. Raises InputError (see `compiled_to`)."""
    compiled = counts(language, compiled_to(language, emit(variant), architecture))
    cost = cost_of_hash(rules_of(architecture), variant.pipes)
    modelled = {
        SHIFT: cost.shift,
        LOGIC: cost.logic,
        ADD: cost.add,
        MULTIPLY: cost.multiply,
        MULTIPLY_HIGH: cost.multiply_high,
    }
    return tuple(InstructionCount(kind, compiled[kind], modelled.get(kind)) for kind in KINDS)
