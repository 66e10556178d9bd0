"""Where to part a long list of operations in two, so that each half is a loop of its own.

Where an instruction set needs many instructions (AVX2 has neither rotates nor three-operand logic), one loop is longer
than a core's caches of instructions. What the first half leaves to the second waits in memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from .nodes import Node

# The narrowest place is looked for in the middle third: halves must be about equal.
MIDDLE = (1 / 3, 2 / 3)


def narrowest(operations: Sequence[Node], middle: tuple[float, float] = MIDDLE) -> tuple[int, list[Node]]:
    """Where in the middle of the operations least waits for what comes later, and what that is.

    `middle`: from which share of the operations to which.
    """
    position = {node: at for at, node in enumerate(operations)}
    last_use = {arg: at for at, node in enumerate(operations) for arg in node.args if arg in position}

    def waiting(at: int) -> list[Node]:
        return [node for node in operations[:at] if last_use.get(node, 0) >= at]

    steps = [0] * (len(operations) + 1)
    for node, last in last_use.items():
        steps[position[node] + 1] += 1
        steps[last + 1] -= 1
    lowest, fewest, alive = 0, len(operations), 0
    for at, step in enumerate(steps):
        alive += step
        if middle[0] * len(operations) <= at < middle[1] * len(operations) and alive < fewest:
            lowest, fewest = at, alive
    return lowest, waiting(lowest)
