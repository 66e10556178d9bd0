"""Lowering: from the operations of FIPS 180-4 to those an instruction set has, and the job's part cut off.

A lowered graph has binary additions, shifts by a constant, rotates where there are any, and either
three-operand logic (any function of three words in one instruction: x86 `vpternlogd`, NVIDIA `LOP3`)
or two-operand logic. What is known before the nonce is no longer in it: those values became inputs, to be
computed once per job (`early_values`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush

from .nodes import Binding, GraphWords, Node, Op, reachable
from .python import Evaluator, evaluator

# Truth tables for TERNARY (bit 4a+2b+c).
XOR3, CHOOSE3, MAJORITY3, CHI3 = 0x96, 0xCA, 0xE8, 0xD2


@dataclass(frozen=True)
class Program:
    """A lowered graph. `early[i]` is the node whose value, known before the nonce, is the input `early<i>`."""

    outputs: tuple[Node, ...]
    early: tuple[Node, ...]

    def nodes(self) -> list[Node]:
        """Every node of the loop, operands first, constants and inputs included."""
        return reachable(self.outputs)

    def operations(self) -> list[Node]:
        """The nodes of the loop that cost an instruction."""
        return [node for node in self.nodes() if node.op not in (Op.CONSTANT, Op.INPUT)]

    def early_inputs(self) -> dict[Node, Node]:
        """For each early node the input that stands for it."""
        inputs = {node.name: node for node in self.nodes() if node.op is Op.INPUT}
        return {node: inputs[f"early{index}"] for index, node in enumerate(self.early)}

    def early_values(self, inputs: Mapping[str, int]) -> list[int]:
        """The values of the `early` inputs for one midstate and tail, by name as `HeaderHash.inputs` gives them."""
        return self._early(inputs)

    @cached_property
    def _early(self) -> Evaluator:
        return evaluator(self.early)


def lower(
    outputs: Sequence[Node], three_operand_logic: bool, rotates: bool = True, rotates_bytes: bool = False
) -> Program:
    """The outputs in an instruction set's own operations.

    Without `rotates`, a rotate becomes two shifts and an XOR; with `rotates_bytes` only where it is not by whole bytes.
    """
    bits = outputs[0].bits
    words = GraphWords(bits)
    lowered: dict[Node, Node] = {}
    depth: dict[Node, int] = {}

    def make(op: Op, *args: Node, immediate: int = 0) -> Node:
        node = words.combine(op, *args, immediate=immediate)
        # Counted from the nonce on: what is known earlier is there when the loop begins.
        late = node.binding >= Binding.BATCH
        depth[node] = 1 + max((depth.get(arg, 0) for arg in args), default=0) if late else 0
        return node

    def rotate(x: Node, count: int) -> Node:
        if rotates or (rotates_bytes and count % 8 == 0):
            return make(Op.ROTR, x, immediate=count)
        return make(Op.XOR, make(Op.SHR, x, immediate=count), make(Op.SHL, x, immediate=bits - count))

    logic: Callable[..., Node] = _three_operand(make) if three_operand_logic else _two_operand(make)

    for node in reachable(outputs):
        args = [lowered[arg] for arg in node.args]
        if node.op is Op.CONSTANT:
            lowered[node] = words.constant(node.immediate)
        elif node.op is Op.INPUT:
            lowered[node] = words.input(node.name, node.depends)
        elif node.op is Op.ADD:
            lowered[node] = _sum(make, args, depth)
        elif node.op in (Op.XOR, Op.CHOOSE, Op.MAJORITY, Op.CHI):
            lowered[node] = logic(node.op, args)
        elif node.op is Op.ROTR:
            lowered[node] = rotate(args[0], node.immediate)
        else:
            lowered[node] = make(node.op, *args, immediate=node.immediate)
    return _cut([lowered[node] for node in outputs])


def _cut(outputs: Sequence[Node]) -> Program:
    """Put inputs in the place of what is known before the nonce."""
    words = GraphWords(outputs[0].bits)
    kept: dict[Node, Node] = {}
    early: list[Node] = []
    for node in reachable(outputs):
        if node.binding < Binding.BATCH:
            continue
        for arg in node.args:
            if arg in kept:
                continue
            if arg.op is Op.CONSTANT:
                kept[arg] = words.constant(arg.immediate)
            else:
                kept[arg] = words.input(f"early{len(early)}", arg.depends)
                early.append(arg)
        if node.op is Op.INPUT:
            kept[node] = words.input(node.name, node.depends)
        else:
            kept[node] = words.combine(node.op, *(kept[arg] for arg in node.args), immediate=node.immediate)
    return Program(tuple(kept[node] for node in outputs), tuple(early))


def _sum(make: Callable[..., Node], terms: list[Node], depth: dict[Node, int]) -> Node:
    # What is ready first is added first, so that the last operand to arrive waits for one addition only.
    heap = [(depth.get(term, 0), term.number, term) for term in terms]
    heapify(heap)
    while len(heap) > 1:
        *_, first = heappop(heap)
        *_, second = heappop(heap)
        total = make(Op.ADD, first, second)
        heappush(heap, (depth[total], total.number, total))
    return heap[0][2]


def _three_operand(make: Callable[..., Node]) -> Callable[[Op, list[Node]], Node]:
    tables = {Op.XOR: XOR3, Op.CHOOSE: CHOOSE3, Op.MAJORITY: MAJORITY3, Op.CHI: CHI3}

    def logic(op: Op, args: list[Node]) -> Node:
        total, rest = args[0], args[1:]
        while len(rest) > 1:
            total = make(Op.TERNARY, total, *rest[:2], immediate=tables[op])
            rest = rest[2:]
        return make(op, total, *rest) if rest else total

    return logic


def _two_operand(make: Callable[..., Node]) -> Callable[[Op, list[Node]], Node]:
    def xor(*args: Node) -> Node:
        # Sorted, so that a XOR b and b XOR a are one node.
        return make(Op.XOR, *sorted(args, key=lambda node: node.number))

    def logic(op: Op, args: list[Node]) -> Node:
        if op is Op.CHOOSE:
            e, f, g = args
            return xor(g, make(Op.AND, e, xor(f, g)))
        if op is Op.MAJORITY:
            # In the next round (a, b) takes the place of (b, c), so one of the two inner XORs is already there.
            a, b, c = args
            return xor(b, make(Op.AND, xor(a, b), xor(b, c)))
        if op is Op.CHI:
            a, b, c = args
            return xor(a, make(Op.ANDNOT, b, c))
        total = args[0]
        for arg in args[1:]:
            total = xor(total, arg)
        return total

    return logic
