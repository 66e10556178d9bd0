"""A hash's body as assembly of our own, whose order and registers LLVM does not keep.

With one stage it is the scheduler's order. Its few chains fill the ports of AMD's cores to 70 %, of Intel's to 90 %:
each operation is given to a scheduler or a port before it is known when its operands come. Twice as many chains fill
them better, but two whole batches are more code than half of the cache of decoded instructions, which is what a busy
hyperthread leaves. So with two stages a pass does the first half of a batch beside the second half of the batch before
it, in turns; what the one leaves to the other waits in memory. The loop around it is as in `llvm`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...cpu.assembly.inline import inline_assembly
from ...cpu.assembly.instructions import Form, Instruction, Memory, Operand, Value
from ...cpu.assembly.registers import RegisterFile, allocate
from ...cpu.assembly.select import LANES_AVX2, Constants, select_avx2, select_one
from ...cpu.codegen.vector_ir import Body
from ...graph.halves import narrowest
from ...graph.lower import Program
from ...graph.nodes import Node, Op
from ...graph.schedule import Ports, schedule


@dataclass(frozen=True)
class Isa:
    """What the body is made of.

    `registers`: their name and number. `turn`: operations of each stage in turn. `broadcasts`: an operand in memory
    may be one word for all lanes.
    """

    lanes: int
    registers: tuple[str, int]
    move: str
    ports: Ports
    turn: int
    broadcasts: bool
    select: Callable[[Node, dict[Node, Operand], Constants], Instruction]

    @property
    def width(self) -> int:
        """Bytes of a register."""
        return 4 * self.lanes


# Two schedulers with two ports each, of which one shifts and shuffles (AMD Zen to Zen 3). In turn about a round of
# BLAKE2s: half of it was slower, and so was twice as much.
AVX2 = Isa(LANES_AVX2, ("ymm", 16), "vmovdqa", Ports(width=4, shifts=2), 132, False, select_avx2)
# Two ports, of which one rotates (Intel). Turns of 6 to 48 operations are alike; longer ones are slower.
AVX512 = Isa(16, ("zmm", 32), "vmovdqa64", Ports(width=2, shifts=1), 24, True, select_one)
ISAS = {256: AVX2, 512: AVX512}
# Where two stages may be parted, as shares of the operations.
MIDDLE = (0.45, 0.55)
# What each machine register points to: the job's words (in every lane where nothing broadcasts them), constants, and
# room, which begins with each stage's nonces, the digest's last words, and what waits for the second stage.
JOB, CONSTANTS, ROOM = "rdi", "rsi", "rdx"
NONCES, LAST, WAITING = (0, 1), 2, 3


def assembled(body: Body, program: Program, stages: int) -> tuple[str, str, str]:
    """The lines before the loop, those within it, and the value of the last words.

    `body` has loaded what is known early, and declares what the lines need.
    """
    isa = ISAS[4 * 8 * body.target.lanes]
    width = isa.width
    constants = Constants(CONSTANTS)
    known = list(program.early_inputs().values())
    operations = schedule(program.operations(), isa.ports)
    at, waiting = narrowest(operations, MIDDLE) if stages > 1 else (len(operations), [])
    slots = {node: Memory(ROOM, width * (WAITING + index)) for index, node in enumerate(waiting)}
    stored = {**slots, program.outputs[0]: Memory(ROOM, width * LAST)}
    nonce = next(node for node in program.nodes() if node.op is Op.INPUT and node.name == "nonce")
    streams: list[list[Instruction]] = []
    for stage, nodes in enumerate((operations[:at], operations[at:])):
        values: dict[Node, Operand] = {
            word: Memory(JOB, 4 * index, broadcast=True) if isa.broadcasts else Memory(JOB, width * index)
            for index, word in enumerate(known)
        }
        values[nonce] = Value(Memory(ROOM, width * NONCES[stage]))
        values |= {node: Value(place) for node, place in slots.items() if stage}
        stream: list[Instruction] = []
        for node in nodes:
            stream.append(isa.select(node, values, constants))
            if place := stored.get(node):
                stream.append(Instruction(isa.move, Form.STORE, (values[node],), target=place))
        streams.append(stream)
    name, registers = isa.registers
    first_spill = width * (WAITING + len(waiting))
    names = [f"{name}{index}" for index in range(registers)]
    file = RegisterFile(names, isa.lanes, move=isa.move, spills=ROOM, first_spill=first_spill)
    first, second = streams
    allocated = allocate(in_turns(first, second, isa.turn), file)
    lines = [line for each in allocated.lines for line in each]
    size = WAITING + len(waiting) + allocated.spills
    vector = body.vector
    kind = "i32" if isa.broadcasts else vector
    entry = [
        f"  %own.job = alloca [{max(1, len(known))} x {kind}], align {width}",
        f"  %own.room = alloca [{size} x {vector}], align {width}",
        f"  %own.before = getelementptr {vector}, ptr %own.room, i64 {NONCES[1]}",
        f"  %own.last = getelementptr {vector}, ptr %own.room, i64 {LAST}",
    ]
    for index, word in enumerate(known):
        # What `load_splat` read, before and after it went into every lane.
        value = f"{body.values[word]}.word" if isa.broadcasts else body.values[word]
        entry.append(f"  %own.job{index} = getelementptr {kind}, ptr %own.job, i64 {index}")
        entry.append(f"  store {kind} {value}, ptr %own.job{index}, align 4")
    within = [
        f"  store {vector} %nonce, ptr %own.room, align {width}",
        f"  %nonce.before = sub {vector} %nonce, splat (i32 {isa.lanes})",
        f"  store {vector} %nonce.before, ptr %own.before, align {width}",
        inline_assembly(lines, {JOB: "%own.job", CONSTANTS: "@own.constants", ROOM: "%own.room"}, registers),
        f"  %own.words = load {vector}, ptr %own.last, align {width}",
    ]
    body.declarations.add(constants.declaration("own.constants"))
    return "\n".join(entry), "\n".join(within), "%own.words"


def in_turns(first: Sequence[Instruction], second: Sequence[Instruction], turn: int) -> list[Instruction]:
    """So many instructions of each stage in turn, of the second first: it reads what waits before that is made anew."""
    out: list[Instruction] = []
    for begin in range(0, max(len(first), len(second)), turn):
        out += [*second[begin : begin + turn], *first[begin : begin + turn]]
    return out
