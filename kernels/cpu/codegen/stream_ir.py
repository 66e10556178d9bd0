"""LLVM IR for micro-benchmarks: streams of independent vector operations, and a chain that tells the clock.

The functions have the form of the kernels (see `skeleton`), use of their arguments only `batches`,
the number of iterations, and return the number of operations done.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ...graph.lower import XOR3
from ...graph.nodes import Op
from ..assembly.inline import VECTOR_REGISTERS, inline_assembly
from ..assembly.select import INSTRUCTIONS
from .sha_instructions import LANES as QUAD
from .skeleton import Carried, counted_loop
from .vector_ir import VectorTarget, VectorWriter

# Operations on each register in one pass of the loop: enough that the loop's own bookkeeping hides.
ROUNDS = 8
CHAIN = 64
# Beside each other: xmm1 and on for SHA instructions, ymm16 and on for wider operations.
SHA_REGISTERS, WIDE_REGISTERS = 12, 12
SHIFTS = {Op.ROTR: 7, Op.SHR: 3, Op.SHL: 3}

# The right-hand side of one operation, by name, on three registers.
Write = Callable[[VectorWriter, str, Sequence[str]], str]


def vector_operation(writer: VectorWriter, kind: str, registers: Sequence[str]) -> str:
    """An operation of a lowered graph, by its name in lower case."""
    op = Op[kind.upper()]
    args = {Op.TERNARY: registers}.get(op, registers[1:2] if op in SHIFTS else registers[:2])
    return writer.expression(op, args, SHIFTS.get(op, XOR3))


def sha_operation(writer: VectorWriter, kind: str, registers: Sequence[str]) -> str:
    """A SHA instruction, by the name of LLVM's intrinsic for it (without `llvm.`), or what goes with them."""
    if kind == "shuffle":
        return _shuffle(writer, registers)
    if "." not in kind:
        return vector_operation(writer, kind, registers)
    two_operands = kind.endswith(("msg1", "msg2", "su0"))
    args = registers[:2] if two_operands else registers
    function = writer.declare(f"llvm.{kind}", *[writer.vector] * len(args))
    return f"call {function}({', '.join(f'{writer.vector} {arg}' for arg in args)})"


def _shuffle(writer: VectorWriter, registers: Sequence[str]) -> str:
    # Four words out of the eight of two registers (`palignr`); of wider ones, pairs from each half (`vpunpckldq`).
    vector, lanes = writer.vector, writer.target.lanes
    if lanes == QUAD:
        which: Iterable[int] = range(1, QUAD + 1)
    else:
        which = (word for half in range(0, lanes, 4) for at in (half, half + 1) for word in (at, lanes + at))
    mask = ", ".join(f"i32 {word}" for word in which)
    return f"shufflevector {vector} {registers[0]}, {vector} {registers[1]}, {vector} <{mask}>"


def operation_order(mix: Mapping[str, float], registers: int, shuffled: bool = False) -> list[str]:
    """ROUNDS × registers operations in the mix's proportions, each kind spread as evenly as it can, or by chance."""
    total = sum(mix.values())
    done = dict.fromkeys(mix, 0)
    order: list[str] = []
    for position in range(1, ROUNDS * registers + 1):
        # The kind that lags most behind its share.
        kind = max(mix, key=lambda kind: mix[kind] / total * position - done[kind])
        done[kind] += 1
        order.append(kind)
    if shuffled:
        # The same chance each time.
        random.Random(0).shuffle(order)
    return order


