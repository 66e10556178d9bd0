"""From the steps of `sha_rounds` to LLVM IR: a nonce scan by SHA instructions, several nonces interleaved.

One hash is a long chain of dependent instructions, each some cycles late; hashes of different nonces
know nothing of each other and fill the gaps. So a batch is a few nonces, a lane each, whose steps are
emitted in turn, and one behind the other, so that they do not all pass from the first hash to the
second, where a chain has little to do at once, at the same time (where that gains: `ShaInstructions.delay`).

The loop around it, its records and its answer are those of `skeleton`; the job's words are `sha_rounds.job_words`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...sha256.fips180 import INITIAL_STATE
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
from .skeleton import JOB_ACCESS, Scan, scan_function

T = TypeVar("T")

QUAD = f"<{LANES} x i32>"


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
        self.values = 0
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
        self.values += 1
        self.lines.append(f"  %v{self.values} = {text}")
        return f"%v{self.values}"

    def load_quad(self, base: str, index: int) -> str:
        pointer = self.value(f"getelementptr {QUAD}, ptr {base}, i64 {index}")
        return self.value(f"load {QUAD}, ptr {pointer}, align 4, {JOB_ACCESS}")

    def module(self) -> str:
        lanes = range(self.target.lanes)
        job = JobValues(self.load_quad("%job", SCHEDULE_16), self.load_quad("%job", EARLY_28))
        entry = self.take()
        nonces = [self.nonce_quad(lane) for lane in lanes]
        schedules: list[Iterable[str]] = [self.hasher.first_schedule(job, nonce) for nonce in nonces]
        shared = ""
        if self.target.rolled:
            # All of it before the loop over the prefixes, which share it.
            schedules = list(zip(*zip(*schedules, strict=True), strict=True))
            shared = self.take()
        row = self.row_values("%row" if self.target.rolled else "%job")
        hashes = [self.hash(row, nonce, words) for nonce, words in zip(nonces, schedules, strict=True)]
        h7 = self.last_words(in_turn(hashes, self.target.isa.delay))
        self.declared.add("declare i32 @llvm.bswap.i32(i32)")
        return scan_function(
            Scan(
                name=self.name,
                lanes=self.target.lanes,
                rolled=self.target.rolled,
                attributes=self.target.isa.attributes,
                body=self.take(),
                h7=h7,
                entry=entry,
                shared=shared,
                declarations=self.declared,
                row_words=ROW_QUADS * LANES,
            )
        )

    def take(self) -> str:
        text = "\n".join(self.lines)
        self.lines = []
        return text

    def nonce_quad(self, lane: int) -> str:
        # Headers hold the nonce little-endian, SHA-256 reads big-endian.
        nonce = self.value(f"add i32 %n, {lane}")
        word = self.value(f"call i32 @llvm.bswap.i32(i32 {nonce})")
        return self.value(f"insertelement {QUAD} zeroinitializer, i32 {word}, i32 0")

    def row_values(self, row: str) -> RowValues[str]:
        quads = [self.load_quad(row, JOB_QUADS + quad) for quad in range(ROW_QUADS)]
        return RowValues((quads[ROUND_4], quads[ROUND_4 + 1]), (quads[MIDSTATE], quads[MIDSTATE + 1]))

    def hash(self, row: RowValues[str], nonce: str, schedule: Iterable[str]) -> Steps[str]:
        digest = yield from self.hasher.first_digest(row, nonce, schedule)
        return (yield from self.hasher.second_last_e(digest))

    def last_words(self, registers: Sequence[str]) -> str:
        # The hashes' H7, a lane each: e after round 60, and a constant.
        vector = f"<{self.target.lanes} x i32>"
        words = "poison"
        for lane, register in enumerate(registers):
            e = self.value(f"extractelement {QUAD} {register}, i32 {e_lane(self.target.isa)}")
            words = self.value(f"insertelement {vector} {words}, i32 {e}, i32 {lane}")
        return self.value(f"add {vector} {words}, splat (i32 {INITIAL_STATE[7]})")
