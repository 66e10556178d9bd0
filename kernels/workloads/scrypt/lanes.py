"""ROMix of scrypt on lanes, in assembly of our own for AVX-512: a vector holds one word of sixteen hashes.

Words in rows need a shuffle for each turn of a row, a fifth of all operations; in lanes a turn is another name. What it
costs instead is to bring V's blocks into lanes, since all sixteen hashes read blocks of other numbers. A block is
stored in pieces of 32 bytes of a hash, so that half of this is done where blocks are written, beside Salsa. What is
left is done column by column: Salsa's first quarter-rounds take a column each, and run beside the shuffles for the
next one. LLVM does not keep such an order, and shuffles alone have one port.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ...cpu.assembly.inline import inline_assembly
from ...cpu.assembly.instructions import Form, Instruction, Memory, Operand, Value
from ...cpu.assembly.registers import RegisterFile, allocate
from .description import BLOCK_WORDS, DIAGONALS, HALF_WORDS, ROW_WORDS, N, block_mix

LANES = 16
WIDTH = 4 * LANES
REGISTERS = 32
# Bytes of V for each step of the loops.
STEP = LANES * 4 * BLOCK_WORDS
# So far ahead V's lines are fetched into the second cache before a step writes them: all of them fill it, so that some
# have left it, and a store that misses holds up those behind it. Three steps are as good, sixteen are not.
AHEAD = 8 * STEP
# Pointers: the words before a step and after it, V (where a step writes it, or all of it), and room: the places of the
# blocks to be read next, and values that find no register.
OLD, NEW, V, ROOM = "rdi", "r8", "rcx", "rdx"
PLACE, PLACE_LOW = "rax", "eax"
# Instructions of the last round, and those that follow it.
LAST_ROUND = 48 + 16 + 16 + 3
# The second and the fourth quarter of a vector.
ODD_QUARTERS, ODD_LANES = "k1", 0xF0F0
XOR3 = 0x96
KINDS = {
    "vpaddd": "add",
    "vpxord": "xor",
    "vmovdqa32": "xor",
    "vpternlogd": "ternary",
    "vprold": "rotr",
    "vshufi64x2": "shuffle",
    **{f"vpunpck{half}{size}": "shuffle" for half in "lh" for size in ("dq", "qdq")},
}
# Of a word, the bits that say which block is read next, in bytes of V: N - 1 of them, times STEP.
TO_TOP, TO_PLACE = 22, 11


@dataclass(frozen=True)
class _Sum:
    """The XOR of two words, which is made only with a third one: that is one instruction then."""

    a: Operand
    b: Operand


Word = Operand | _Sum
# A row: its word of each column.
Row = tuple[Word, ...]


class _Stream:
    """Instructions in the order in which they are written."""

    def __init__(self) -> None:
        self.out: list[Instruction] = []
        self._added = 0

    def new(
        self,
        mnemonic: str,
        form: Form,
        *operands: Word,
        immediate: int | None = None,
        before: str = "",
        mask: str = "",
        home: Memory | None = None,
    ) -> Value:
        result = Value(home)
        there = tuple(operand for operand in operands if not isinstance(operand, _Sum))
        assert len(there) == len(operands)
        self.out.append(Instruction(mnemonic, form, there, result, immediate, None, (before,) * bool(before), mask))
        return result

    def store(self, value: Operand, target: Memory, before: str = "") -> None:
        self.out.append(Instruction("vmovdqa64", Form.STORE, (value,), target=target, before=(before,) * bool(before)))

    def xor(self, a: Row, b: Row) -> Row:
        return tuple(
            self.new("vpternlogd", Form.TERNARY, x.a, x.b, y, immediate=XOR3)
            if isinstance(x, _Sum)
            else self.new("vpxord", Form.COMMUTES, x, y)
            for x, y in zip(a, b, strict=True)
        )

    def quarter(self, d: Row, a: Row, b: Row, bits: int) -> Row:
        out: list[Word] = []
        for x, y, z in zip(d, a, b, strict=True):
            total = self.new("vpaddd", Form.COMMUTES, y, z)
            out += self.xor((x,), (self.new("vprold", Form.PLAIN, total, immediate=bits),))
        return tuple(out)

    def last_addition(self, a: Row, b: Row) -> Row:
        """Of a half's rows, one after another: the words after the step, which are stored at once."""
        half, row = divmod(self._added, 4)
        self._added += 1
        out = []
        for column, (x, y) in enumerate(zip(a, b, strict=True)):
            home = Memory(NEW, WIDTH * word(half, row, column))
            out.append(self.new("vpaddd", Form.COMMUTES, x, y, home=home))
            self.store(out[-1], home)
            if (half, row, column) == (1, 0, 0):
                # Integerify: the first word of the second half.
                place = self.new("vpslld", Form.PLAIN, out[-1], immediate=TO_TOP)
                self.store(self.new("vpsrld", Form.PLAIN, place, immediate=TO_PLACE), Memory(ROOM, 0))
        return tuple(out)

    def transposed(self, four: Sequence[Operand]) -> list[Value]:
        """In each quarter of four vectors: word k of vector i becomes word i of vector k."""
        low, high = (
            [self.new(f"vpunpck{end}dq", Form.PLAIN, *four[at : at + 2]) for at in (0, 2)] for end in ("l", "h")
        )
        return [self.new(f"vpunpck{end}qdq", Form.PLAIN, *pair) for pair in (low, high) for end in ("l", "h")]

    def halves(self, a: Operand, b: Operand) -> tuple[Value, Value]:
        """The first halves of two vectors, and the second ones."""
        first, second = (self.new("vshufi64x2", Form.PLAIN, a, b, immediate=which) for which in (0x44, 0xEE))
        return first, second


