"""LLVM IR for micro-benchmarks: streams of independent vector operations, and a chain that tells the clock.

The functions have the form of the kernels (see `skeleton`), use of their arguments only `batches`,
the number of iterations, and return the number of operations done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..sha256.graph import Op
from ..sha256.lower import XOR3
from .skeleton import Carried, counted_loop
from .vector_ir import VectorTarget, VectorWriter

# Operations on each register in one pass of the loop: enough that the loop's own bookkeeping hides.
ROUNDS = 8
CHAIN = 64
SHIFTS = {Op.ROTR: 7, Op.SHR: 3, Op.SHL: 3}

# The right-hand side of one operation, by name, on three registers.
Write = Callable[[VectorWriter, str, Sequence[str]], str]


def vector_operation(writer: VectorWriter, kind: str, registers: Sequence[str]) -> str:
    """An operation of a lowered graph, by its name in lower case."""
    op = Op[kind.upper()]
    # LLVM would join two shifts of one register in a row, so a shift reads what the neighbour holds.
    args = {Op.TERNARY: registers}.get(op, registers[1:2] if op in SHIFTS else registers[:2])
    return writer.expression(op, args, SHIFTS.get(op, XOR3))


def sha_operation(writer: VectorWriter, kind: str, registers: Sequence[str]) -> str:
    """A SHA instruction, by the name of LLVM's intrinsic for it (without `llvm.`)."""
    two_operands = kind.endswith(("msg1", "msg2", "su0"))
    args = registers[:2] if two_operands else registers
    function = writer.declare(f"llvm.{kind}", *[writer.vector] * len(args))
    return f"call {function}({', '.join(f'{writer.vector} {arg}' for arg in args)})"


def operation_order(mix: Mapping[str, float], registers: int) -> list[str]:
    """ROUNDS × registers operations in the mix's proportions, spread so that each kind comes as evenly as it can."""
    total = sum(mix.values())
    done = dict.fromkeys(mix, 0)
    order: list[str] = []
    for position in range(1, ROUNDS * registers + 1):
        # The kind that lags most behind its share.
        kind = max(mix, key=lambda kind: mix[kind] / total * position - done[kind])
        done[kind] += 1
        order.append(kind)
    return order


def stream(symbol: str, mix: Mapping[str, float], write: Write, target: VectorTarget, registers: int) -> str:
    """A loop of independent operations in the given proportions, on so many registers."""
    writer = VectorWriter(target)
    vector = writer.vector
    values = [f"%r{index}" for index in range(registers)]
    body = []
    # One kind of shift alone would let LLVM join two in a row; a single pass has no two.
    order = operation_order(mix, registers) if len(mix) > 1 else list(mix) * registers
    for position, kind in enumerate(order):
        index = position % registers
        reads = [values[(index + step) % registers] for step in range(3)]
        body.append(f"  %x{position} = {write(writer, kind, reads)}")
        values[index] = f"%x{position}"
    seed = ["  %seed = alloca [8 x i64], align 64"]
    seed += [f"  %start{i} = load volatile {vector}, ptr %seed, align 64" for i in range(registers)]
    carried = [Carried(f"r{i}", vector, f"%start{i}", value) for i, value in enumerate(values)]
    keeps = "\n".join(f"  store volatile {vector} {value}, ptr %seed, align 64" for value in values)
    lines = ["\n".join(part) for part in (seed, body)]
    return counted_loop(
        symbol, target.attributes, writer.declarations, lines[0], carried, lines[1], keeps, answer=len(order)
    )


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
