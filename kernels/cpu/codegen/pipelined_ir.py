"""A pipeline within one core, in an order of our own: the beginning of one batch's hashes beside the end of another's.

A hash is a long chain: each of its rounds waits for the one before. Where a core has more ports than
one chain can fill (AMD Zen 5: four of 512 bits, and every result comes a cycle late) another chain must
run beside it; and two fill even the two ports of an Intel core better than one does. Two whole batches in
one loop would be too long for the caches of instructions; but a double hash can be cut, and its parts are
chains each. With two stages:

    pass      i          i+1
    batch i   stage 0    stage 1 → H7
    batch i+1            stage 0

All stages of a pass are ordered together, instruction by instruction. What a stage leaves to a later one
lies in the batch's *context*, a piece of memory that goes with it from stage to stage (the pointers turn
with the passes); and message words that no register has room for are read where they lie. LLVM has
neither the order nor the registers for that, so the body is assembly of our own; the loop, the records
and the frame are LLVM's (`skeleton`).

A pass of a version-rolled kernel is a prefix of a batch; what all prefixes share is made once a batch,
into one of as many buffers as there are stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...graph.lower import Program
from ...graph.nodes import Binding, Node, Op
from ...graph.schedule import Ports, chain_lengths, schedule
from ..assembly.inline import VECTOR_REGISTERS, inline_assembly
from ..assembly.instructions import Form, Instruction, Memory, Operand, Value
from ..assembly.registers import RegisterFile, allocate
from ..assembly.select import Constants, select_one
from .skeleton import Carried, Scan, nonce_words, scan_function
from .vector_ir import Body, VectorTarget


@dataclass(frozen=True)
class Staging:
    """How many stages, and what the order is made for besides the machine's ports.

    `more_ports`: so many more than there are. `shift_latency`, `shifts_ahead`: see `Ports`.
    """

    stages: int
    more_ports: int = 0
    shift_latency: int | None = None
    shifts_ahead: float = 0

    def on(self, ports: Ports) -> Ports:
        """What the order is made for on a machine of these ports."""
        width = ports.width + self.more_ports
        return replace(ports, width=width, shift_latency=self.shift_latency, shifts_ahead=self.shifts_ahead)


# Measured on Zen 5: two stages are 6 % slower (8 % rolled), four need so much more memory traffic that they are, too.
# Rotates are what is scarce, and filling the other ports to the last with what comes later makes so many values wait
# in memory that it costs more than it gains: so one port more.
LATE_RESULTS = Staging(stages=3, more_ports=1)
# Measured on Emerald Rapids, where every result is there in the next cycle: two stages fill both ports and are 3 %
# faster than one, be its order LLVM's or ours (5 % rolled); three are slower rolled, and one port more costs 4 %.
PROMPT_RESULTS = Staging(stages=2)
# By names in `kernels/machines`.
STAGINGS = {"sapphirerapids": PROMPT_RESULTS, "skylake_avx512": PROMPT_RESULTS}
# One batch at a time, no pipeline. An Intel core gives operations their ports as they enter, and by turns as long as
# the ports are about evenly taken; so a rotate, which has one port, finds others there before it and comes late.
# Where the order expects it some cycles later, and sends it some ahead, little waits. Measured on an Intel Xeon (family
# 6 model 167), where two stages cost more by their loads and stores than they gain: 2 % faster than LLVM's order. All
# latencies of 5 to 7 and 8 to 16 cycles ahead are within half a percent, but for 7 and over 10: there it is 3 % slower.
LATE_SHIFTS = Staging(stages=1, shift_latency=6, shifts_ahead=10)
LANES = 16
WIDTH = 4 * LANES
# What each machine register points to: the job, constants, spilled values, H7; and for each stage, because
# each works for another batch or prefix, the context, the prefix's row and what all prefixes share.
JOB, CONSTANTS, SPILLS, RESULT = "rdi", "rsi", "rdx", "rcx"
CONTEXTS, ROWS, SHARED = ("r8", "r9", "r10"), ("r11", "r12", "r13"), ("r14", "r15", "rax")


def emit(name: str, program: Program, target: VectorTarget, staging: Staging, rolled: bool) -> str:
    """The LLVM IR module. A `rolled` kernel loops over the job's prefixes; a plain one takes exactly one."""
    body = Body(program, target)
    operations = program.operations()
    entry, shared, kept = "", "", []
    if rolled:
        of_prefix = [node for node in operations if node.binding is not Binding.BATCH]
        body.load_inputs([node for node in program.early if node.binding is Binding.JOB], "%job")
        entry = body.take()
        body.lines.append(nonce_words(LANES))
        body.emit(schedule([node for node in operations if node.binding is Binding.BATCH], target.ports))
        kept = body.store_shared(of_prefix, "%common0")
        shared = body.take()
        operations = of_prefix
    ports = staging.on(target.ports)
    stages = staging.stages
    pipeline = _Pipeline(program, operations, body, kept, stages, ports)
    run = inline_assembly(pipeline.lines, pipeline.pointers(rolled), VECTOR_REGISTERS)
    vector = body.vector
    ring = _Ring(stages)
    entry = "\n".join(
        [
            f"  %spills = alloca [{max(1, pipeline.spills)} x {vector}], align {WIDTH}",
            f"  %result = alloca {vector}, align {WIDTH}",
            ring.room("context", len(pipeline.slots) * WIDTH),
            ring.room("common", len(kept) * WIDTH) if rolled else "",
            entry,
        ]
    )
    if rolled:
        shared = f"{ring.of_batch('common', len(kept) * WIDTH)}\n{shared}"
    # A plain kernel's nonces are the first thing in a context; those of a rolled one are shared.
    nonces = "" if rolled else f"{nonce_words(LANES)}\n  store {vector} %nonce, ptr %context0, align {WIDTH}\n"
    carried = ring.turning("context")
    if rolled:
        carried += ring.remembered("row", "%row", "%job") + ring.remembered("common", "%common0", "%common.room")
    return scan_function(
        Scan(
            name=name,
            lanes=LANES,
            rolled=rolled,
            attributes=target.attributes,
            body=f"{nonces}{run}\n  %h7 = load {vector}, ptr %result, align {WIDTH}",
            h7="%h7",
            entry=entry,
            shared=shared,
            globals=pipeline.constants.declaration("constants"),
            declarations=body.declarations,
            row_words=body.row_words,
            delay=stages - 1,
            carried=carried,
        )
    )


