"""LLVM IR for micro-benchmarks: streams of independent vector operations, and a chain that tells the clock.

The functions have the form of the kernels (see `vector_ir`), use of their arguments only `batches`,
the number of iterations, and return the number of operations done.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..sha256.graph import Op
from ..sha256.lower import XOR3
from .vector_ir import VectorTarget, VectorWriter

# Operations on each register in one pass of the loop: enough that the loop's own bookkeeping hides.
ROUNDS = 8
CHAIN = 64
SHIFTS = {Op.ROTR: 7, Op.SHR: 3, Op.SHL: 3}


def operation_order(mix: Mapping[Op, float], registers: int) -> list[Op]:
    """ROUNDS × registers operations in the mix's proportions, spread so that each kind comes as evenly as it can."""
    total = sum(mix.values())
    done = dict.fromkeys(mix, 0)
    order: list[Op] = []
    for position in range(1, ROUNDS * registers + 1):
        # The kind that lags most behind its share.
        op = max(mix, key=lambda kind: mix[kind] / total * position - done[kind])
        done[op] += 1
        order.append(op)
    return order


def stream(symbol: str, mix: Mapping[Op, float], target: VectorTarget, registers: int) -> str:
    """A loop of independent operations in the given proportions, on so many registers."""
    writer = VectorWriter(target)
    vector = writer.vector
    values = [f"%r{index}" for index in range(registers)]
    body = []
    # One kind of shift alone would let LLVM join two of the same register into one; a single pass has no two.
    order = operation_order(mix, registers) if len(mix) > 1 else list(mix) * registers
    for position, op in enumerate(order):
        index = position % registers
        here, there, beyond = (values[(index + step) % registers] for step in range(3))
        # LLVM would join two shifts in a row, so a shift reads what the neighbour holds.
        source = [here] if len(mix) == 1 else [there]
        args = {Op.TERNARY: [here, there, beyond]}.get(op, source if op in SHIFTS else [here, there])
        values[index] = f"%x{position}"
        body.append(f"  %x{position} = {writer.expression(op, args, SHIFTS.get(op, XOR3))}")
    setup = "\n".join(f"  %start{i} = load volatile {vector}, ptr %seed, align 64" for i in range(registers))
    phis = "\n".join(
        f"  %r{i} = phi {vector} [ %start{i}, %entry ], [ {value}, %loop ]" for i, value in enumerate(values)
    )
    keeps = "\n".join(f"  store volatile {vector} {value}, ptr %seed, align 64" for value in values)
    return _loop(symbol, target, writer, setup, phis, "\n".join(body), keeps, len(order))


def clock_chain(symbol: str, target: VectorTarget) -> str:
    """A loop of CHAIN dependent scalar operations, each of one cycle: its rate is the clock."""
    body = []
    for step in range(CHAIN):
        before = "%a" if step == 0 else f"%a{step}"
        # Additions and XORs in turn cannot be joined.
        body.append(f"  %a{step + 1} = {'xor' if step % 2 else 'add'} i64 {before}, %operand")
    phi = f"  %a = phi i64 [ 1, %entry ], [ %a{CHAIN}, %loop ]"
    reads = "  %operand = load volatile i64, ptr %seed, align 64"
    keep = f"  store volatile i64 %a{CHAIN}, ptr %seed, align 64"
    return _loop(symbol, target, VectorWriter(target), reads, phi, "\n".join(body), keep, CHAIN)


def _loop(
    symbol: str, target: VectorTarget, writer: VectorWriter, setup: str, phis: str, body: str, end: str, operations: int
) -> str:
    declarations = "\n".join(sorted(writer.declarations))
    return f"""\
; {operations} operations an iteration
{declarations}

define i64 @{symbol}(ptr %job, i32 %first, i32 %batches, i32 %partial, i32 %prefixes, ptr %records)
    nounwind noinline {target.attributes} {{
entry:
  %seed = alloca [8 x i64], align 64
{setup}
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
{phis}
{body}
  %next = add i32 %i, 1
  %done = icmp uge i32 %next, %batches
  br i1 %done, label %finish, label %loop, !llvm.loop !0
finish:
{end}
  %count = zext i32 %next to i64
  %operations = mul i64 %count, {operations}
  ret i64 %operations
}}
; Unrolled, the loop would show LLVM operations it can join.
!0 = distinct !{{!0, !1}}
!1 = !{{!"llvm.loop.unroll.disable"}}
"""
