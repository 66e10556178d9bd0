"""A graph as a Python function: what every new header needs is computed many times as fast as node by node.

Words are integers of the nodes' bits, or NumPy arrays of such that are wide enough for a carry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .nodes import Node, Op, reachable, ternary

# Takes the inputs' values by name, and gives the outputs' values.
Evaluator = Callable[[Mapping[str, Any]], list[Any]]


def evaluator(outputs: Sequence[Node]) -> Evaluator:
    """What computes the outputs as `nodes.evaluate` does, from the inputs' values by name."""
    lines = [f"    v{node.number} = {_expression(node)}" for node in reachable(outputs) if node.op is not Op.CONSTANT]
    last = f"    return [{', '.join(_operand(node) for node in outputs)}]"
    # Made of numbers and of the names of our own inputs, nothing else.
    source = "\n".join(("def evaluate(inputs):", *lines, last))
    names: dict[str, Any] = {"ternary": ternary}
    exec(compile(source, "<graph>", "exec"), names)
    made: Evaluator = names["evaluate"]
    return made


def _operand(node: Node) -> str:
    return str(node.immediate) if node.op is Op.CONSTANT else f"v{node.number}"


def _expression(node: Node) -> str:
    args = [_operand(arg) for arg in node.args]
    n = node.immediate
    mask = (1 << node.bits) - 1
    match node.op:
        case Op.INPUT:
            return f"inputs[{node.name!r}]"
        case Op.ADD:
            return f"{' + '.join(args)} & {mask}"
        case Op.XOR:
            return " ^ ".join(args)
        case Op.AND:
            return " & ".join(args)
        case Op.ROTR:
            return f"({args[0]} >> {n} | {args[0]} << {node.bits - n}) & {mask}"
        case Op.SHR:
            return f"{args[0]} >> {n}"
        case Op.ANDNOT:
            return f"~{args[0]} & {args[1]}"
        case Op.CHI:
            return f"{args[0]} ^ ~{args[1]} & {args[2]}"
        case Op.SHL:
            return f"{args[0]} << {n} & {mask}"
        case Op.CHOOSE:
            return f"{args[2]} ^ {args[0]} & ({args[1]} ^ {args[2]})"
        case Op.MAJORITY:
            return f"{args[0]} & {args[1]} | {args[2]} & ({args[0]} | {args[1]})"
        case Op.TERNARY:
            return f"ternary({n}, {', '.join(args)}, {node.bits})"
        case Op.CONSTANT:
            return str(n)
