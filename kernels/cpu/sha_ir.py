"""From the steps of `sha_rounds` to LLVM IR: a nonce scan by SHA instructions, several nonces interleaved.

One hash is a long chain of dependent instructions, each some cycles late; hashes of different nonces
know nothing of each other and fill the gaps. So a batch is a few nonces, a lane each, whose steps are
emitted in turn, and one behind the other, so that they do not all pass from the first hash to the
second, where a chain has little to do at once, at the same time.

The function, its records and its answer are those of `vector_ir`; the job's words are `sha_rounds.job_words`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..sha256.fips180 import INITIAL_STATE
from .sha_instructions import LANES, ShaInstructions
from .sha_rounds import (
    EARLY_28,
    JOB_QUADS,
    MIDSTATE,
    ROUND_4,
    ROW_QUADS,
    SCHEDULE_16,
    HeaderHasher,
    JobValues,
    RowValues,
    Steps,
    e_lane,
)

T = TypeVar("T")

QUAD = f"<{LANES} x i32>"


# How many steps (groups of four rounds; a hash has 30) a nonce of the batch is behind the one before it.
# Measured on a Xeon with AVX-512: 2 to 6 are alike, 0 and 8 are 3 % slower.
DELAY = 4


@dataclass(frozen=True)
class ShaTarget:
    """Which instructions, and how many nonces at once.

    `rolled`: the scan covers several prefixes, and their hashes share one message schedule.
    """

    isa: ShaInstructions
    lanes: int
    rolled: bool = False


def emit(name: str, target: ShaTarget) -> str:
    """The LLVM IR module."""
    return _Emitter(name, target).module()


def in_turn(streams: Sequence[Steps[T]], delay: int) -> list[T]:
    """Runs all streams, a step of each in turn, each starting `delay` steps after the one before; their results."""
    results: dict[int, T] = {}
    time = 0
    while len(results) < len(streams):
        for index, stream in enumerate(streams):
            if index not in results and time >= index * delay:
                try:
                    next(stream)
                except StopIteration as stop:
                    results[index] = stop.value
        time += 1
    return [results[index] for index in range(len(streams))]


class _Emitter:
    """Writes the function; as an algebra of quads (`sha_instructions.Quads`), too: a value is its IR name."""

    def __init__(self, name: str, target: ShaTarget) -> None:
        self.name = name
        self.target = target
        self.lines: list[str] = []
        self.declared: set[str] = set()
        self.hasher: HeaderHasher[str] = HeaderHasher(self, target.isa)

    # Quads.

    def constant(self, words: Sequence[int]) -> str:
        return f"<{', '.join(f'i32 {word}' for word in words)}>"

    def add(self, x: str, y: str) -> str:
        return self.value(f"add {QUAD} {x}, {y}")

    def shuffle(self, x: str, y: str, lanes: Sequence[int]) -> str:
        return self.value(f"shufflevector {QUAD} {x}, {QUAD} {y}, {QUAD} {self.constant(lanes)}")

    def call(self, instruction: str, *operands: str) -> str:
        self.declared.add(f"declare {QUAD} @llvm.{instruction}({', '.join([QUAD] * len(operands))})")
        return self.value(f"call {QUAD} @llvm.{instruction}({', '.join(f'{QUAD} {x}' for x in operands)})")

    # Plain IR.

    def value(self, text: str) -> str:
        name = f"%v{len(self.lines)}"
        self.line(f"{name} = {text}")
        return name

    def line(self, text: str) -> None:
        self.lines.append("  " + text)

    def line_block(self, text: str) -> None:
        self.lines.extend(text.splitlines())

    def load_quad(self, base: str, index: int) -> str:
        pointer = self.value(f"getelementptr {QUAD}, ptr {base}, i64 {index}")
        return self.value(f"load {QUAD}, ptr {pointer}, align 4, !alias.scope !0, !noalias !1")

    def module(self) -> str:
        self.line_block(HEAD.format(lanes=self.target.lanes))
        lanes = range(self.target.lanes)
        job = JobValues(self.load_quad("%job", SCHEDULE_16), self.load_quad("%job", EARLY_28))
        nonces = [self.nonce_quad(lane) for lane in lanes]
        schedules: list[Iterable[str]] = [self.hasher.first_schedule(job, nonce) for nonce in nonces]
        if self.target.rolled:
            # All of it before the loop over the prefixes, which share it.
            schedules = list(zip(*zip(*schedules, strict=True), strict=True))
            self.line_block(PREFIX_LOOP)
        else:
            self.line_block(ONE_PREFIX)
        row = self.row_values()
        hashes = [self.hash(row, nonce, words) for nonce, words in zip(nonces, schedules, strict=True)]
        bits = self.collect(in_turn(hashes, DELAY))
        self.line_block(RECORD.format(bits=bits))
        self.line_block(NEXT_PREFIX if self.target.rolled else NO_NEXT_PREFIX)
        self.line_block(NEXT_BATCH.format(lanes=self.target.lanes))
        return "\n".join(
            [
                f"; {self.name}: SHA-256d nonce scan by SHA instructions, {self.target.lanes} nonces at once",
                *sorted(self.declared),
                "declare i32 @llvm.bswap.i32(i32)",
                "",
                f"define i64 @{self.name}(ptr noalias readonly %job, i32 %first, i32 %batches, i32 %partial, "
                f"i32 %prefixes, ptr noalias %records) noinline nounwind {self.target.isa.attributes} {{",
                *self.lines,
                "}",
                METADATA,
            ]
        )

    def nonce_quad(self, lane: int) -> str:
        # Headers hold the nonce little-endian, SHA-256 reads big-endian.
        nonce = self.value(f"add i32 %n, {lane}")
        word = self.value(f"call i32 @llvm.bswap.i32(i32 {nonce})")
        return self.value(f"insertelement {QUAD} zeroinitializer, i32 {word}, i32 0")

    def row_values(self) -> RowValues[str]:
        base = self.value(f"getelementptr {QUAD}, ptr %job, i64 {JOB_QUADS}")
        row = self.value("zext i32 %m to i64")
        index = self.value(f"mul i64 {row}, {ROW_QUADS}")
        pointer = self.value(f"getelementptr {QUAD}, ptr {base}, i64 {index}")
        quads = [self.load_quad(pointer, quad) for quad in range(ROW_QUADS)]
        return RowValues((quads[ROUND_4], quads[ROUND_4 + 1]), (quads[MIDSTATE], quads[MIDSTATE + 1]))

    def hash(self, row: RowValues[str], nonce: str, schedule: Iterable[str]) -> Steps[str]:
        digest = yield from self.hasher.first_digest(row, nonce, schedule)
        return (yield from self.hasher.second_last_e(digest))

    def collect(self, registers: Sequence[str]) -> str:
        # Adds the H7 that count to the running XOR, %acc1; returns the lanes that pass the filter.
        total, bits = "0", "0"
        for lane, register in enumerate(registers):
            e = self.value(f"extractelement {QUAD} {register}, i32 {e_lane(self.target.isa)}")
            h7 = self.value(f"add i32 {e}, {INITIAL_STATE[7]}")
            counts = self.value(f"icmp ugt i32 %active, {lane}")
            counted = self.value(f"select i1 {counts}, i32 {h7}, i32 0")
            total = self.value(f"xor i32 {total}, {counted}")
            filtered = self.value(f"and i32 {h7}, %filter")
            passes = self.value(f"icmp eq i32 {filtered}, 0")
            bit = self.value(f"select i1 {passes}, i32 {1 << lane}, i32 0")
            bits = self.value(f"or i32 {bits}, {bit}")
        self.line(f"%acc1 = xor i32 %acc, {total}")
        return bits


HEAD = """\
entry:
  %haspartial = icmp ne i32 %partial, 0
  %more = zext i1 %haspartial to i32
  %total = add i32 %batches, %more
  %filter = load i32, ptr %job, !alias.scope !0, !noalias !1
  %none = icmp eq i32 %total, 0
  br i1 %none, label %empty, label %batch
