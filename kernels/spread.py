"""Two lists of instructions as one."""

from __future__ import annotations

from collections.abc import Sequence


def spread(few: Sequence[str], many: Sequence[str]) -> list[str]:
    """Both, each in its order, the few evenly among the many."""
    both: list[str] = []
    placed = 0
    for index, line in enumerate(many):
        until = -(-len(few) * (index + 1) // len(many))
        both += [*few[placed:until], line]
        placed = until
    return both if many else list(few)
