"""An order in which few instructions wait: each comes some cycles behind those whose results it reads.

A core looks ahead and finds what can run, but its window is small, and what waits in it takes the room of
others. Where another stream of instructions runs beside (`codegen/chains`), what waits holds that up, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .instructions import Form, Instruction, Value


@dataclass(frozen=True)
class Pace:
    """How fast the instructions come in turn, and how late their results are.

    `per_cycle`: so many a cycle; `latency`: cycles until a result is there, by mnemonic, 1 if not in it;
    `margin`: cycles more that it may take, because ports are taken now and then; `window`: no instruction goes
    before more than so many that came earlier, for what is done early holds a register until it is needed.
    """

    per_cycle: float
    latency: Mapping[str, int]
    margin: float
    window: int


def paced(instructions: Sequence[Instruction], pace: Pace) -> list[Instruction]:
    """The instructions reordered: in turn the first of the window that waits for nothing, or else the next to."""
    makers = {each.result: index for index, each in enumerate(instructions) if each.result is not None}
    needs = [
        [makers[operand] for operand in each.operands if isinstance(operand, Value) and operand in makers]
        for each in instructions
    ]
    waiting = list(range(len(instructions)))
    # When the result of each that has been placed is there.
    there: dict[int, float] = {}
    out: list[Instruction] = []
    clock = 0.0
    while waiting:
        starts = {
            index: max((there[need] for need in needs[index]), default=0.0)
            for index in waiting[: pace.window]
            if all(need in there for need in needs[index])
        }
        chosen = next((index for index, start in starts.items() if start <= clock), None)
        if chosen is None:
            chosen = min(starts, key=lambda index: starts[index])
        each = instructions[chosen]
        waiting.remove(chosen)
        out.append(each)
        there[chosen] = clock
        if each.form is not Form.STORE:
            # Stores have ports of their own.
            there[chosen] += pace.latency.get(each.mnemonic, 1) + pace.margin
            clock += 1 / pace.per_cycle
    return out
