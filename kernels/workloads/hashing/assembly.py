"""A hash's body as assembly of our own on AVX2, whose order and registers LLVM does not keep.

With one stage it is the scheduler's order. Its few chains fill the ports of AMD's cores to 70 %: each operation is
given to one of two schedulers before it is known when its operands come. Twice as many chains fill them better, but two
whole batches are more code than half of the cache of decoded instructions, which is what a busy hyperthread leaves. So
with two stages a pass does the first half of a batch beside the second half of the batch before it, in turns of about
a round; what the one leaves to the other waits in memory. The loop around it is as in `llvm`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...cpu.assembly.inline import inline_assembly
from ...cpu.assembly.instructions import Form, Instruction, Memory, Operand, Value
from ...cpu.assembly.registers import RegisterFile, allocate
from ...cpu.assembly.select import LANES_AVX2, Constants, select_avx2
from ...cpu.codegen.vector_ir import Body
from ...graph.halves import narrowest
from ...graph.lower import Program
from ...graph.nodes import Node, Op
from ...graph.schedule import Ports, schedule

REGISTERS = 16
WIDTH = 4 * LANES_AVX2
# Two schedulers with two ports each, of which one shifts and shuffles (AMD Zen to Zen 3).
PORTS = Ports(width=4, shifts=2)
# Where two stages may be parted, as shares of the operations.
MIDDLE = (0.45, 0.55)
# Operations of each stage in turn: about a round of BLAKE2s. Half of it was slower, and so was twice as much.
TURN = 132
# What each machine register points to: the job's words in every lane, constants, and room, which begins with the
# nonces of each stage, the digest's last words, and what waits for the second stage.
JOB, CONSTANTS, ROOM = "rdi", "rsi", "rdx"
NONCES, LAST, WAITING = (0, 1), 2, 3


def assembled(body: Body, program: Program, stages: int) -> tuple[str, str, str]:
    """The lines before the loop, those within it, and the value of the last words.

    `body` has loaded what is known early, and declares what the lines need.
    """
    constants = Constants(CONSTANTS)
    known = list(program.early_inputs().values())
    operations = schedule(program.operations(), PORTS)
    at, waiting = narrowest(operations, MIDDLE) if stages > 1 else (len(operations), [])
    slots = {node: Memory(ROOM, WIDTH * (WAITING + index)) for index, node in enumerate(waiting)}
    stored = {**slots, program.outputs[0]: Memory(ROOM, WIDTH * LAST)}
    nonce = next(node for node in program.nodes() if node.op is Op.INPUT and node.name == "nonce")
    streams: list[list[Instruction]] = []
    for stage, nodes in enumerate((operations[:at], operations[at:])):
        values: dict[Node, Operand] = {word: Memory(JOB, WIDTH * index) for index, word in enumerate(known)}
        values[nonce] = Value(Memory(ROOM, WIDTH * NONCES[stage]))
        values |= {node: Value(place) for node, place in slots.items() if stage}
        stream: list[Instruction] = []
        for node in nodes:
            stream.append(select_avx2(node, values, constants))
            if place := stored.get(node):
                stream.append(Instruction("vmovdqa", Form.STORE, (values[node],), target=place))
        streams.append(stream)
    names = [f"ymm{index}" for index in range(REGISTERS)]
    first_spill = WIDTH * (WAITING + len(waiting))
    file = RegisterFile(names, LANES_AVX2, move="vmovdqa", spills=ROOM, first_spill=first_spill)
    allocated = allocate(in_turns(*streams), file)
    lines = [line for each in allocated.lines for line in each]
    size = WAITING + len(waiting) + allocated.spills
    vector = body.vector
    entry = [
        f"  %own.job = alloca [{max(1, len(known))} x {vector}], align {WIDTH}",
        f"  %own.room = alloca [{size} x {vector}], align {WIDTH}",
        f"  %own.before = getelementptr {vector}, ptr %own.room, i64 {NONCES[1]}",
        f"  %own.last = getelementptr {vector}, ptr %own.room, i64 {LAST}",
    ]
    for index, word in enumerate(known):
        entry.append(f"  %own.job{index} = getelementptr {vector}, ptr %own.job, i64 {index}")
        entry.append(f"  store {vector} {body.values[word]}, ptr %own.job{index}, align {WIDTH}")
    within = [
        f"  store {vector} %nonce, ptr %own.room, align {WIDTH}",
        f"  %nonce.before = sub {vector} %nonce, splat (i32 {LANES_AVX2})",
        f"  store {vector} %nonce.before, ptr %own.before, align {WIDTH}",
        inline_assembly(lines, {JOB: "%own.job", CONSTANTS: "@own.constants", ROOM: "%own.room"}, REGISTERS),
        f"  %own.words = load {vector}, ptr %own.last, align {WIDTH}",
    ]
    body.declarations.add(constants.declaration("own.constants"))
    return "\n".join(entry), "\n".join(within), "%own.words"


def in_turns(first: Sequence[Instruction], second: Sequence[Instruction]) -> list[Instruction]:
    """TURN instructions of each stage in turn, of the second first: it reads what waits before that is made anew."""
    out: list[Instruction] = []
    for begin in range(0, max(len(first), len(second)), TURN):
        out += [*second[begin : begin + TURN], *first[begin : begin + TURN]]
    return out
