"""From a lowered graph to LLVM IR: vectors of nonces, one nonce a lane, in the loop of `skeleton`.

The job's words are the filter mask, then what is known per job, then a row per prefix of what is
known per midstate (`job_words`; `early_ir` emits what computes them).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...graph.lower import Program
from ...graph.nodes import Binding, Node, Op
from ...graph.schedule import Ports, schedule
from ...graph.words import WORD_BITS
from ...headers.job import Job
from ...headers.target import filter_mask
from .skeleton import JOB_ACCESS, Carried, Scan, counted_loop, nonce_words, scan_function, splat

TWO_PORTS = Ports(width=2, shifts=1)


@dataclass(frozen=True)
class VectorTarget:
    """How wide, whether x86's ternary logic instruction may be used, and LLVM's function attributes.

    `bits`: of a lane, which is a word of the hash. `shuffles_bytes`: a rotation by whole bytes is a shuffle here, and
    shall stay one: LLVM draws shuffles through logic to join them, and where both are needed makes two of one.
    """

    lanes: int
    x86_ternary: bool
    ports: Ports = TWO_PORTS
    attributes: str = ""
    bits: int = WORD_BITS
    shuffles_bytes: bool = False

    @property
    def vector(self) -> str:
        """LLVM's name of the vector."""
        return f"<{self.lanes} x i{self.bits}>"


def job_words(job: Job, early: Sequence[int]) -> list[int]:
    """The words a kernel reads as its `job`; `early`: the program's early values, as `early_words` orders them."""
    return [filter_mask(job.target), *early]


def by_binding(program: Program) -> tuple[list[Node], list[Node]]:
    """The program's early nodes in the order in which a job has their values: those per job, and those per prefix."""
    return (
        [node for node in program.early if node.binding is Binding.JOB],
        [node for node in program.early if node.binding > Binding.JOB],
    )


def emit(name: str, program: Program, target: VectorTarget, rolled: bool) -> str:
    """The LLVM IR module. A `rolled` kernel loops over the job's prefixes; a plain one takes exactly one."""
    body = Body(program, target)
    operations = program.operations()
    if not rolled:
        body.load_inputs(program.early, "%job")
        entry = body.take()
        body.lines.append(nonce_words(target.lanes))
        body.emit(schedule(operations, target.ports))
        return body.scan(name, entry, shared="", rolled=False)
    batch = [node for node in operations if node.binding is Binding.BATCH]
    lane = [node for node in operations if node.binding is not Binding.BATCH]
    body.load_inputs([node for node in program.early if node.binding is Binding.JOB], "%job")
    entry = body.take()
    body.lines.append(nonce_words(target.lanes))
    body.emit(schedule(batch, target.ports))
    kept = body.store_shared(lane)
    shared = body.take()
    body.load_inputs([node for node in program.early if node.binding > Binding.JOB], "%row")
    body.load_shared(kept)
    body.emit(schedule(lane, target.ports))
    scratch = f"  %scratch = alloca [{body.shared_slots} x {body.vector}], align 64\n"
    return body.scan(name, scratch + entry, shared, rolled=True)


def emit_digests(name: str, program: Program, target: VectorTarget) -> str:
    """A function of the same form that writes whole digests, to check a program by; its outputs are all eight words.

    For each batch, `records` gets every lane's word 0, then every lane's word 1, and so on. `partial` is ignored.
    """
    body = Body(program, target)
    lanes, vector = target.lanes, body.vector
    body.load_inputs(program.early, "%job")
    entry = body.take()
    body.lines.append(nonce_words(lanes))
    body.emit(schedule(program.operations(), target.ports))
    body.lines.append(f"  %offset = mul i32 %i, {len(program.outputs)}")
    body.lines.append(f"  %batch.at = getelementptr {vector}, ptr %records, i32 %offset")
    for index, word in enumerate(program.outputs):
        body.lines.append(f"  %at{index} = getelementptr {vector}, ptr %batch.at, i64 {index}")
        body.lines.append(f"  store {vector} {body.operand(word)}, ptr %at{index}, align 4")
    body.lines.append(f"  %n.next = add i32 %n, {lanes}")
    body.declare(f"llvm.bswap.v{lanes}i32", vector)
    nonce = [Carried("n", "i32", "%first", "%n.next")]
    return counted_loop(name, target.attributes, body.declarations, entry, nonce, body.take(), "", answer=0)


