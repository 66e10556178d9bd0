"""From a hash's graph to LLVM IR for this host: vectors of nonces, one nonce a lane.

The function is `void @scan(ptr job, ptr results, i64 first, i64 count, i64 room, i64 start, i64 stop)`. Item i hashes
the nonces first + i·lanes … of which those below first + count count. `results` (see `layout`) is shared by all threads
and changed by atomic operations: once for each share, and once a call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ...cpu.codegen.skeleton import METADATA, lane_numbers, splat
from ...cpu.codegen.vector_ir import Body, VectorTarget
from ...cpu.cores.features import host_architecture, host_attributes, host_features
from ...device import Source
from ...graph.lower import Program
from ...graph.nodes import Node, Op
from ...graph.schedule import schedule
from ...machines import machine
from .assembly import assembled
from .header_graph import NONCE_BITS, HeaderGraph
from .kernel import BUFFER_TYPES, HashKernel, job_bytes
from .layout import FIRST_NONCE, HITS, XOR
from .streams import BY_BYTES, named, streams_of
from .streams import text_of as stream_text

ENTRY = "scan"
PARAMETERS = "ptr noalias readonly %job, ptr noalias %results, i64 %first, i64 %count, i64 %room, i64 %start, i64 %stop"
# What has vectors of so many bits, and what of the host's a kernel with narrower ones must not use.
FEATURES = {512: ("avx512f", "avx512vl", "avx512bw"), 256: ("avx2",)}
NARROWEST = 128
# Forms in our own assembly, by stages.
ASSEMBLED = {2: "piped", 1: "assembled"}
# The widest vectors where logic takes two words only, and where it takes three.
ASSEMBLED_BITS, TERNARY_BITS = 256, 512
# Threads share items out in pieces of so many vectors.
GRAIN = 16
# With a pass more for each piece.
GRAIN_PIPED = 512


@dataclass(frozen=True)
class Form:
    """One way to write a hash: bits of a vector, and in which order (as described, or as the scheduler has it).

    `rotates`: a rotation is one operation of the graph's; else two shifts, which the scheduler then places.
    `looped`: the rounds in the middle are a loop. `stages`: 0 as LLVM compiles it, else our own
    assembly (see `assembly`), with so many batches under way.
    """

    vector_bits: int
    scheduled: bool = False
    rotates: bool = True
    looped: bool = False
    stages: int = 0

    @property
    def name(self) -> str:
        """As kernels are called."""
        if self.stages:
            return f"v{self.vector_bits}_{ASSEMBLED[self.stages]}"
        order = "scheduled" if self.scheduled else "described"
        return f"v{self.vector_bits}_{order}{'' if self.rotates else '_shifts'}{'_looped' if self.looped else ''}"

    def fits(self, widest_bits: int) -> bool:
        """Of one in our own assembly: whether it is made of the best instructions here."""
        return self.vector_bits == widest_bits and (self.vector_bits == TERNARY_BITS) == has_ternary_logic()

    @property
    def ternary(self) -> bool:
        """Whether logic of three words is one instruction."""
        return has_ternary_logic()


def has_ternary_logic() -> bool:
    """Whether this host has any logic of three words in one instruction."""
    return set(FEATURES[512]) <= host_features()


def vector_widths() -> list[int]:
    """The bits of this host's vectors, the widest first; narrower ones may be faster."""
    if host_architecture() != "x86_64":
        return [NARROWEST]
    return [*(bits for bits, needs in FEATURES.items() if set(needs) <= host_features()), NARROWEST]


def forms(graph: HeaderGraph) -> list[Form]:
    """What races here, the likeliest first: an order of our own on the two widest vectors, or a loop of rounds.

    A hash that has a loop needs it where logic takes two words only: its code has the length of a whole cache of
    instructions then. In the loop values that wait for a register cost more than those that wait for a port.
    """
    widths = vector_widths()[:2]
    in_a_row = [Form(bits, scheduled=True) for bits in widths]
    if graph.rounds is None:
        return [*(form for form in assembled_forms() if form.fits(widths[0])), *in_a_row]
    looped = [Form(bits, looped=True) for bits in widths]
    return [*in_a_row, looped[0]] if has_ternary_logic() else looped


