"""From a lowered graph to LLVM IR: a loop over vectors of nonces, one nonce a lane.

The function that every CPU kernel is has this form:

    i64 @NAME(ptr job, i32 first, i32 batches, i32 partial, i32 prefixes, ptr records)

* `job`: the 32-bit words that `job_words` makes: the filter mask, then what is known per job, then a
  row per prefix of what is known per midstate.
* It hashes the nonces first … first + batches·lanes − 1, then `partial` more (0 … lanes − 1), and each
  of them with every prefix of the job.
* Where no bit of the filter mask is set in H7 it writes a record of three words: the batch's first
  nonce, the prefix's index, the lanes as a bit mask. `records` needs room for one per batch and
  prefix. In the partial batch, lanes beyond the range may be in a record: the caller drops them.
* It returns records written · 2³² + the XOR of every H7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import dedent

from ..early import early_rows
from ..graph.lower import Program
from ..graph.nodes import Binding, Node, Op
from ..graph.schedule import AVX512_PORTS, Ports, schedule
from ..job import Job
from ..target import filter_mask

RECORD_WORDS = 3
# Truth table of acc XOR (word AND active): lanes beyond the range leave the checksum alone.
MASKED_FOLD = 0x78

METADATA = """\
; A hit is rare; the job's words and the records never overlap.
!0 = !{!"branch_weights", i32 1, i32 1000000}
!1 = distinct !{!1}
!2 = !{!4}
!3 = !{!5}
!4 = distinct !{!4, !1}
!5 = distinct !{!5, !1}
"""


@dataclass(frozen=True)
class VectorTarget:
    """How wide, whether x86's ternary logic instruction may be used, and LLVM's function attributes."""

    lanes: int
    x86_ternary: bool
    ports: Ports = AVX512_PORTS
    attributes: str = ""


def job_words(program: Program, job: Job) -> list[int]:
    """The words a kernel of this program reads as its `job`."""
    rows = early_rows(program, job)
    per_job = [rows[0][index] for index, node in enumerate(program.early) if node.binding is Binding.JOB]
    per_prefix = [row[index] for row in rows for index, node in enumerate(program.early) if node.binding > Binding.JOB]
    return [filter_mask(job.target), *per_job, *per_prefix]


def emit(name: str, program: Program, target: VectorTarget, rolled: bool) -> str:
    """The LLVM IR module. A `rolled` kernel loops over the job's prefixes; a plain one takes exactly one."""
    body = _Body(program, target)
    operations = program.operations()
    if not rolled:
        body.load_inputs(program.early, "%job")
        prologue = body.take()
        body.emit(schedule(operations, target.ports))
        return _module(name, target, body, prologue, shared="", lane_part=body.take(), rolled=False)
    batch = [node for node in operations if node.binding is Binding.BATCH]
    lane = [node for node in operations if node.binding is not Binding.BATCH]
    body.load_inputs([node for node in program.early if node.binding is Binding.JOB], "%job")
    prologue = body.take()
    body.emit(schedule(batch, target.ports))
    kept = body.store_shared(lane)
    shared = body.take()
    body.load_inputs([node for node in program.early if node.binding > Binding.JOB], "%row")
    body.load_shared(kept)
    body.emit(schedule(lane, target.ports))
    return _module(name, target, body, prologue, shared, body.take(), rolled=True)