AND_NOT = """\
define internal {vector} @and.not({vector} %a, {vector} %b) alwaysinline {{
  %not = xor {vector} %a, splat (i{bits} -1)
  %and = and {vector} %not, %b
  ret {vector} %and
}}"""


# A fence is no instruction: behind it LLVM does not know what a value was made of.
ROTATE_BYTES = """\
declare {floats} @llvm.arithmetic.fence.v{words}f32({floats})
declare {vector} @llvm.fshr.v{lanes}i{bits}({vector}, {vector}, {vector})
define internal {vector} @rotate.bytes.{count}({vector} %x) alwaysinline {{
  %floats = bitcast {vector} %x to {floats}
  %fenced = call {floats} @llvm.arithmetic.fence.v{words}f32({floats} %floats)
  %same = bitcast {floats} %fenced to {vector}
  %turned = call {vector} @llvm.fshr.v{lanes}i{bits}({vector} %same, {vector} %same, {vector} splat (i{bits} {count}))
  ret {vector} %turned
}}"""


class VectorWriter:
    """Writes single vector operations, and remembers what had to be declared for them."""

    def __init__(self, target: VectorTarget) -> None:
        self.target = target
        self.vector = target.vector
        self.declarations: set[str] = set()

    def expression(self, op: Op, args: Sequence[str], immediate: int) -> str:
        """The right-hand side for an operation of a lowered graph."""
        vector, lanes, bits = self.vector, self.target.lanes, self.target.bits
        match op:
            case Op.ADD | Op.XOR | Op.AND:
                return f"{op.name.lower()} {vector} {args[0]}, {args[1]}"
            case Op.SHR | Op.SHL:
                return f"{'lshr' if op is Op.SHR else 'shl'} {vector} {args[0]}, splat (i{bits} {immediate})"
            case Op.ANDNOT:
                # LLVM makes one instruction of it where there is one.
                self.declarations.add(AND_NOT.format(vector=vector, bits=bits))
                return f"call {vector} @and.not({vector} {args[0]}, {vector} {args[1]})"
            case Op.ROTR if self.target.shuffles_bytes and immediate % 8 == 0:
                return f"call {vector} {self._rotation_by_bytes(immediate)}({vector} {args[0]})"
            case Op.ROTR:
                # A funnel shift of a word with itself is a rotate; LLVM writes it as each machine does it best.
                function = self.declare(f"llvm.fshr.v{lanes}i{bits}", *[vector] * 3)
                return f"call {function}({vector} {args[0]}, {vector} {args[0]}, {vector} splat (i{bits} {immediate}))"
            case Op.TERNARY:
                # LLVM never folds majority into one instruction by itself, so it is asked for by name.
                function = self.declare(
                    f"llvm.x86.avx512.pternlog.{'dq'[bits == 64]}.{lanes * bits}", *[vector] * 3, "i32"
                )
                operands = ", ".join(f"{vector} {arg}" for arg in args)
                return f"call {function}({operands}, i32 {immediate})"
            case _:
                raise ValueError(f"{op} is not an operation of a lowered graph")

    def _rotation_by_bytes(self, count: int) -> str:
        lanes, bits = self.target.lanes, self.target.bits
        words = lanes * bits // 32
        parts = ROTATE_BYTES.format(
            vector=self.vector, floats=f"<{words} x float>", words=words, lanes=lanes, bits=bits, count=count
        )
        *declared, function = parts.split("\n", 2)
        self.declarations |= {*declared, function}
        return f"@rotate.bytes.{count}"

    def fenced(self, name: str, value: str) -> list[str]:
        """Lines that define `%name` as a vector's value, of which LLVM does not know there what it was made of."""
        words = self.target.lanes * self.target.bits // 32
        kind = f"<{words} x float>" if self.target.lanes > 1 else f"i{self.target.bits}"
        if self.target.lanes > 1:
            fence = self.declare(f"llvm.arithmetic.fence.v{words}f32", kind, result=kind)
        else:
            # A fence would take it to a register for floats.
            fence = f'{kind} asm "", "=r,0"'
        return [
            f"  %{name}.plain = bitcast {self.vector} {value} to {kind}",
            f"  %{name}.fenced = call {fence}({kind} %{name}.plain)",
            f"  %{name} = bitcast {kind} %{name}.fenced to {self.vector}",
        ]

    def declare(self, function: str, *arguments: str, result: str | None = None) -> str:
        """Declare a function of LLVM's; its result type and name, as a call writes them."""
        returns = result or self.vector
        self.declarations.add(f"declare {returns} @{function}({', '.join(arguments)})")
        return f"{returns} @{function}"