def assembled_forms() -> list[Form]:
    """Those in our own assembly, the likeliest first; with registers enough one stage is as LLVM has it."""
    return [Form(TERNARY_BITS, stages=2), *(Form(ASSEMBLED_BITS, stages=stages) for stages in ASSEMBLED)]


def target_of(form: Form, bits: int) -> VectorTarget:
    """What the form's vectors of words of so many bits are to the code generator."""
    ports = machine("skylake_avx512").ports(512 if form.vector_bits == 512 else 256)
    shuffles_bytes = host_architecture() == "x86_64" and not form.ternary
    return VectorTarget(form.vector_bits // bits, form.ternary, ports, host_attributes(), bits, shuffles_bytes)


def scan_module(graph: HeaderGraph, form: Form) -> str:
    """The LLVM IR module of a hash's kernel."""
    target = target_of(form, graph.bits)
    if form.looped:
        return _looped_module(graph, form, target)
    program = job_program(graph, form)
    body = Body(program, target)
    body.load_inputs(program.early, "%job")
    entry = body.take()
    if form.stages:
        before, within, last = assembled(body, program, form.stages)
        return scan_function(within, last, f"{entry}\n{before}", target, body.declarations, delay=form.stages - 1)
    operations = program.operations()
    body.emit(schedule(operations, target.ports) if form.scheduled else operations)
    last = body.operand(program.outputs[0])
    return scan_function(body.take(), last, entry, target, body.declarations)


def _looped_module(graph: HeaderGraph, form: Form, target: VectorTarget) -> str:
    rounds, programs = graph.rounds, graph.round_programs(form.ternary, form.rotates)
    assert rounds is not None
    vector, bits = target.vector, target.bits
    before, again, after = (
        Body(program, target, letter)
        for program, letter in ((programs.before, "b"), (programs.again, "r"), (programs.after, "a"))
    )
    before.load_inputs(programs.before.early, "%job")
    entry = before.take()
    before.emit(programs.before.operations())
    # Words go from pass to pass; constants are read from a table, a row a pass.
    columns = {f"constant{column}": column for column in range(len(rounds.constants[0]))}
    inputs = programs.again.early_inputs()
    for node in programs.again.early:
        column = columns[node.name]
        again.lines += [
            f"  %{node.name}.at = getelementptr [{len(columns)} x i{bits}], ptr @constants, i64 %pass, i64 {column}",
            f"  %{node.name}.word = load i{bits}, ptr %{node.name}.at",
            splat(node.name, vector, f"%{node.name}.word"),
        ]
        again.values[inputs[node]] = f"%{node.name}"
    again.values |= _words(programs.again, [f"%word{index}" for index in range(len(rounds.before))])
    again.emit(programs.again.operations())
    words = [again.operand(node) for node in programs.again.outputs]
    phis = [
        f"  %word{index} = phi {vector} [ {before.operand(node)}, %item ], [ {word}, %rounds ]"
        for index, (node, word) in enumerate(zip(programs.before.outputs, words, strict=True))
    ]
    after.values |= _words(programs.after, words)
    after.emit(programs.after.operations())
    newline = "\n"
    body = f"""\
{before.take()}
  br label %rounds
rounds:
  %pass = phi i64 [ 0, %item ], [ %pass.next, %rounds ]
{newline.join(phis)}
{again.take()}
  %pass.next = add i64 %pass, 1
  %passed = icmp eq i64 %pass.next, {programs.passes}
  br i1 %passed, label %after, label %rounds
after:
{after.take()}"""
    table = ", ".join(f"i{bits} {constant}" for row in rounds.constants for constant in row)
    size = len(columns) * programs.passes
    declarations = before.declarations | again.declarations | after.declarations
    declarations.add(f"@constants = private unnamed_addr constant [{size} x i{bits}] [{table}], align 64")
    return scan_function(body, after.operand(programs.after.outputs[0]), entry, target, declarations)


def _words(program: Program, values: Sequence[str]) -> dict[Node, str]:
    """The values of a program's inputs `word0`…."""
    inputs = {node.name: node for node in program.nodes() if node.op is Op.INPUT}
    return {inputs[f"word{index}"]: value for index, value in enumerate(values) if f"word{index}" in inputs}


def scan_function(
    body: str, last: str, entry: str, target: VectorTarget, declarations: set[str], more: str = "", delay: int = 0
) -> str:
    """The loop over items around `body`, which reads `%nonce` and defines `last`; `more` parameters follow.

    `last` belongs to the item `delay` passes ago, and there are as many passes more.
    """
    lanes, bits, vector = target.lanes, target.bits, target.vector
    shift = bits - NONCE_BITS
    numbered = [
        f"  %n.lanes = add {vector} %n.all, {lane_numbers(lanes, bits)}",
        f"  %nonce = shl {vector} %n.lanes, splat (i{bits} {shift})",
    ]
    declared = {*declarations, f"declare i{bits} @llvm.vector.reduce.xor.v{lanes}i{bits}({vector})"}
    declared.add(f"declare i{max(lanes, 8)} @llvm.cttz.i{max(lanes, 8)}(i{max(lanes, 8)}, i1)")
    mask = f"i{max(lanes, 8)}"
    widen = f"zext i{lanes} %passing.lanes to {mask}" if lanes < 8 else f"or i{lanes} %passing.lanes, 0"
    narrow = "trunc i64 %n.wide to i32" if bits == 32 else "or i64 %n.wide, 0"
    left = "trunc i64 %left.most to i32" if bits == 32 else "or i64 %left.most, 0"
    xor_word = "or i32 %folded, 0" if bits == 32 else "trunc i64 %folded.high to i32"
    high = "" if bits == 32 else f"  %folded.high = lshr i64 %folded, {shift}"
    told = f"""\
  %i.told = sub i64 %i, {delay}
  %offset.told = mul i64 %i.told, {lanes}
  %n.told = add i64 %first, %offset.told
  %left.there = sub i64 %count, %offset.told
  %is.there = icmp sge i64 %i.told, %start
  %left = select i1 %is.there, i64 %left.there, i64 0"""
    if not delay:
        told = """\
  %n.told = add i64 %n.wide, 0
  %left = sub i64 %count, %offset"""
    return f"""\
{"".join(f"{line}{chr(10)}" for line in sorted(declared))}
define void @{ENTRY}({PARAMETERS}{more}) nounwind "frame-pointer"="all" "stackrealign" {target.attributes} {{
entry:
  %filter.word = load i{bits}, ptr %job
{splat("filter", vector, "%filter.word")}
{entry}
  %nothing = icmp sge i64 %start, %stop
  %until = add i64 %stop, {delay}
  br i1 %nothing, label %leave, label %item
item:
  %i = phi i64 [ %start, %entry ], [ %i.next, %next ]
  %checksum = phi {vector} [ zeroinitializer, %entry ], [ %checksum.next, %next ]
  %offset = mul i64 %i, {lanes}
  %n.wide = add i64 %first, %offset
  %n = {narrow}
{splat("n.all", vector, "%n")}
{chr(10).join(numbered)}
{body}
{told}
  %is.whole = icmp sgt i64 %left, {lanes}
  %left.most = select i1 %is.whole, i64 {lanes}, i64 %left
  %left.word = {left}
{splat("left.all", vector, "%left.word")}
  %active = icmp ult {vector} {lane_numbers(lanes, bits)}, %left.all
  %counted = select <{lanes} x i1> %active, {vector} {last}, {vector} zeroinitializer
  %checksum.next = xor {vector} %checksum, %counted
  %filtered = and {vector} {last}, %filter
  %below = icmp eq {vector} %filtered, zeroinitializer
  %passing = and <{lanes} x i1> %below, %active
  %passing.lanes = bitcast <{lanes} x i1> %passing to i{lanes}
  %hit = icmp ne i{lanes} %passing.lanes, 0
  br i1 %hit, label %record, label %next, !prof !0
record:
  %bits.first = {widen}
  br label %share
share:
  %bits = phi {mask} [ %bits.first, %record ], [ %bits.rest, %kept ]
  %lane = call {mask} @llvm.cttz.{mask}({mask} %bits, i1 true)
  %bits.less = sub {mask} %bits, 1
  %bits.rest = and {mask} %bits, %bits.less
  %hits.at = getelementptr i32, ptr %results, i64 {HITS}
  %number = atomicrmw add ptr %hits.at, i32 1 monotonic
  %number.wide = zext i32 %number to i64
  %fits = icmp ult i64 %number.wide, %room
  br i1 %fits, label %keep, label %kept
keep:
  %lane.wide = zext {mask} %lane to i64
  %found.wide = add i64 %n.told, %lane.wide
  %found = trunc i64 %found.wide to i32
  %place = add i64 %number.wide, {FIRST_NONCE}
  %place.at = getelementptr i32, ptr %results, i64 %place
  store i32 %found, ptr %place.at
  br label %kept
kept:
  %more = icmp ne {mask} %bits.rest, 0
  br i1 %more, label %share, label %next
next:
  %i.next = add i64 %i, 1
  %done = icmp sge i64 %i.next, %until
  br i1 %done, label %finish, label %item
finish:
  %folded = call i{bits} @llvm.vector.reduce.xor.v{lanes}i{bits}({vector} %checksum.next)
{high}
  %xor.word = {xor_word}
  %xor.at = getelementptr i32, ptr %results, i64 {XOR}
  %before = atomicrmw xor ptr %xor.at, i32 %xor.word monotonic
  br label %leave
leave:
  ret void
}}
{METADATA}"""


def kernels(graph: HeaderGraph, module: str) -> list[HashKernel]:
    """The hash's kernels, likeliest first; `module` has a function for the text of each (see `text_of`)."""
    return [
        HashKernel(
            name=form.name,
            source=Source("llvm", f"{module}:{form.name}", ENTRY, BUFFER_TYPES),
            nonces_an_item=form.vector_bits // graph.bits,
            job_bytes=partial(job_bytes, graph, job_program(graph, form)),
            mix=operation_mix(graph, form),
            streams=streams_of(module, form.name, operation_mix(graph, form), registers(form)),
            grain=GRAIN_PIPED if form.stages > 1 else GRAIN,
        )
        for form in forms(graph)
    ]


def job_program(graph: HeaderGraph, form: Form) -> Program:
    """What reads the job: the whole hash, or what stands before the loop."""
    if form.looped:
        return graph.round_programs(form.ternary, form.rotates).before
    if form.stages and form.vector_bits == ASSEMBLED_BITS:
        return graph.program(three_operand_logic=False, rotates=False, rotates_bytes=True)
    return graph.program(form.ternary, form.rotates)


def text_of(graph: HeaderGraph, name: str) -> Callable[[], str]:
    """What gives the text of the form of that name. Raises AttributeError where there is none."""
    wanted, kind = named(name) or (name, "")
    widths = (*FEATURES, NARROWEST)
    by_llvm = [Form(bits, not looped, looped=looped) for bits in widths for looped in (False, True)]
    for form in (*assembled_forms(), *by_llvm):
        if form.name == wanted:
            if kind:
                return stream_text(operation_mix(graph, form), kind, target_of(form, graph.bits), registers(form))
            return partial(scan_module, graph, form)
    raise AttributeError(name)


def operation_mix(graph: HeaderGraph, form: Form) -> dict[str, int]:
    """How many operations of each kind a vector of hashes takes, by the graph's names in lower case."""
    program = graph.round_programs(form.ternary, form.rotates) if form.looped else job_program(graph, form)
    return Counter(_kind(node) for node in program.operations())


def _kind(node: Node) -> str:
    by_bytes = node.op is Op.ROTR and node.immediate % 8 == 0 and not has_ternary_logic()
    return BY_BYTES if by_bytes else node.op.name.lower()


def registers(form: Form) -> int:
    """How many vectors of the form a core has names for."""
    return 32 if form.ternary or host_architecture() == "aarch64" else 16