def word(half: int, row: int, column: int) -> int:
    """The number of a block's word."""
    return half * HALF_WORDS + DIAGONALS[row * ROW_WORDS + column]


def words_before() -> list[list[list[Value]]]:
    """The words before a step, by half, row and column."""
    return [
        [[Value(Memory(OLD, WIDTH * word(half, row, column))) for column in range(4)] for row in range(4)]
        for half in (0, 1)
    ]


def piece(column: int, quarter: int, pair: int) -> int:
    """Where in a step of V the pieces of hashes 8·pair + quarter and 4 later lie: of each, both halves' column."""
    return ((column * 4 + quarter) * 2 + pair) * WIDTH


def written(before: list[list[list[Value]]]) -> list[Instruction]:
    """What stores the words as a step of V."""
    stream = _Stream()
    for column in range(4):
        first, second = (stream.transposed([before[half][row][column] for row in range(4)]) for half in (0, 1))
        for quarter, of_halves in enumerate(zip(first, second, strict=True)):
            for pair, vector in enumerate(stream.halves(*of_halves)):
                at = piece(column, quarter, pair)
                stream.store(vector, Memory(V, at), before=f"prefetcht1 byte ptr [{V} + {at + AHEAD}]")
    return stream.out


def fetched(column: int) -> tuple[list[Instruction], tuple[list[Value], list[Value]]]:
    """What brings a column of both halves from where each hash reads V, and the column's words."""
    stream = _Stream()
    first: list[Operand] = []
    second: list[Operand] = []
    for quarter in range(4):
        pairs = []
        for pair in (0, 1):
            at = Memory(f"{V} + {PLACE}", piece(column, quarter, pair))
            numbers = (8 * pair + quarter, 8 * pair + quarter + 4)
            here, there = (f"mov {PLACE_LOW}, dword ptr [{ROOM} + {4 * number}]" for number in numbers)
            loaded = stream.new("vmovdqa64", Form.PLAIN, at, before=here)
            pairs.append(stream.new("vmovdqa32", Form.DESTROYS, loaded, at, before=there, mask=ODD_QUARTERS))
        for of_half, vector in zip((first, second), stream.halves(*pairs), strict=True):
            of_half.append(vector)
    return stream.out, (stream.transposed(first), stream.transposed(second))


def merged(*streams: Sequence[Instruction]) -> list[Instruction]:
    """One stream of several: each is spread over the whole."""
    places = [
        ((index + 0.5) / len(stream), number, each)
        for number, stream in enumerate(streams)
        for index, each in enumerate(stream)
    ]
    return [each for _, _, each in sorted(places, key=lambda place: place[:2])]


def salsa(halves: tuple[list[Row], list[Row]]) -> list[Instruction]:
    """scryptBlockMix, which stores the words after the step and the places where the next one reads.

    The first 16 instructions are four in turn, one of each column, the next 48 three in turn.
    """
    stream = _Stream()
    block_mix(halves, stream.quarter, lambda row, by: row[by:] + row[:by], stream.xor, stream.last_addition)
    return sooner(stream.out, LAST_ROUND)


def sooner(stream: list[Instruction], last: int) -> list[Instruction]:
    """The stream, in whose last instructions what the places of the next blocks need comes first."""
    tail = stream[-last:]
    (place,) = (each for each in tail if each.form is Form.STORE and each.target == Memory(ROOM, 0))
    needed = set(place.operands)
    early = [place]
    for each in reversed(tail):
        if each.result in needed:
            needed |= set(each.operands)
            early.append(each)
    return [*stream[:-last], *reversed(early), *(each for each in tail if each not in early)]


