"""scrypt in LLVM IR for this host.

A hash is a lane of the vectors that SHA-256 is computed on. For ROMix the same hashes lie in rows: a vector holds a row
of `together` hashes, 128 bits each, and `groups` such vectors are mixed in turns, so that none waits for another.

A frame is what one item needs of memory: vectors of SHA-256's words, the hashes' rows, and ROMix's V. It works on its
vectors one after another: item i of `slots` takes the i-th part of all nonces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import count

from ...cpu.codegen.vector_ir import Body, VectorTarget
from ...cpu.cores.features import host_architecture, host_attributes
from ...device import DeviceInfo, Source
from ...graph.lower import Program, lower
from ...graph.nodes import Depends, GraphWords
from ...headers.job import Job
from ...sha256 import fips180
from ..hashing.kernel import BUFFER_TYPES_WITH_FRAMES, HashKernel
from ..hashing.llvm import has_ternary_logic, scan_function, vector_widths
from ..hashing.streams import named, streams_of, text_of
from .description import (
    BLOCK_WORDS,
    DIAGONALS,
    DOUBLE_ROUNDS,
    HALF_WORDS,
    JOB_WORDS,
    ROW_WORDS,
    ROWS,
    Begun,
    Known,
    N,
    begin,
    block_mix,
    end,
    job_words,
)

ENTRY = "scan_slots"
WORD_BYTES = 4
# Vectors a frame has before the rows: a state, a block, an answer, HMAC's two states, and ROMix's block.
STATE, BLOCK, ANSWER, INNER, OUTER, LANES = 0, 8, 24, 32, 40, 48
VECTORS = LANES + BLOCK_WORDS
# A slot works on so many vectors of hashes a launch.
VECTORS_A_SLOT = 16


@dataclass(frozen=True)
class Form:
    """Bits of a vector, of a vector of rows, and how many such vectors are mixed in turns."""

    vector_bits: int
    row_bits: int
    groups: int

    @property
    def name(self) -> str:
        """As kernels are called."""
        return f"v{self.vector_bits}_rows{self.row_bits}_x{self.groups}"

    @property
    def lanes(self) -> int:
        """Hashes an item."""
        return self.vector_bits // 32

    @property
    def together(self) -> int:
        """Hashes a vector of rows."""
        return self.row_bits // 128

    @property
    def mixed(self) -> int:
        """Hashes that one call of ROMix mixes."""
        return self.together * self.groups

    @property
    def rows_at(self) -> int:
        """Where in a frame the rows begin, in bytes."""
        return VECTORS * self.lanes * WORD_BYTES

    @property
    def memory_at(self) -> int:
        """Where in a frame V begins, in bytes."""
        return self.rows_at + self.lanes * BLOCK_WORDS * WORD_BYTES

    @property
    def frame_bytes(self) -> int:
        """A frame: whole pages, and a line more, so that no two frames compete for the same sets of a cache."""
        return self.memory_at + self.mixed * N * BLOCK_WORDS * WORD_BYTES + 4096 + 64 & -64


def forms() -> list[Form]:
    """What races here, the likeliest first."""
    widest = vector_widths()[0]
    return [Form(widest, widest, 2), Form(widest, 128, widest // 128 * 2 if widest > 128 else 4)]


def kernels(info: DeviceInfo) -> list[HashKernel]:
    """The kernels for this host, likeliest first; a slot for each of its threads."""
    slots = int(info.limits.get("logical_cpus") or info.compute_units or 1)
    return [
        HashKernel(
            name=form.name,
            source=Source("llvm", f"{__name__}:{form.name}", ENTRY, BUFFER_TYPES_WITH_FRAMES),
            nonces_an_item=form.lanes,
            job_bytes=job_bytes,
            frame_bytes=form.frame_bytes,
            most_items=slots,
            vectors_a_slot=VECTORS_A_SLOT,
            mix=operation_mix(form),
            streams=streams_of(__name__, form.name, operation_mix(form), registers()),
            grain=1,
        )
        for form in forms()
    ]


def __getattr__(name: str) -> Callable[[], str]:
    """The function that gives the text of the form of that name: a source names it."""
    wanted, kind = named(name) or (name, "")
    for form in forms():
        if form.name == wanted:
            target = VectorTarget(form.row_bits // 32, has_ternary_logic(), attributes=_attributes(form))
            if kind:
                return text_of(operation_mix(form), kind, target, registers())
            return partial(module_of, form)
    raise AttributeError(name)


def registers() -> int:
    """How many vectors a core has names for."""
    return 32 if has_ternary_logic() or host_architecture() == "aarch64" else 16


def job_bytes(job: Job) -> bytes:
    """A job's words."""
    return b"".join(word.to_bytes(4, "little") for word in job_words(job))


