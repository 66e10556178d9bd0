"""Streams: kernels that do nothing but a kernel's own operations, with nothing to wait for.

Every work-item keeps CHAINS words and takes each through the same cycle of operations, one step
apart, so that neighbouring operations never wait for each other. Operands come from neighbouring
chains; no compiler can then fold two operations into one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ...graph.lower import lower
from ...graph.nodes import Binding, Node, Op
from ...sha256.mining import header_hash
from .dialect import OPENCL, Dialect
from .emit import assigned
from .forms import logic_macros, vector_macros
from .variant import Variant

STREAM = "stream"
CHAINS = 12
# Operations of one chain in one turn of the loop: enough to forget the loop, few enough for any instruction cache.
STEPS = 48

ADD, XOR, XOR3, XOR4, ROTATE = "add", "xor", "xor3", "xor4", "rotate"
# What the kernels for both pipes of a GPU do besides (see `pipes`).
ADD3, MULTIPLY_ADD, MULTIPLY_HIGH = "add3", "multiply and add", "multiply high"
FORMS = {
    ADD: "x{0} + x{1}",
    XOR: "x{0} ^ x{1}",
    XOR3: "XOR3(x{0}, x{1}, x{2})",
    # No operation of the hash: held against XOR3, it tells how many words an instruction takes.
    XOR4: "x{0} ^ x{1} ^ x{2} ^ x{3}",
    ROTATE: "ROTR(x{0}, 7u)",
    ADD3: "x{0} + x{1} + x{2}",
    MULTIPLY_ADD: "x{0} * one + x{1}",
    MULTIPLY_HIGH: "mul_hi(x{0}, many)",
}


def operation_mix(three_operand_logic: bool, prefixes: int = 1) -> dict[str, float]:
    """The operations of a hash by kind; shifts count as rotations, for they run on the same ports.

    `prefixes`: those of a nonce, which share the message schedule.
    """
    program = lower([header_hash().digest[7]], three_operand_logic)
    kinds = {Op.ADD: ADD, Op.XOR: XOR, Op.AND: XOR, Op.TERNARY: XOR3, Op.ROTR: ROTATE, Op.SHR: ROTATE}
    mix: dict[str, float] = defaultdict(float)
    for node in program.operations():
        mix[kinds[node.op]] += part_of(node, prefixes)
    if three_operand_logic:
        # Some XORs have two operands, and an instruction for three does them just as well.
        mix[XOR3] += mix.pop(XOR, 0)
    return dict(mix)


def part_of(node: Node, prefixes: int) -> float:
    """Which part of an operation each of a nonce's prefixes has to do."""
    return 1 / prefixes if node.binding is Binding.BATCH else 1.0


def both_pipes_mix(variant: Variant, prefixes: int = 1) -> dict[str, float]:
    """The operations of a variant that gives some to a GPU's multiplier, by kind. Sums of three are one operation."""
    dealt = assigned(variant)
    kinds = {Op.XOR: XOR3, Op.AND: XOR3, Op.TERNARY: XOR3, Op.ROTR: ROTATE, Op.SHR: ROTATE}
    mix: dict[str, float] = defaultdict(float)
    for node in dealt.program.operations():
        part = part_of(node, prefixes)
        if node not in dealt.multiplied:
            mix[kinds.get(node.op, ADD3)] += part / 2 if node.op is Op.ADD else part
            continue
        if node.op is not Op.ADD:
            mix[MULTIPLY_HIGH] += part
        if node.op is not Op.SHR:
            mix[MULTIPLY_ADD] += part
    return dict(mix)


def interleaved(mix: Mapping[str, float], folding: Collection[str] = (ROTATE,)) -> list[str]:
    """A cycle of STEPS kinds in the proportions of `mix`, each kind spread evenly.

    No kind of `folding` follows another of them, nor is the first step one: compilers fold two in a row into one.
    """
    total = sum(mix.values())
    done = dict.fromkeys(mix, 0)
    steps: list[str] = []
    for step in range(1, STEPS + 1):
        behind = max(
            (kind for kind in mix if kind not in folding or (steps and steps[-1] not in folding)),
            key=lambda kind: mix[kind] / total * step - done[kind],
        )
        done[behind] += 1
        steps.append(behind)
    return steps


def emit_stream(variant: Variant, steps: Sequence[str], dialect: Dialect = OPENCL) -> str:
    """The source of a stream, on the variant's vectors and with its rotation."""
    # Whatever form a variant has for Ch and Maj, a stream needs the plain XOR of three only.
    plain = replace(variant, logic="vpternlog" if variant.logic == "vpternlog" else "xor")
    body = [
        f"        x{chain} = {_operation(steps[(step + chain) % len(steps)], chain)};"
        for step in range(len(steps))
        for chain in range(CHAINS)
    ]
    names = [f"x{chain}" for chain in range(CHAINS)]
    return "\n".join(
        [
            *dialect.prelude,
            *vector_macros(variant.width),
            *logic_macros(plain),
            f"__kernel void {STREAM}(const uint turns, __global uint *results)",
            "{",
            "    const uint item = (uint)get_global_id(0);",
            # A compiler that knew these would not multiply.
            "    const word one = SPLAT(turns >> 31 | 1u), many = SPLAT((turns >> 31 | 1u) << 26);",
            *(f"    word x{chain} = SPLAT(item * 0x9e3779b9u + {chain}u) + LANES;" for chain in range(CHAINS)),
            "    for (uint turn = 0u; turn < turns; turn++) {",
            *body,
            "    }",
            f"    results[item] = FOLD({' ^ '.join(names)});",
            "}",
            "",
        ]
    )


def _operation(kind: str, chain: int) -> str:
    return FORMS[kind].format(chain, (chain + 5) % CHAINS, (chain + 8) % CHAINS, (chain + 3) % CHAINS)