def filling() -> list[Instruction]:
    """A step of the loop that fills V."""
    before = words_before()
    first, second = before
    halves: tuple[list[Row], list[Row]] = ([tuple(row) for row in first], [tuple(row) for row in second])
    return merged(written(before), salsa(halves))


def reading() -> list[Instruction]:
    """A step of the loop that reads V."""
    before = words_before()
    streams = []
    sums: list[list[Word]] = [[] for _ in range(4)]
    seconds: list[list[Word]] = [[] for _ in range(4)]
    for column in range(4):
        out, (first, second) = fetched(column)
        stream = _Stream()
        for row in range(4):
            sums[row].append(_Sum(before[0][row][column], first[row]))
            seconds[row] += stream.xor((before[1][row][column],), (second[row],))
        streams.append([*out, *stream.out])
    mixing = salsa(([tuple(row) for row in sums], [tuple(row) for row in seconds]))
    # What a column's quarter-round begins with, and its four steps.
    begun = [
        [
            *mixing[column:16:4],
            *(each for at in range(16, 64, 12) for each in mixing[at + 3 * column : at + 3 * column + 3]),
        ]
        for column in range(4)
    ]
    beside = (merged(*both) for both in zip(streams[1:], begun[:3], strict=True))
    return [*streams[0], *(each for both in beside for each in both), *begun[3], *mixing[64:]]


@cache
def operation_mix() -> dict[str, int]:
    """ROMix's vector operations for sixteen hashes, by kind; a merge is as a XOR to a core's ports."""
    counts = Counter(each.mnemonic for step in (filling(), reading()) for each in step)
    mix: Counter[str] = Counter()
    for mnemonic, kind in KINDS.items():
        mix[kind] += N * counts[mnemonic]
    return dict(mix)


def romix(attributes: str) -> str:
    """scryptROMix, §5, of sixteen hashes: a loop that fills V, and one that reads it."""
    file = RegisterFile([f"zmm{index}" for index in range(REGISTERS)], LANES, spills=ROOM, first_spill=WIDTH)
    bodies, room = [], 1
    for step in (filling(), reading()):
        allocated = allocate(step, file)
        bodies.append([line for lines in allocated.lines for line in lines])
        room = max(room, 1 + allocated.spills)
    mask = [f"mov {PLACE_LOW}, {ODD_LANES}", f"kmovw {ODD_QUARTERS}, {PLACE_LOW}"]
    pointers = {OLD: "%{0}.old", NEW: "%{0}.new", V: "%{0}.v", ROOM: "%room"}
    fill, read = (
        inline_assembly(
            lines, {name: value.format(loop) for name, value in pointers.items()}, REGISTERS, [ODD_QUARTERS, PLACE]
        )
        for loop, lines in (("fill", bodies[0]), ("read", [*mask, *bodies[1]]))
    )
    vector = f"<{LANES} x i32>"
    return f"""\
define internal void @romix(ptr noalias %words, ptr noalias %memory)
    nounwind noinline "frame-pointer"="all" "stackrealign" {attributes} {{
entry:
  %other = alloca [{BLOCK_WORDS} x {vector}], align {WIDTH}
  %room = alloca [{room} x {vector}], align {WIDTH}
  br label %fill
fill:
  %i = phi i64 [ 0, %entry ], [ %i.next, %fill ]
  %fill.old = phi ptr [ %words, %entry ], [ %fill.new, %fill ]
  %fill.new = phi ptr [ %other, %entry ], [ %fill.old, %fill ]
  %fill.at = mul i64 %i, {STEP}
  %fill.v = getelementptr i8, ptr %memory, i64 %fill.at
{fill}
  %i.next = add i64 %i, 1
  %filled = icmp eq i64 %i.next, {N}
  br i1 %filled, label %read, label %fill
read:
  %j = phi i64 [ 0, %fill ], [ %j.next, %read ]
  %read.old = phi ptr [ %words, %fill ], [ %read.new, %read ]
  %read.new = phi ptr [ %other, %fill ], [ %read.old, %read ]
  %read.v = getelementptr i8, ptr %memory, i64 0
{read}
  %j.next = add i64 %j, 1
  %read.all = icmp eq i64 %j.next, {N}
  br i1 %read.all, label %leave, label %read
leave:
  ret void
}}"""
