"""What a kernel is told of a job, computed by a function in LLVM IR: the values that are known before the nonce.

It stands beside the kernel in the same object code. A process that loads both needs no graph, which takes longer to be
built and lowered than all else of a cached start.

The function has the form of all others (`skeleton`): `job` holds a row of INPUTS for each of `batches` prefixes, and
`records` gets a row of values for each. It returns, of one row, how many values come first that are the same for all
prefixes · 2³² + how many there are.
"""

from __future__ import annotations

from dataclasses import replace

from ...graph.lower import Program
from ...graph.nodes import Node, Op, reachable
from .skeleton import counted_loop, splat
from .vector_ir import VectorTarget, VectorWriter, by_binding

INPUTS = (*(f"midstate{index}" for index in range(8)), *(f"tail{index}" for index in range(3)))
# Room for a row that whoever calls has before it knows how many values there are.
MOST_VALUES = 512
# The narrowest vectors that x86 has three-operand logic for.
TERNARY_LANES = 4


def emit(name: str, program: Program, target: VectorTarget) -> str:
    """The LLVM IR module, for what the target has. Values come in the order in which `vector_ir` reads them."""
    per_job, per_prefix = by_binding(program)
    values = per_job + per_prefix
    if len(values) > MOST_VALUES:
        raise ValueError(f"a job has {len(values)} early values, and room for {MOST_VALUES}")
    writer = VectorWriter(replace(target, lanes=TERNARY_LANES if target.x86_ternary else 1))
    lines = [
        "  %i.wide = zext i32 %i to i64",
        f"  %from.offset = mul i64 %i.wide, {len(INPUTS)}",
        "  %from = getelementptr i32, ptr %job, i64 %from.offset",
        f"  %to.offset = mul i64 %i.wide, {len(values)}",
        "  %to = getelementptr i32, ptr %records, i64 %to.offset",
    ]

    def operand(node: Node) -> str:
        return f"splat (i32 {node.immediate})" if node.op is Op.CONSTANT else f"%v{node.number}"

    for node in reachable(values):
        if node.op is Op.INPUT:
            lines += [
                f"  %{node.name}.at = getelementptr i32, ptr %from, i64 {INPUTS.index(node.name)}",
                f"  %{node.name}.word = load i32, ptr %{node.name}.at",
                splat(f"v{node.number}", writer.vector, f"%{node.name}.word"),
            ]
        elif node.op is not Op.CONSTANT:
            expression = writer.expression(node.op, [operand(arg) for arg in node.args], node.immediate)
            lines.append(f"  %v{node.number} = {expression}")
    for index, node in enumerate(values):
        lines += [
            f"  %value{index} = extractelement {writer.vector} {operand(node)}, i32 0",
            f"  %value{index}.at = getelementptr i32, ptr %to, i64 {index}",
            f"  store i32 %value{index}, ptr %value{index}.at",
        ]
    answer = len(per_job) << 32 | len(values)
    # It runs once a job: to make it faster would take LLVM as long as the kernel.
    attributes = f"optnone {target.attributes}"
    return counted_loop(name, attributes, writer.declarations, "", [], "\n".join(lines), "", answer)