class Body(VectorWriter):
    """Straight-line vector code for nodes; `lines` has what was written since the last `take`.

    Values are called by `letter`, which is another one for each body of a function.
    """

    def __init__(self, program: Program, target: VectorTarget, letter: str = "v") -> None:
        super().__init__(target)
        self.program = program
        self.letter = letter
        self.lines: list[str] = []
        self.values = {node: "%nonce" for node in program.nodes() if node.op is Op.INPUT and node.name == "nonce"}
        self.shared_slots = 1
        jobs, rows = by_binding(program)
        # Word 0 of the job is the filter mask; the rows follow what is known per job.
        self.row_words = len(rows)
        self.index = {node: 1 + at for at, node in enumerate(jobs + rows)}

    def take(self) -> str:
        """What was written since the last time."""
        text = "\n".join(self.lines)
        self.lines = []
        return text

    def load_inputs(self, early: Iterable[Node], pointer: str) -> None:
        """Read what is known early and put it into every lane."""
        inputs = self.program.early_inputs()
        for node in early:
            self.values[inputs[node]] = self.load_splat(inputs[node].name, pointer, self.index[node])

    def load_splat(self, name: str, pointer: str, index: int) -> str:
        """Read one word of the job and put it into every lane."""
        word = f"i{self.target.bits}"
        self.lines.append(f"  %{name}.at = getelementptr {word}, ptr {pointer}, i64 {index}")
        self.lines.append(f"  %{name}.word = load {word}, ptr %{name}.at, {JOB_ACCESS}")
        self.lines.append(splat(name, self.vector, f"%{name}.word"))
        return f"%{name}"

    def store_shared(self, users: Sequence[Node], room: str = "%scratch") -> list[Node]:
        """Keep what `users` need of the values made so far in memory, for the loop over prefixes."""
        kept = sorted(
            {arg for node in users for arg in node.args if arg.binding is Binding.BATCH}, key=lambda node: node.number
        )
        self.shared_slots = len(kept)
        for slot, node in enumerate(kept):
            self.lines.append(f"  %shared{slot} = getelementptr {self.vector}, ptr {room}, i64 {slot}")
            self.lines.append(f"  store {self.vector} {self.values[node]}, ptr %shared{slot}, align 64")
        return kept

    def load_shared(self, kept: Sequence[Node]) -> None:
        """Read back what `store_shared` kept."""
        for slot, node in enumerate(kept):
            self.lines.append(f"  %kept{slot} = load {self.vector}, ptr %shared{slot}, align 64")
            self.values[node] = f"%kept{slot}"

    def emit(self, nodes: Iterable[Node]) -> None:
        """Compute the nodes, in this order."""
        for node in nodes:
            self.values[node] = f"%{self.letter}{node.number}"
            args = [self.operand(arg) for arg in node.args]
            self.lines.append(f"  {self.values[node]} = {self.expression(node.op, args, node.immediate)}")

    def operand(self, node: Node) -> str:
        """The node's value as an operand."""
        return f"splat (i{node.bits} {node.immediate})" if node.op is Op.CONSTANT else self.values[node]

    def scan(self, name: str, entry: str, shared: str, rolled: bool) -> str:
        """The module, with what was written last as the loop's body."""
        return scan_function(
            Scan(
                name=name,
                lanes=self.target.lanes,
                rolled=rolled,
                attributes=self.target.attributes,
                body=self.take(),
                h7=self.operand(self.program.outputs[0]),
                entry=entry,
                shared=shared,
                declarations=self.declarations,
                row_words=self.row_words,
            )
        )
