"""A hash's body as assembly of our own on AVX2: the scheduler's order is kept, and few values leave the registers.

LLVM orders anew, and stores half as many vectors again. The loop around it, the job and the results are as in `llvm`.
"""

from __future__ import annotations

from ...cpu.assembly.inline import inline_assembly
from ...cpu.assembly.instructions import Form, Instruction, Memory, Operand, Value
from ...cpu.assembly.registers import RegisterFile, allocate
from ...cpu.assembly.select import LANES_AVX2, Constants, select_avx2
from ...cpu.codegen.vector_ir import Body
from ...graph.lower import Program
from ...graph.nodes import Node, Op
from ...graph.schedule import Ports, schedule

REGISTERS = 16
WIDTH = 4 * LANES_AVX2
# Two schedulers with two ports each, of which one shifts and shuffles (AMD Zen to Zen 3).
PORTS = Ports(width=4, shifts=2)
# What each machine register points to: the job's words in every lane, constants, and room of which the first two
# vectors are the nonces and the digest's last words.
JOB, CONSTANTS, ROOM = "rdi", "rsi", "rdx"
FIRST_SPILL = 2 * WIDTH


def assembled(body: Body, program: Program) -> tuple[str, str, str]:
    """The lines before the loop, those within it, and the value of the last words.

    `body` has loaded what is known early, and declares what the lines need.
    """
    constants = Constants(CONSTANTS)
    known = list(program.early_inputs().values())
    values: dict[Node, Operand] = {word: Memory(JOB, WIDTH * index) for index, word in enumerate(known)}
    nonce = next(node for node in program.nodes() if node.op is Op.INPUT and node.name == "nonce")
    values[nonce] = Value(Memory(ROOM, 0))
    instructions = [select_avx2(node, values, constants) for node in schedule(program.operations(), PORTS)]
    last = values[program.outputs[0]]
    instructions.append(Instruction("vmovdqa", Form.STORE, (last,), target=Memory(ROOM, WIDTH)))
    names = [f"ymm{index}" for index in range(REGISTERS)]
    file = RegisterFile(names, LANES_AVX2, move="vmovdqa", spills=ROOM, first_spill=FIRST_SPILL)
    allocated = allocate(instructions, file)
    lines = [line for each in allocated.lines for line in each]
    vector = body.vector
    entry = [
        f"  %own.job = alloca [{max(1, len(known))} x {vector}], align {WIDTH}",
        f"  %own.room = alloca [{2 + allocated.spills} x {vector}], align {WIDTH}",
        f"  %own.last = getelementptr {vector}, ptr %own.room, i64 1",
    ]
    for index, word in enumerate(known):
        entry.append(f"  %own.job{index} = getelementptr {vector}, ptr %own.job, i64 {index}")
        entry.append(f"  store {vector} {body.values[word]}, ptr %own.job{index}, align {WIDTH}")
    within = [
        f"  store {vector} %nonce, ptr %own.room, align {WIDTH}",
        inline_assembly(lines, {JOB: "%own.job", CONSTANTS: "@own.constants", ROOM: "%own.room"}, REGISTERS),
        f"  %own.words = load {vector}, ptr %own.last, align {WIDTH}",
    ]
    body.declarations.add(constants.declaration("own.constants"))
    return "\n".join(entry), "\n".join(within), "%own.words"