empty:
  ret i64 0
batch:
  %i = phi i32 [ 0, %entry ], [ %inext, %batchend ]
  %n = phi i32 [ %first, %entry ], [ %nnext, %batchend ]
  %bacc = phi i32 [ 0, %entry ], [ %acc1, %batchend ]
  %bhits = phi i32 [ 0, %entry ], [ %hits1, %batchend ]
  %islast = icmp eq i32 %i, %batches
  %active = select i1 %islast, i32 %partial, i32 {lanes}"""

ONE_PREFIX = """\
  br label %prefix
prefix:
  %m = phi i32 [ 0, %batch ]
  %acc = phi i32 [ %bacc, %batch ]
  %hits = phi i32 [ %bhits, %batch ]"""

PREFIX_LOOP = """\
  br label %prefix
prefix:
  %m = phi i32 [ 0, %batch ], [ %mnext, %prefixend ]
  %acc = phi i32 [ %bacc, %batch ], [ %acc1, %prefixend ]
  %hits = phi i32 [ %bhits, %batch ], [ %hits1, %prefixend ]"""

RECORD = """\
  %hit = icmp ne i32 {bits}, 0
  br i1 %hit, label %record, label %prefixend, !prof !4
record:
  %hits64 = zext i32 %hits to i64
  %r0 = getelementptr [3 x i32], ptr %records, i64 %hits64
  %r1 = getelementptr i32, ptr %r0, i64 1
  %r2 = getelementptr i32, ptr %r0, i64 2
  store i32 %n, ptr %r0, !alias.scope !1, !noalias !0
  store i32 %m, ptr %r1, !alias.scope !1, !noalias !0
  store i32 {bits}, ptr %r2, !alias.scope !1, !noalias !0
  %hitsnext = add i32 %hits, 1
  br label %prefixend
prefixend:
  %hits1 = phi i32 [ %hits, %prefix ], [ %hitsnext, %record ]"""

NO_NEXT_PREFIX = "  br label %batchend"

NEXT_PREFIX = """\
  %mnext = add i32 %m, 1
  %mdone = icmp uge i32 %mnext, %prefixes
  br i1 %mdone, label %batchend, label %prefix"""

NEXT_BATCH = """\
batchend:
  %inext = add i32 %i, 1
  %nnext = add i32 %n, {lanes}
  %done = icmp eq i32 %inext, %total
  br i1 %done, label %finish, label %batch
finish:
  %xor64 = zext i32 %acc1 to i64
  %count64 = zext i32 %hits1 to i64
  %high = shl i64 %count64, 32
  %answer = or i64 %high, %xor64
  ret i64 %answer"""

# Records and job do not overlap; hits are rare.
METADATA = """\
!0 = !{!2}
!1 = !{!3}
!2 = distinct !{!2, !5}
!3 = distinct !{!3, !5}
!4 = !{!"branch_weights", i32 1, i32 1000000}
!5 = distinct !{!5}
"""