class _Pipeline:
    """The body: which node belongs to which stage, the order, and the lines of assembly."""

    def __init__(
        self, program: Program, operations: list[Node], body: Body, kept: list[Node], stages: int, ports: Ports
    ) -> None:
        self.stages = stages
        self.constants = Constants(CONSTANTS)
        self.stage = _cut(operations, stages, ports)
        nonce = next(node for node in program.nodes() if node.op is Op.INPUT and node.name == "nonce")
        # Where in a context what a later stage needs is.
        self.slots: dict[Node, int] = {} if kept else {nonce: 0}
        for node in operations:
            for arg in node.args:
                if self.stage.get(arg, self.stage[node]) < self.stage[node]:
                    self.slots.setdefault(arg, WIDTH * len(self.slots))
        early = program.early_inputs()
        values = [self.inputs(stage, early, body, kept) for stage in range(stages)]
        instructions: list[Instruction] = []
        for node in schedule(operations, ports, self.stage):
            stage = self.stage[node]
            instructions.append(select_one(node, values[stage], self.constants))
            places = [Memory(CONTEXTS[stage], self.slots[node])] if node in self.slots else []
            if node is program.outputs[0]:
                places.append(Memory(RESULT, 0))
            result = values[stage][node]
            instructions += [Instruction("vmovdqa64", Form.STORE, (result,), target=place) for place in places]
        names = [f"zmm{index}" for index in range(VECTOR_REGISTERS)]
        allocated = allocate(instructions, RegisterFile(names, LANES, spills=SPILLS))
        self.spills = allocated.spills
        self.lines = [line for lines in allocated.lines for line in lines]

    def inputs(self, stage: int, early: Mapping[Node, Node], body: Body, kept: list[Node]) -> dict[Node, Operand]:
        """Where a stage finds what it does not compute: words of the job in every lane, and vectors in memory."""
        out: dict[Node, Operand] = {}
        for node, word in early.items():
            pointer = ROWS[stage] if kept and node.binding > Binding.JOB else JOB
            out[word] = Memory(pointer, 4 * body.index[node], broadcast=True)
        for node, offset in self.slots.items():
            if self.stage.get(node, -1) < stage:
                out[node] = Value(Memory(CONTEXTS[stage], offset))
        return out | {node: Value(Memory(SHARED[stage], WIDTH * slot)) for slot, node in enumerate(kept)}

    def pointers(self, rolled: bool) -> dict[str, str]:
        """What the machine registers are given."""
        out = {JOB: "%job", CONSTANTS: "@constants", SPILLS: "%spills", RESULT: "%result"}
        for stage in range(self.stages):
            out[CONTEXTS[stage]] = f"%context{stage}"
            if rolled:
                out[ROWS[stage]] = f"%row{stage}" if stage else "%row"
                out[SHARED[stage]] = f"%common{stage}"
        return out


def _cut(operations: list[Node], stages: int, ports: Ports) -> dict[Node, int]:
    # By how long a chain still follows: so each operation comes as late as it can, and all stages last equally long.
    chains = chain_lengths(operations, ports.latency)
    longest = max(chains.values())
    return {node: min(stages - 1, stages * (longest - chain) // longest) for node, chain in chains.items()}


class _Ring:
    """Pieces of memory and pointers, as many as there are stages."""

    def __init__(self, stages: int) -> None:
        self.stages = stages

    def room(self, name: str, size: int) -> str:
        """The pieces."""
        lines = [f"  %{name}.room = alloca [{self.stages * size} x i8], align {WIDTH}"]
        for stage in range(self.stages):
            lines.append(f"  %{name}.{stage} = getelementptr i8, ptr %{name}.room, i64 {stage * size}")
        return "\n".join(lines)

    def turning(self, name: str) -> list[Carried]:
        """Each pass, every piece goes to the next stage, and the last one's is used anew."""
        return [
            Carried(f"{name}{stage}", "ptr", f"%{name}.{stage}", f"%{name}{(stage - 1) % self.stages}")
            for stage in range(self.stages)
        ]

    def remembered(self, name: str, now: str, at_first: str) -> list[Carried]:
        """Each stage has what the stage before had a pass ago."""
        return [
            Carried(f"{name}{stage}", "ptr", at_first, f"%{name}{stage - 1}" if stage > 1 else now)
            for stage in range(1, self.stages)
        ]

    def of_batch(self, name: str, size: int) -> str:
        """The piece of a batch, in turn."""
        return f"""\
  %{name}.turn = urem i32 %i, {self.stages}
  %{name}.turn.wide = zext i32 %{name}.turn to i64
  %{name}0 = getelementptr [{size} x i8], ptr %{name}.room, i64 %{name}.turn.wide"""
