"""ROMix of scrypt in LLVM IR: hashes in rows, and how they come there from lanes and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

from .description import BLOCK_WORDS, DIAGONALS, HALF_WORDS, ROW_WORDS, ROWS, N, block_mix
from .frames import WORD_BYTES, Form


def moves(form: Form, attributes: str, into_rows: bool) -> str:
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


def romix(form: Form, attributes: str) -> str:
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
