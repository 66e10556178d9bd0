"""Message schedules by SHA instructions, four words of one nonce at once, in xmm registers: no AVX-512 needed.

The steps are those of `sha_rounds`; what is different from the kernels that LLVM makes of them is that
nothing waits for a round. Several nonces' schedules run in turn, and each step's instructions stay
together, so that a nonce needs two registers and half a dozen of them fit beside the chains.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...graph.words import IntegerWords
from ...headers.job import Job
from ...headers.target import filter_mask
from ...sha256.mining import DIGEST_BYTES
from ..assembly.instructions import Form, Instruction, Memory, Operand, Value
from ..assembly.select import Constants
from .decoupled_ir import CONSTANTS, ISA, JOB
from .sha_instructions import LANES as QUAD
from .sha_rounds import PADDING_2, HeaderHasher, JobValues, early_parts, job_rows, schedule_without_nonce

WORDS = IntegerWords()
QUAD_BYTES = 4 * QUAD
GROUPS = 15  # of four words, in each hash: W4… and W1…
FIRST_T, SECOND_T = 4, 1

# The job's words, by quads: the filter mask, W16…W19 for nonce 0, the early part of W28…W31, and the rows.
SCHEDULE_16, EARLY_28, ROWS = 1, 2, 3


def job_words(job: Job) -> list[int]:
    """The words that the kernel reads as its `job`."""
    schedule = schedule_without_nonce(job.tail)
    known = [filter_mask(job.target), 0, 0, 0, *schedule[16:20], *early_parts(schedule, 28)]
    return known + job_rows(job, ISA)


Known = tuple[int, ...]
# A quad of words: known now, or what an instruction reads.
Quad = Known | Operand


class _Recorder:
    """An algebra of quads (`sha_instructions.Quads`) that writes the instructions down."""

    def __init__(self, constants: Constants) -> None:
        self.constants = constants
        self.taken: list[Instruction] = []

    def take(self) -> list[Instruction]:
        taken, self.taken = self.taken, []
        return taken

    def record(self, mnemonic: str, form: Form, *quads: Quad, immediate: int | None = None) -> Value:
        operands = tuple(
            Memory(CONSTANTS, self.constants.place(*quad)) if isinstance(quad, tuple) else quad for quad in quads
        )
        result = Value()
        self.taken.append(Instruction(mnemonic, form, operands, result, immediate))
        return result

    def constant(self, words: Sequence[int]) -> Quad:
        return tuple(words)

    def add(self, x: Quad, y: Quad) -> Quad:
        if isinstance(x, tuple) and isinstance(y, tuple):
            return tuple(WORDS.add(a, b) for a, b in zip(x, y, strict=True))
        return self.record("vpaddd", Form.COMMUTES, x, y)

    def shuffle(self, x: Quad, y: Quad, lanes: Sequence[int]) -> Quad:
        match tuple(lanes):
            case (1, 2, 3, 4):
                return self.record("vpalignr", Form.PLAIN, y, x, immediate=4)
            case (0, 1, 2, 7):
                # A bit for each 16-bit word that comes from the second operand.
                return self.record("vpblendw", Form.PLAIN, y, x, immediate=0b00111111)
            case (4, 4, 4, 0):
                # `y` is zero.
                return self.record("vpslldq", Form.PLAIN, x, immediate=12)
        raise ValueError(f"no instruction for the lanes {lanes}")

    def call(self, instruction: str, *operands: Quad) -> Quad:
        return self.record(instruction.removeprefix("x86."), Form.DESTROYS, *operands)


class HorizontalSchedules:
    """See `decoupled_ir.Schedules`.

    The buffer of pairs has for each nonce the groups of hash 1, a quad that ends with word 0 of hash 2, and the
    groups of hash 2; behind all of them the nonces. The buffer of results has for each nonce a cell with its
    digest in the middle and the first word of padding behind it, so that the quads hash 2 begins with (W1…W4,
    W5…W8, and one that ends with W0) can be read as they are; behind all of them e.
    """

    register_lanes = QUAD
    distances: Mapping[bool, Sequence[int]] = {}
    move = "vmovdqa"
    changes: tuple[int, Sequence[str]] = (16, ())
    row_offset = ROWS * QUAD_BYTES
    second_at = GROUPS * QUAD_BYTES
    lane_bytes = (2 * GROUPS + 1) * QUAD_BYTES
    cell_bytes = 4 * QUAD_BYTES
    digest = QUAD_BYTES

    def __init__(self, lanes: int, slots: int, streams: int) -> None:
        """So many nonces, chains at once, and schedules at once, for which two registers each should be left."""
        self.lanes, self.slots, self.streams = lanes, slots, streams
        self.constants = Constants(CONSTANTS)
        # xmm0 is the rounds' own operand.
        self.registers: Sequence[str] = tuple(f"xmm{index}" for index in range(2 * slots + 1, 16))
        self.nonces = lanes * self.lane_bytes
        self.pairs_bytes = self.nonces + 64
        self.e = lanes * self.cell_bytes
        self.results_bytes = self.e + 64
        behind = [lane * self.cell_bytes + self.digest + DIGEST_BYTES for lane in range(lanes)]
        self.initial_results: Mapping[int, int] = dict.fromkeys(behind, PADDING_2[0])

    def preamble(self, chains: bool) -> list[str]:
        """See Schedules: SHA instructions have no VEX form, so they keep the upper halves of their registers.

        LLVM's code for eight lanes fills these. Where they are in use, AMD Zen 3 takes twice as long for a pass.
        """
        return ["vzeroupper"]

    def add_word(self, word: Memory, state: Memory, register: str) -> list[str]:
        """See Schedules: it goes into lanes 1 and 3, which hold e and a."""
        return [
            f"vmovd xmm0, dword ptr {word.text(1)}",
            "vpshufd xmm0, xmm0, 0x11",
            f"vpaddd {register}, xmm0, xmmword ptr {state.text(1)}",
        ]

    def store_digest(self, lane: int, registers: Sequence[str], results: str) -> list[str]:
        """See Schedules: from f e b a and h g d c to a b c d and e f g h."""
        first, second = registers
        cell = lane * self.cell_bytes + self.digest
        return [
            f"vpshufd xmm0, {first}, 0x1b",
            f"vpshufd {second}, {second}, 0x1b",
            f"vpunpcklqdq {first}, xmm0, {second}",
            f"vpunpckhqdq {second}, xmm0, {second}",
            f"vmovdqa xmmword ptr [{results} + {cell}], {first}",
            f"vmovdqa xmmword ptr [{results} + {cell + QUAD_BYTES}], {second}",
        ]

    def first_pair(self, t: int, lane: int) -> int | Memory:
        """See Schedules."""
        return lane * self.lane_bytes + 4 * (t - FIRST_T)

    def second_pair(self, t: int, lane: int) -> int | Memory:
        """See Schedules."""
        return self.word_0(lane) + 4 * (t - SECOND_T + 1)

    def word_0(self, lane: int) -> int:
        """See Schedules."""
        return lane * self.lane_bytes + self.second_at + QUAD_BYTES - 4

    def instructions(self, first: str | None, second: tuple[str, str] | None) -> list[Instruction]:
        """See Schedules."""
        lanes = range(self.lanes)
        schedules = [self.first(lane, first) for lane in lanes] if first else []
        if second:
            schedules += [self.second(lane, *second) for lane in lanes]
        # One schedule after another in each stream, and the streams' steps in turn.
        streams = [
            [step for each in schedules[start :: self.streams] for step in each] for start in range(self.streams)
        ]
        count = len(streams)
        placed = [
            ((index + 0.5 + number / count) / len(stream), number, index)
            for number, stream in enumerate(streams)
            for index in range(len(stream))
        ]
        return [instruction for _, number, index in sorted(placed) for instruction in streams[number][index]]

    def first(self, lane: int, buffer: str) -> list[list[Instruction]]:
        """Stage 1 of a nonce, in steps that stay together."""
        q = _Recorder(self.constants)
        nonce = q.record("vmovd", Form.PLAIN, Memory(buffer, self.nonces + 4 * lane))
        job = JobValues[Quad](Memory(JOB, SCHEDULE_16 * QUAD_BYTES), Memory(JOB, EARLY_28 * QUAD_BYTES))
        groups = HeaderHasher[Quad](q, ISA).first_schedule(job, nonce)
        return self.steps(q, groups, Memory(buffer, lane * self.lane_bytes))

    def second(self, lane: int, buffer: str, results: str) -> list[list[Instruction]]:
        """Stage 3 of a nonce, in steps that stay together."""
        q = _Recorder(self.constants)
        digest = lane * self.cell_bytes + self.digest
        w0, w1, w5 = (
            q.record("vmovdqu", Form.PLAIN, Memory(results, digest + 4 * (t + 1 - QUAD) if t == 0 else digest + 4 * t))
            for t in (0, 1, 5)
        )
        base = Memory(buffer, lane * self.lane_bytes + self.second_at)
        q.taken.append(Instruction("vmovdqa", Form.STORE, (w0,), target=base))
        w16 = ISA.early(q, w0, w1)
        groups = HeaderHasher[Quad](q, ISA).second_schedule(w1, w5, w16, QUAD - 1)
        return self.steps(q, groups, Memory(base.base, base.offset + QUAD_BYTES))

    def steps(self, q: _Recorder, groups: Iterable[Quad], base: Memory) -> list[list[Instruction]]:
        """The instructions of each group of W + K, in two steps: the words; K added, and the group stored."""
        out = []
        for index, group in enumerate(groups):
            if not isinstance(group, Value):
                # Known: the chains have it from the constants.
                continue
            words = q.take()
            with_k = words.pop()
            store = Instruction("vmovdqa", Form.STORE, (group,), target=Memory(base.base, base.offset + 16 * index))
            out += [words, [with_k, store]]
        return out