def emit_digests(name: str, program: Program, target: VectorTarget) -> str:
    """A function of the same form that writes whole digests, to check a program by; its outputs are all eight words.

    For each batch, `records` gets every lane's word 0, then every lane's word 1, and so on. `partial` is ignored.
    """
    body = _Body(program, target)
    body.load_inputs(program.early, "%job")
    prologue = body.take()
    body.emit(schedule(program.operations(), target.ports))
    lanes, vector = target.lanes, body.vector
    for index, word in enumerate(program.outputs):
        body.lines.append(f"  %at{index} = getelementptr {vector}, ptr %batch.at, i64 {index}")
        body.lines.append(f"  store {vector} {body.operand(word)}, ptr %at{index}, align 4")
    lane_part = body.take()
    first_splat = body.splat("first.all", "%first")
    setup = body.take()
    byte_swap = body.declare(f"llvm.bswap.v{lanes}i32", vector)
    declarations = "\n".join(sorted(body.declarations))
    return f"""\
{declarations}

define i64 @{name}(ptr %job, i32 %first, i32 %batches, i32 %partial, i32 %prefixes, ptr %records)
    nounwind noinline {target.attributes} {{
entry:
{setup}
  %nonces.first = add {vector} {first_splat}, <{_lane_numbers(lanes)}>
{prologue}
  br label %batch
batch:
  %i = phi i32 [ 0, %entry ], [ %i.next, %batch ]
  %nonces = phi {vector} [ %nonces.first, %entry ], [ %nonces.next, %batch ]
  %offset = mul i32 %i, {len(program.outputs)}
  %batch.at = getelementptr {vector}, ptr %records, i32 %offset
  %nonce = call {byte_swap}({vector} %nonces)
{lane_part}
  %i.next = add i32 %i, 1
  %nonces.next = add {vector} %nonces, splat (i32 {lanes})
  %done = icmp eq i32 %i.next, %batches
  br i1 %done, label %finish, label %batch
finish:
  ret i64 0
}}
{METADATA}"""


def _lane_numbers(lanes: int) -> str:
    return ", ".join(f"i32 {lane}" for lane in range(lanes))


class VectorWriter:
    """Writes single vector operations, and remembers what had to be declared for them."""

    def __init__(self, target: VectorTarget) -> None:
        self.target = target
        self.vector = f"<{target.lanes} x i32>"
        self.declarations: set[str] = set()

    def expression(self, op: Op, args: Sequence[str], immediate: int) -> str:
        """The right-hand side for an operation of a lowered graph."""
        vector = self.vector
        match op:
            case Op.ADD | Op.XOR | Op.AND:
                return f"{op.name.lower()} {vector} {args[0]}, {args[1]}"
            case Op.SHR | Op.SHL:
                return f"{'lshr' if op is Op.SHR else 'shl'} {vector} {args[0]}, splat (i32 {immediate})"
            case Op.ROTR:
                # A funnel shift of a word with itself is a rotate; LLVM writes it as each machine does it best.
                function = self.declare(f"llvm.fshr.v{self.target.lanes}i32", *[vector] * 3)
                return f"call {function}({vector} {args[0]}, {vector} {args[0]}, {vector} splat (i32 {immediate}))"
            case Op.TERNARY:
                # LLVM never folds majority into one instruction by itself, so it is asked for by name.
                function = self.declare(f"llvm.x86.avx512.pternlog.d.{self.target.lanes * 32}", *[vector] * 3, "i32")
                operands = ", ".join(f"{vector} {arg}" for arg in args)
                return f"call {function}({operands}, i32 {immediate})"
            case _:
                raise ValueError(f"{op} is not an operation of a lowered graph")

    def declare(self, function: str, *arguments: str, result: str | None = None) -> str:
        """Declare a function of LLVM's; its result type and name, as a call writes them."""
        returns = result or self.vector
        self.declarations.add(f"declare {returns} @{function}({', '.join(arguments)})")
        return f"{returns} @{function}"