def stream(
    symbol: str,
    mix: Mapping[str, float],
    write: Write,
    target: VectorTarget,
    registers: int,
    shuffled: bool = False,
) -> str:
    """A loop of independent operations in the given proportions, on so many registers.

    `shuffled`: in an order by chance; a core may do one order of the same operations slower than another.
    SHA instructions work on quads; beside wider vectors they have registers of their own (`_beside_sha`).
    """
    order = operation_order(mix, registers, shuffled) if len(mix) > 1 else list(mix) * registers
    quads = [kind for kind in mix if "." in kind]
    if target.lanes > QUAD and 0 < len(quads) < len(mix):
        return _beside_sha(symbol, order, target)
    writer = VectorWriter(replace(target, lanes=QUAD) if quads else target)
    vector = writer.vector
    values = [f"%r{index}" for index in range(registers)]
    body = []
    for position, kind in enumerate(order):
        index = position % registers
        reads = [values[(index + step) % registers] for step in range(3)]
        if "." in kind:
            # SHA instructions come late: they wait for nothing but what was in their own register.
            reads[1:] = ["%start0", f"%start{1 % registers}"]
        body.append(f"  %x{position} = {write(writer, kind, reads)}")
        values[index] = f"%x{position}"
        if not quads:
            # LLVM would make one of two shifts in a row, of three XORs two, and so on: a stream of fewer operations
            # than it counts. Beside SHA instructions it finds nothing to join, and fences would change its shuffles.
            body += writer.fenced(f"y{position}", f"%x{position}")
            values[index] = f"%y{position}"
    entry, carried, end = ["  %seed = alloca [8 x i64], align 64"], [], []
    for index, value in enumerate(values):
        entry.append(f"  %start{index} = load volatile {vector}, ptr %seed, align 64")
        carried.append(Carried(f"r{index}", vector, f"%start{index}", value))
        end.append(f"  store volatile {vector} {value}, ptr %seed, align 64")
    setup, loop, keep = ("\n".join(part) for part in (entry, body, end))
    return counted_loop(symbol, target.attributes, writer.declarations, setup, carried, loop, keep, answer=len(order))


def _beside_sha(symbol: str, order: Sequence[str], target: VectorTarget) -> str:
    # In registers of our choice: LLVM would use the upper halves of those that SHA instructions can reach, which
    # costs an Intel core some 400 cycles for each of them. What is in them does not matter.
    body = []
    turn: Counter[bool] = Counter()
    for kind in order:
        quad = "." in kind
        first, *rest = (turn[quad] + step for step in range(3))
        turn[quad] += 1
        if quad:
            name = kind.removeprefix("x86.")
            implicit = ", xmm0" if name == "sha256rnds2" else ""
            body.append(f"{name} xmm{1 + first % SHA_REGISTERS}, xmm{1 + SHA_REGISTERS}{implicit}")
            continue
        registers = [f"ymm{16 + each % WIDE_REGISTERS}" for each in (first, *rest)]
        if kind == "shuffle":
            mnemonic, operands = "vpunpckldq", [registers[0], *registers[:2]]
        else:
            op = Op[kind.upper()]
            mnemonic = INSTRUCTIONS[op][0]
            if op in SHIFTS:
                operands = [*registers[:2], str(SHIFTS[op])]
            elif op is Op.TERNARY:
                operands = [*registers, str(XOR3)]
            else:
                operands = [registers[0], *registers[:2]]
        body.append(f"{mnemonic} {', '.join(operands)}")
    clear, run = (inline_assembly(lines, {}, VECTOR_REGISTERS) for lines in (["vzeroupper"], body))
    return counted_loop(symbol, target.attributes, (), clear, (), run, "", answer=len(order))


def clock_chain(symbol: str, target: VectorTarget) -> str:
    """A loop of CHAIN dependent scalar operations, each of one cycle: its rate is the clock."""
    body = []
    for step in range(CHAIN):
        before = "%a" if step == 0 else f"%a{step}"
        # Additions and XORs in turn cannot be joined.
        body.append(f"  %a{step + 1} = {'xor' if step % 2 else 'add'} i64 {before}, %operand")
    entry = "  %seed = alloca i64, align 64\n  %operand = load volatile i64, ptr %seed, align 64"
    keep = f"  store volatile i64 %a{CHAIN}, ptr %seed, align 64"
    carried = [Carried("a", "i64", "1", f"%a{CHAIN}")]
    return counted_loop(symbol, target.attributes, (), entry, carried, "\n".join(body), keep, answer=CHAIN)