def module_of(form: Form) -> str:
    """The whole module."""
    target = VectorTarget(form.lanes, form.vector_bits == 512 and has_ternary_logic(), attributes=_attributes(form))
    writer = _Words(target, "%frame")
    entry = "\n".join(
        writer.load_splat(f"job{index}", "%job", index) and writer.take() for index in range(1, JOB_WORDS)
    )
    known = Known(
        [f"%job{index}" for index in range(1, 9)],
        [f"%job{index}" for index in range(9, 25)],
        [f"%job{index}" for index in range(25, 28)],
    )
    begun: Begun[str] = begin(writer, known, "%nonce")
    for place, words in ((INNER, begun.inner), (OUTER, begun.outer), (LANES, begun.block)):
        writer.store(place, words)
    calls = [
        f"  %rows = getelementptr i8, ptr %frame, i64 {form.rows_at}",
        f"  %memory = getelementptr i8, ptr %frame, i64 {form.memory_at}",
        f"  %lanes.at = getelementptr i8, ptr %frame, i64 {LANES * form.lanes * WORD_BYTES}",
        "  call void @into.rows(ptr %lanes.at, ptr %rows)",
    ]
    for part in range(form.lanes // form.mixed):
        at = part * form.mixed * BLOCK_WORDS * WORD_BYTES
        calls.append(f"  %rows.{part} = getelementptr i8, ptr %rows, i64 {at}")
        calls.append(f"  call void @romix(ptr %rows.{part}, ptr %memory)")
    calls.append("  call void @into.lanes(ptr %lanes.at, ptr %rows)")
    writer.lines += calls
    inner, outer, mixed = (writer.load(place, size) for place, size in ((INNER, 8), (OUTER, 8), (LANES, BLOCK_WORDS)))
    last = end(writer, inner, outer, mixed)
    scan = scan_function(writer.take(), last, entry, target, writer.declarations, ", ptr noalias %frame")
    attributes = target.attributes
    return "\n".join(
        [
            _compress(target),
            _moves(form, attributes, into_rows=True),
            _moves(form, attributes, into_rows=False),
            _romix(form, attributes),
            scan,
            _slots(form, attributes),
        ]
    )


def _attributes(form: Form) -> str:
    # Narrow rows beside wide vectors are as the host has them.
    return host_attributes(("avx512f",) if form.vector_bits == 256 else ())


@cache
def compression(three_operand_logic: bool, rotates: bool) -> Program:
    """The graph of SHA-256's compression: inputs `state0`…, `block0`…, the eight words of the new state."""
    words = GraphWords()
    late = Depends.NONCE | Depends.MIDSTATE
    state, block = (
        [words.input(f"{name}{i}", late) for i in range(size)] for name, size in (("state", 8), ("block", 16))
    )
    return lower(fips180.compress(words, state, block), three_operand_logic, rotates)


def _compress(target: VectorTarget) -> str:
    program = compression(target.x86_ternary, target.x86_ternary)
    body = Body(program, target)
    vector = target.vector
    inputs = {node.name: node for node in program.nodes() if node.name}
    for name, first, size in (("state", STATE, 8), ("block", BLOCK, 16)):
        for index in range(size):
            body.lines.append(f"  %{name}{index}.at = getelementptr {vector}, ptr %frame, i64 {first + index}")
            body.lines.append(f"  %{name}{index} = load {vector}, ptr %{name}{index}.at, align 4")
            body.values[inputs[f"{name}{index}"]] = f"%{name}{index}"
    body.emit(program.operations())
    for index, node in enumerate(program.outputs):
        body.lines.append(f"  %answer{index}.at = getelementptr {vector}, ptr %frame, i64 {ANSWER + index}")
        body.lines.append(f"  store {vector} {body.operand(node)}, ptr %answer{index}.at, align 4")
    declared = "\n".join(sorted(body.declarations))
    return f"""\
{declared}
define internal void @compress(ptr %frame) nounwind noinline "frame-pointer"="all" "stackrealign" {target.attributes} {{
{body.take()}
  ret void
}}"""


class _Words(Body):
    """`Arithmetic` by instructions: words are vectors, and a compression is a call that goes through the frame."""

    def __init__(self, target: VectorTarget, frame: str) -> None:
        super().__init__(compression(target.x86_ternary, target.x86_ternary), target)
        self._frame = frame
        self._numbers = count()

    def constant(self, value: int) -> str:
        return f"splat (i32 {value})"

    def xor(self, *terms: str) -> str:
        total = terms[0]
        for term in terms[1:]:
            total = self._new(f"xor {self.vector} {total}, {term}")
        return total

    def swapped(self, x: str) -> str:
        if x.startswith("splat"):
            raise ValueError("constants are swapped by whoever writes them")
        function = self.declare(f"llvm.bswap.v{self.target.lanes}i32", self.vector)
        return self._new(f"call {function}({self.vector} {x})")

    def compress(self, state: Sequence[str], block: Sequence[str]) -> list[str]:
        self.store(STATE, state)
        self.store(BLOCK, block)
        self.lines.append(f"  call void @compress(ptr {self._frame})")
        return self.load(ANSWER, 8)

    def store(self, place: int, words: Sequence[str]) -> None:
        for index, word in enumerate(words):
            at = self._new(f"getelementptr {self.vector}, ptr {self._frame}, i64 {place + index}")
            self.lines.append(f"  store {self.vector} {word}, ptr {at}, align 4")

    def load(self, place: int, size: int) -> list[str]:
        loaded = []
        for index in range(size):
            at = self._new(f"getelementptr {self.vector}, ptr {self._frame}, i64 {place + index}")
            loaded.append(self._new(f"load {self.vector}, ptr {at}, align 4"))
        return loaded

    def _new(self, right: str) -> str:
        name = f"%w{next(self._numbers)}"
        self.lines.append(f"  {name} = {right}")
        return name


def _moves(form: Form, attributes: str, into_rows: bool) -> str:
    """The 32 words of each hash between lanes of vectors and diagonals of rows."""
    name = "into.rows" if into_rows else "into.lanes"
    lines = []
    for word in range(BLOCK_WORDS):
        half, place = divmod(word, HALF_WORDS)
        row, column = divmod(DIAGONALS.index(place), ROW_WORDS)
        row_at = (half * ROWS // 2 + row) * ROW_WORDS * form.together + column
        lines += [
            f"  %lane.at{word} = getelementptr i32, ptr %lane.first, i64 {word * form.lanes}",
            f"  %row.at{word} = getelementptr i32, ptr %row.first, i64 {row_at}",
        ]
        source, target = ("lane", "row") if into_rows else ("row", "lane")
        lines += [
            f"  %word{word} = load i32, ptr %{source}.at{word}",
            f"  store i32 %word{word}, ptr %{target}.at{word}",
        ]
    body = "\n".join(lines)
    return f"""\
define internal void @{name}(ptr %lanes, ptr %rows) nounwind noinline {attributes} {{
entry:
  br label %hash
hash:
  %i = phi i64 [ 0, %entry ], [ %i.next, %hash ]
  %group = udiv i64 %i, {form.together}
  %within = urem i64 %i, {form.together}
  %group.at = mul i64 %group, {BLOCK_WORDS * form.together}
  %within.at = mul i64 %within, {ROW_WORDS}
  %row.word = add i64 %group.at, %within.at
  %row.first = getelementptr i32, ptr %rows, i64 %row.word
  %lane.first = getelementptr i32, ptr %lanes, i64 %i
{body}
  %i.next = add i64 %i, 1
  %done = icmp eq i64 %i.next, {form.lanes}
  br i1 %done, label %leave, label %hash
leave:
  ret void
}}"""


class _Rows:
    """Instructions on vectors of rows."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.words = ROW_WORDS * form.together
        self.vector = f"<{self.words} x i32>"
        self.lines: list[str] = []
        self._numbers = count()

    def new(self, right: str) -> str:
        name = f"%r{next(self._numbers)}"
        self.lines.append(f"  {name} = {right}")
        return name

    def add(self, a: str, b: str) -> str:
        return self.new(f"add {self.vector} {a}, {b}")

    def xor(self, a: str, b: str) -> str:
        return self.new(f"xor {self.vector} {a}, {b}")

    def quarter(self, d: str, a: str, b: str, bits: int) -> str:
        total = self.add(a, b)
        function = f"{self.vector} @llvm.fshl.v{self.words}i32"
        by = f"{self.vector} splat (i32 {bits})"
        return self.xor(d, self.new(f"call {function}({self.vector} {total}, {self.vector} {total}, {by})"))

    def turn(self, row: str, words: int) -> str:
        order = (base + (column + words) % ROW_WORDS for base in range(0, self.words, ROW_WORDS) for column in range(4))
        return self.shuffled(row, "poison", order, self.words)

    def shuffled(self, a: str, b: str, order: Iterable[int], words: int) -> str:
        """The words of two vectors of so many that `order` names."""
        mask = [f"i32 {word}" for word in order]
        kind = f"<{words} x i32>"
        return self.new(f"shufflevector {kind} {a}, {kind} {b}, <{len(mask)} x i32> <{', '.join(mask)}>")

    def joined(self, parts: list[str]) -> str:
        """One vector of parts of four words each."""
        words = ROW_WORDS
        while len(parts) > 1:
            order = range(2 * words)
            parts = [self.shuffled(a, b, order, words) for a, b in zip(parts[::2], parts[1::2], strict=True)]
            words *= 2
        return parts[0]


def mix_in_turns(rows: _Rows, groups: list[tuple[list[str], list[str]]]) -> None:
    """`block_mix` of every group, their instructions in turns: a group's step is a list of one for each group."""
    # A value is a tuple with the groups' own values, so that one call of the description writes them side by side.
    halves = tuple([tuple(group[half][row] for group in groups) for row in range(ROWS // 2)] for half in (0, 1))

    def each(operation: Callable[..., str]) -> Callable[..., tuple[str, ...]]:
        return lambda *values: tuple(operation(*of_group) for of_group in zip(*values, strict=True))

    def quarter(d: tuple[str, ...], a: tuple[str, ...], b: tuple[str, ...], bits: int) -> tuple[str, ...]:
        return tuple(rows.quarter(*of_group, bits) for of_group in zip(d, a, b, strict=True))

    def turn(row: tuple[str, ...], words: int) -> tuple[str, ...]:
        return tuple(rows.turn(of_group, words) for of_group in row)

    block_mix((halves[0], halves[1]), quarter, turn, each(rows.xor), each(rows.add))
    for number, group in enumerate(groups):
        for half in (0, 1):
            group[half][:] = [row[number] for row in halves[half]]


def _romix(form: Form, attributes: str) -> str:
    """scryptROMix, §5, of `mixed` hashes: a loop that fills V, and one that reads it."""
    rows = _Rows(form)
    vector, row_bytes = rows.vector, rows.words * WORD_BYTES
    block_bytes = ROWS * row_bytes
    entry, phis = [], {"fill": list[str](), "read": list[str]()}
    names = {
        loop: [
            ([f"%{loop}{g}.{r}" for r in range(4)], [f"%{loop}{g}.{r}" for r in range(4, 8)])
            for g in range(form.groups)
        ]
        for loop in phis
    }
    for group in range(form.groups):
        for row in range(ROWS):
            at = group * block_bytes + row * row_bytes
            entry.append(f"  %at{group}.{row} = getelementptr i8, ptr %rows, i64 {at}")
            entry.append(f"  %first{group}.{row} = load {vector}, ptr %at{group}.{row}, align 16")
    # V of a group follows that of the one before.
    filled = [(list(first), list(second)) for first, second in names["fill"]]
    rows.lines.append(f"  %fill.at = mul i64 %i, {block_bytes}")
    for group, halves in enumerate(filled):
        for row, value in enumerate([*halves[0], *halves[1]]):
            offset = rows.new(f"add i64 %fill.at, {group * N * block_bytes + row * row_bytes}")
            place = rows.new(f"getelementptr i8, ptr %memory, i64 {offset}")
            rows.lines.append(f"  store {vector} {value}, ptr {place}, align 16")
    mix_in_turns(rows, filled)
    fill_body, rows.lines = rows.lines, []
    read = [(list(first), list(second)) for first, second in names["read"]]
    for group, halves in enumerate(read):
        bases = []
        for hash_ in range(form.together):
            # Integerify: the first word of the second half, which no diagonal moves.
            word = rows.new(f"extractelement {vector} {halves[1][0]}, i32 {ROW_WORDS * hash_}")
            index = rows.new(f"zext i32 {rows.new(f'and i32 {word}, {N - 1}')} to i64")
            offset = rows.new(f"mul i64 {index}, {block_bytes}")
            bases.append(rows.new(f"add i64 {offset}, {group * N * block_bytes + 4 * ROW_WORDS * hash_}"))
        for half in (0, 1):
            for row in range(ROWS // 2):
                parts = []
                for base in bases:
                    offset = rows.new(f"add i64 {base}, {(half * ROWS // 2 + row) * row_bytes}")
                    place = rows.new(f"getelementptr i8, ptr %memory, i64 {offset}")
                    parts.append(rows.new(f"load <4 x i32>, ptr {place}, align 16"))
                halves[half][row] = rows.xor(halves[half][row], rows.joined(parts))
    mix_in_turns(rows, read)
    read_body = rows.lines
    stores = []
    for group in range(form.groups):
        after_fill, after_read = ([*halves[group][0], *halves[group][1]] for halves in (filled, read))
        for row in range(ROWS):
            name = f"{group}.{row}"
            phis["fill"].append(f"  %fill{name} = phi {vector} [ %first{name}, %entry ], [ {after_fill[row]}, %fill ]")
            phis["read"].append(
                f"  %read{name} = phi {vector} [ {after_fill[row]}, %fill ], [ {after_read[row]}, %read ]"
            )
            stores.append(f"  store {vector} {after_read[row]}, ptr %at{name}, align 16")
    newline = "\n"
    return f"""\
declare {vector} @llvm.fshl.v{rows.words}i32({vector}, {vector}, {vector})
define internal void @romix(ptr noalias %rows, ptr noalias %memory)
    nounwind noinline "frame-pointer"="all" "stackrealign" {attributes} {{
entry:
{newline.join(entry)}
  br label %fill
fill:
  %i = phi i64 [ 0, %entry ], [ %i.next, %fill ]
{newline.join(phis["fill"])}
{newline.join(fill_body)}
  %i.next = add i64 %i, 1
  %filled = icmp eq i64 %i.next, {N}
  br i1 %filled, label %read, label %fill
read:
  %j = phi i64 [ 0, %fill ], [ %j.next, %read ]
{newline.join(phis["read"])}
{newline.join(read_body)}
  %j.next = add i64 %j, 1
  %read.all = icmp eq i64 %j.next, {N}
  br i1 %read.all, label %leave, label %read
leave:
{newline.join(stores)}
  ret void
}}"""


def _slots(form: Form, attributes: str) -> str:
    """The kernel: each slot's frame, and its part of the vectors."""
    parameters = (
        "ptr noalias readonly %job, ptr noalias %results, ptr noalias %frames, "
        "i64 %first, i64 %count, i64 %room, i64 %slots, i64 %start, i64 %stop"
    )
    return f"""\
define void @{ENTRY}({parameters}) nounwind {attributes} {{
entry:
  %more = add i64 %count, {form.lanes - 1}
  %vectors = udiv i64 %more, {form.lanes}
  %nothing = icmp sge i64 %start, %stop
  br i1 %nothing, label %leave, label %slot
slot:
  %i = phi i64 [ %start, %entry ], [ %i.next, %slot ]
  %i.next = add i64 %i, 1
  %begun = mul i64 %vectors, %i
  %ended = mul i64 %vectors, %i.next
  %from = udiv i64 %begun, %slots
  %until = udiv i64 %ended, %slots
  %frame.at = mul i64 %i, {form.frame_bytes}
  %frame = getelementptr i8, ptr %frames, i64 %frame.at
  call void @scan(ptr %job, ptr %results, i64 %first, i64 %count, i64 %room, i64 %from, i64 %until, ptr %frame)
  %done = icmp sge i64 %i.next, %stop
  br i1 %done, label %leave, label %slot
leave:
  ret void
}}
"""


def operation_mix(form: Form) -> dict[str, int]:
    """ROMix's operations for an item, by kind; those of SHA-256 are one in a hundred of them."""
    blocks = 2 * N * form.lanes // form.together
    # A block has two halves, which each go through the double rounds: eight quarter-rounds and six turned rows.
    doubles = 2 * DOUBLE_ROUNDS * blocks
    # Each half is mixed with the other, and every second block with one that was stored.
    mix = {"add": 8 * doubles + ROWS * blocks, "xor": 8 * doubles + ROWS * blocks * 3 // 2, "shuffle": 6 * doubles}
    if has_ternary_logic():
        return {**mix, "rotr": 8 * doubles}
    # A rotation is two shifts, and logic that brings them together.
    return {**mix, "xor": mix["xor"] + 8 * doubles, "shl": 8 * doubles, "shr": 8 * doubles}