class _Body(VectorWriter):
    """Straight-line vector code for nodes."""

    def __init__(self, program: Program, target: VectorTarget) -> None:
        super().__init__(target)
        self.program = program
        self.lines: list[str] = []
        self.values = {node: "%nonce" for node in program.nodes() if node.op is Op.INPUT and node.name == "nonce"}
        self.shared_slots = 1
        jobs = [node for node in program.early if node.binding is Binding.JOB]
        rows = [node for node in program.early if node.binding > Binding.JOB]
        # Word 0 of the job is the filter mask; the rows follow what is known per job.
        self.row_words = len(rows)
        self.index = {node: 1 + at for at, node in enumerate(jobs + rows)}

    def take(self) -> str:
        text = "\n".join(self.lines)
        self.lines = []
        return text

    def load_inputs(self, early: Iterable[Node], pointer: str) -> None:
        inputs = {node.name: node for node in self.program.nodes() if node.op is Op.INPUT}
        for node in early:
            name = f"early{self.program.early.index(node)}"
            self.values[inputs[name]] = self.load_splat(name, pointer, self.index[node])

    def load_splat(self, name: str, pointer: str, index: int) -> str:
        self.lines.append(f"  %{name}.at = getelementptr i32, ptr {pointer}, i64 {index}")
        self.lines.append(f"  %{name}.word = load i32, ptr %{name}.at, !alias.scope !2, !noalias !3")
        return self.splat(name, f"%{name}.word")

    def splat(self, name: str, word: str) -> str:
        self.lines.append(f"  %{name}.lane = insertelement {self.vector} poison, i32 {word}, i32 0")
        self.lines.append(
            f"  %{name} = shufflevector {self.vector} %{name}.lane, {self.vector} poison, {self.vector} zeroinitializer"
        )
        return f"%{name}"

    def store_shared(self, users: Sequence[Node]) -> list[Node]:
        """Keep what `users` need of the values made so far for the loop over prefixes."""
        kept = sorted(
            {arg for node in users for arg in node.args if arg.binding is Binding.BATCH}, key=lambda node: node.number
        )
        self.shared_slots = len(kept)
        for slot, node in enumerate(kept):
            self.lines.append(f"  %shared{slot} = getelementptr {self.vector}, ptr %scratch, i64 {slot}")
            self.lines.append(f"  store {self.vector} {self.values[node]}, ptr %shared{slot}, align 64")
        return kept

    def load_shared(self, kept: Sequence[Node]) -> None:
        for slot, node in enumerate(kept):
            self.lines.append(f"  %kept{slot} = load {self.vector}, ptr %shared{slot}, align 64")
            self.values[node] = f"%kept{slot}"

    def emit(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self.values[node] = f"%v{node.number}"
            args = [self.operand(arg) for arg in node.args]
            self.lines.append(f"  %v{node.number} = {self.expression(node.op, args, node.immediate)}")

    def operand(self, node: Node) -> str:
        return f"splat (i32 {node.immediate})" if node.op is Op.CONSTANT else self.values[node]


def _module(
    name: str, target: VectorTarget, body: _Body, prologue: str, shared: str, lane_part: str, rolled: bool
) -> str:
    lanes, vector = target.lanes, body.vector
    lane_numbers = _lane_numbers(lanes)
    h7 = body.operand(body.program.outputs[0])
    if target.x86_ternary:
        fold = f"%checksum.next = {body.expression(Op.TERNARY, ['%checksum', h7, '%active'], MASKED_FOLD)}"
    else:
        fold = f"%counted = and {vector} {h7}, %active\n  %checksum.next = xor {vector} %checksum, %counted"
    byte_swap = body.declare(f"llvm.bswap.v{lanes}i32", vector)
    reduce = body.declare(f"llvm.vector.reduce.xor.v{lanes}i32", vector, result="i32")
    filter_splat = body.load_splat("filter", "%job", 0)
    partial_splat = body.splat("partial.all", "%partial")
    first_splat = body.splat("first.all", "%first")
    setup = body.take()
    # The loop over prefixes encloses the lane part in a rolled kernel and is absent from a plain one.
    inner, outer_exit = ("prefix", "batch.end") if rolled else ("batch", "lane.end")
    to_inner = "br label %prefix\nprefix:" if rolled else ""
    inner_state = (
        f"""
  %m = phi i32 [ 0, %batch ], [ %m.next, %lane.end ]
  %checksum = phi {vector} [ %checksum.batch, %batch ], [ %checksum.next, %lane.end ]
  %hits = phi i32 [ %hits.batch, %batch ], [ %hits.next, %lane.end ]
  %m.wide = zext i32 %m to i64
  %row.offset = mul i64 %m.wide, {body.row_words}
  %row = getelementptr i32, ptr %job, i64 %row.offset"""
        if rolled
        else ""
    )
    suffix = ".batch" if rolled else ""
    next_inner = (
        """
  %m.next = add i32 %m, 1
  %prefixes.done = icmp uge i32 %m.next, %prefixes
  br i1 %prefixes.done, label %batch.end, label %prefix
batch.end:"""
        if rolled
        else ""
    )
    text = f"""\
; SHA-256d nonce scan, {lanes} lanes{", version-rolled" if rolled else ""}
@DECLARATIONS@

; Spilled vectors must not straddle cache lines (6 % slower): the frame is realigned, which takes a frame pointer.
define i64 @{name}(ptr noalias readonly %job, i32 %first, i32 %batches, i32 %partial, i32 %prefixes,
    ptr noalias %records) nounwind noinline "frame-pointer"="all" "stackrealign" {target.attributes} {{
entry:
  %scratch = alloca [{body.shared_slots} x {vector}], align 64
  %actives = alloca [2 x {vector}], align 64
{setup}
  store {vector} splat (i32 -1), ptr %actives, align 64
  %in.partial = icmp ult {vector} <{lane_numbers}>, {partial_splat}
  %partial.active = sext <{lanes} x i1> %in.partial to {vector}
  %partial.slot = getelementptr {vector}, ptr %actives, i64 1
  store {vector} %partial.active, ptr %partial.slot, align 64
  %has.partial = icmp ne i32 %partial, 0
  %more = zext i1 %has.partial to i32
  %total = add i32 %batches, %more
  %nothing = icmp eq i32 %total, 0
  %nonces.first = add {vector} {first_splat}, <{lane_numbers}>
{prologue}
  br i1 %nothing, label %empty, label %batch
batch:
  %i = phi i32 [ 0, %entry ], [ %i.next, %{outer_exit} ]
  %nonces = phi {vector} [ %nonces.first, %entry ], [ %nonces.next, %{outer_exit} ]
  %checksum{suffix} = phi {vector} [ zeroinitializer, %entry ], [ %checksum.next, %{outer_exit} ]
  %hits{suffix} = phi i32 [ 0, %entry ], [ %hits.next, %{outer_exit} ]
  %is.partial = icmp eq i32 %i, %batches
  %active.index = zext i1 %is.partial to i64
  %active.at = getelementptr {vector}, ptr %actives, i64 %active.index
  %nonce = call {byte_swap}({vector} %nonces)
{shared}
  {to_inner}{inner_state}
{lane_part}
  %active = load {vector}, ptr %active.at, align 64
  {fold}
  %filtered = and {vector} {h7}, {filter_splat}
  %passes = icmp eq {vector} %filtered, zeroinitializer
  %lane.bits = bitcast <{lanes} x i1> %passes to i{lanes}
  %hit = icmp ne i{lanes} %lane.bits, 0
  br i1 %hit, label %record, label %lane.end, !prof !0
record:
  %lowest = extractelement {vector} %nonces, i32 0
  %bits = zext i{lanes} %lane.bits to i32
  %hits.wide = zext i32 %hits to i64
  %record.offset = mul i64 %hits.wide, {RECORD_WORDS}
  %record.at = getelementptr i32, ptr %records, i64 %record.offset
  %record.prefix = getelementptr i32, ptr %record.at, i64 1
  %record.lanes = getelementptr i32, ptr %record.at, i64 2
  store i32 %lowest, ptr %record.at, !alias.scope !3, !noalias !2
  store i32 {"%m" if rolled else "0"}, ptr %record.prefix, !alias.scope !3, !noalias !2
  store i32 %bits, ptr %record.lanes, !alias.scope !3, !noalias !2
  %hits.more = add i32 %hits, 1
  br label %lane.end
lane.end:
  %hits.next = phi i32 [ %hits, %{inner} ], [ %hits.more, %record ]{next_inner}
  %i.next = add i32 %i, 1
  %nonces.next = add {vector} %nonces, splat (i32 {lanes})
  %done = icmp eq i32 %i.next, %total
  br i1 %done, label %finish, label %batch
finish:
  %xor = call {reduce}({vector} %checksum.next)
  %low = zext i32 %xor to i64
  %count = zext i32 %hits.next to i64
  %high = shl i64 %count, 32
  %answer = or i64 %high, %low
  ret i64 %answer
empty:
  ret i64 0
}}
{METADATA}"""
    return dedent(text).replace("@DECLARATIONS@", "\n".join(sorted(body.declarations)))
