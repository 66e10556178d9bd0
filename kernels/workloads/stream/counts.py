"""What an item of each operation counts for, and how it is written in the languages that have operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NUMBER_BYTES = 8


@dataclass(frozen=True)
class Operation:
    """An operation on three arrays that change places after each pass, so that each pass works with what came before.

    `expression`: what is stored, from `older` and `newer` (the array written last) and `factor`; "" for the dot
    product, which stores sums of its own. `moved`: numbers read and written for each item, as STREAM counts; what a
    cache fetches besides does not count. `flop`: operations for each item.
    """

    expression: str
    moved: int
    flop: int

    @property
    def item_bytes(self) -> int:
        """What one item counts for."""
        return self.moved * NUMBER_BYTES


# In BabelStream's order.
OPERATIONS: Mapping[str, Operation] = {
    "copy": Operation("older", 2, 0),
    "mul": Operation("factor * older", 2, 1),
    "add": Operation("older + newer", 3, 1),
    "triad": Operation("older + factor * newer", 3, 2),
    "dot": Operation("", 2, 2),
}
DOT = "dot"
USUAL = "triad"
# The dot product adds up blocks of so many numbers.
BLOCK = 1024


def counts_of(name: str) -> Mapping[str, float]:
    """Of each ceiling's unit, for one byte of that operation."""
    operation = OPERATIONS[name]
    flop = {"float64": operation.flop / operation.item_bytes} if operation.flop else {}
    return {"memory": 1.0, **flop}
