"""Message schedules of eight nonces at once, a vector register for each word: what AVX-512VL is good at.

Pairs of words come out by unpacking two vectors; digests, which the chains leave as halves of a state,
turn to vectors by the same means. With the rounds in SHA instructions beside it (`decoupled_ir`) this is the
vertical hybrid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from ...graph.lower import Program, lower
from ...graph.nodes import Depends, GraphWords, Node, Op
from ...graph.words import MASK, IntegerWords
from ...headers.job import Job
from ...headers.target import filter_mask
from ...machines import machine
from ...sha256.fips180 import K, message_schedule, padding
from ...sha256.mining import DIGEST_BYTES, HEADER_BYTES
from ..assembly.inline import VECTOR_REGISTERS
from ..assembly.instructions import Form, Instruction, Memory, Operand, Value
from ..assembly.order import Pace, paced
from ..assembly.select import Constants, select_one
from .chains import merged
from .decoupled_ir import CONSTANTS, ISA, JOB
from .sha_rounds import PADDING_2, job_rows, schedule_without_nonce

LANES = 8
WIDTH = 4 * LANES
PAIR = 2 * WIDTH
WORDS = IntegerWords()

# The words W of each hash that come in pairs (t, t + 1), by t. Hash 1: W16 and W17 are the job's, those
# before are padding (or the nonce). Hash 2: W8…W15 are padding, but W8 and W15 share a pair with others.
FIRST_PAIRS = range(18, 64, 2)
SECOND_PAIRS = (1, 3, 5, 7, *range(15, 61, 2))
SECOND_WORDS = [t for pair in SECOND_PAIRS for t in (pair, pair + 1) if not 8 <= t < 16]

# On AMD Zen 4, the one family where this kernel wins. With less distance something always waits, with more the
# registers do not suffice.
PACE = Pace(2.4, {"vprord": machine("zen4").rows[8 * WIDTH, "rotate"].latency or 1}, margin=1.2, window=24)
# Lines from one `sha256rnds2` to the next, in a plain and a rolled kernel: the best of some hundred rows on a Zen 4.
# Others of the same average are up to a third slower (3 or 4 always, say), we do not know why.
DISTANCES: Mapping[bool, Sequence[int]] = {False: (2, 7, 2, 9, 7), True: (5, 3, 3)}

# The families on which SHA instructions were seen not to mind upper halves in use, by archspec's names: there three
# registers more are worth it. An Emerald Rapids takes some 400 cycles for each SHA instruction then (23,770 a hash in
# place of 180), so where nobody has looked they stay clean.
KEEPS_UPPER_HALVES = ("zen4", "zen5")

# The job's words: the filter mask, W16 + K16 and W17 + K17, what the schedule knows early, and the rows.
PAIR_16 = 1
EARLY = 3


@cache
def first_schedule() -> Program:
    """W + K of hash 1 from t = 18 on; inputs `tail0`…`tail2`, `nonce`."""
    words = GraphWords()
    tail = [words.input(f"tail{index}", Depends.TAIL) for index in range(3)]
    nonce = words.input("nonce", Depends.NONCE)
    schedule = message_schedule(words, [*tail, nonce, *padding(words, HEADER_BYTES)])
    return lower([words.add(schedule[t], words.constant(K[t])) for t in range(18, 64)], three_operand_logic=False)


@cache
def second_schedule() -> Program:
    """W + K of hash 2 for SECOND_WORDS; inputs `digest0`…`digest7`."""
    words = GraphWords()
    digest = [words.input(f"digest{index}", Depends.NONCE) for index in range(8)]
    schedule = message_schedule(words, [*digest, *padding(words, DIGEST_BYTES)])
    return lower([words.add(schedule[t], words.constant(K[t])) for t in SECOND_WORDS], three_operand_logic=False)


def job_words(job: Job, early: Sequence[int]) -> list[int]:
    """The words that the kernel reads as its `job`; `early`: the early values of `first_schedule`."""
    schedule = schedule_without_nonce(job.tail)
    pair_16 = [schedule[t] + K[t] & MASK for t in (16, 17)]
    return [filter_mask(job.target), *pair_16, *early, *job_rows(job, ISA)]


class VerticalSchedules:
    """See `decoupled_ir.Schedules`. Buffers: pairs of hash 1, its nonces, pairs of hash 2, its word 0; digests, e."""

    lanes = register_lanes = LANES
    slots = 6
    distances = DISTANCES
    move = "vmovdqa64"
    changes: tuple[int, Sequence[str]] = (VECTOR_REGISTERS, ("k1",))
    nonces = PAIR * len(FIRST_PAIRS)
    second_at = nonces + PAIR
    word_0_at = second_at + PAIR * len(SECOND_PAIRS)
    pairs_bytes = word_0_at + PAIR
    digests = 0
    e = 8 * WIDTH
    results_bytes = 10 * WIDTH
    initial_results: Mapping[int, int] = {}

    def __init__(self, clean: bool) -> None:
        """`clean`: no register that SHA instructions can reach is used in its whole width."""
        self.clean = clean
        self.constants = Constants(CONSTANTS)
        self.row_offset = 4 * (EARLY + len(first_schedule().early))
        # Those that SHA instructions cannot reach, and what the chains leave of the others.
        left = () if clean else range(2 * self.slots + 1, 16)
        self.registers: Sequence[str] = tuple(f"ymm{index}" for index in (*range(16, 32), *left))

    def preamble(self, chains: bool) -> list[str]:
        """See Schedules: a mask of the lanes of a and e, where a round's message word is added."""
        if not chains:
            return []
        mask = sum(1 << ISA.layout[0].index(name) for name in "ae")
        # LLVM's code for eight lanes leaves upper halves in use, too.
        cleared = ["vzeroupper"] if self.clean else []
        return [*cleared, f"kmovd k1, dword ptr [{CONSTANTS} + {self.constants.place(mask)}]"]

    def add_word(self, word: Memory, state: Memory, register: str) -> list[str]:
        """See Schedules."""
        return [
            f"vpbroadcastd xmm0 {{k1}} {{z}}, dword ptr {word.text(1)}",
            f"vpaddd {register}, xmm0, xmmword ptr {state.text(1)}",
        ]

    def store_digest(self, lane: int, registers: Sequence[str], results: str) -> list[str]:
        """See Schedules: rows of half a state, two nonces' (l and l + 4) beside each other."""
        rows = [Memory(results, self.row_of_half(lane % 4, half) + 16 * (lane // 4)) for half in range(2)]
        return [f"vmovdqa xmmword ptr {row.text(1)}, {register}" for row, register in zip(rows, registers, strict=True)]

    def row_of_half(self, row: int, half: int) -> int:
        """Where in the buffer of results a row of halves is."""
        return self.digests + (2 * row + half) * WIDTH

    def first_pair(self, t: int, lane: int) -> int | Memory:
        """See Schedules."""
        if t == 16:
            return Memory(JOB, 4 * PAIR_16)
        return _of_lane(FIRST_PAIRS.index(t), lane)

    def second_pair(self, t: int, lane: int) -> int | Memory:
        """See Schedules."""
        return self.second_at + _of_lane(SECOND_PAIRS.index(t), lane)

    def word_0(self, lane: int) -> int:
        """See Schedules."""
        return self.word_0_at + 4 * lane

    def instructions(self, first: str | None, second: tuple[str, str] | None) -> list[Instruction]:
        """See Schedules. Side by side, so that one has something to do while the other waits for a result."""
        stages = [self.first(first)] if first else []
        stages += [self.second(*second)] if second else []
        return paced(merged(*stages), PACE)

    def first(self, buffer: str) -> list[Instruction]:
        """Stage 1."""
        program = first_schedule()
        inputs: dict[Node, Operand] = {
            node: Memory(JOB, 4 * (EARLY + index), broadcast=True)
            for index, node in enumerate(program.early_inputs().values())
        }
        for node in program.nodes():
            if node.op is Op.INPUT and node.name == "nonce":
                inputs[node] = Value(Memory(buffer, self.nonces))
        words: dict[int, Node | int] = dict(zip(range(18, 64), program.outputs, strict=True))
        return self.schedule(program, inputs, words, FIRST_PAIRS, Memory(buffer, 0))

    def second(self, buffer: str, results: str) -> list[Instruction]:
        """Stage 3."""
        program = second_schedule()
        lines, digest = self.digest_vectors(results)
        inputs = {
            node: digest["abcdefgh"[int(node.name.removeprefix("digest"))]]
            for node in program.nodes()
            if node.op is Op.INPUT
        }
        lines.append(_store(digest["a"], Memory(buffer, self.word_0_at)))
        known = [0] * 8 + PADDING_2
        words: dict[int, Node | int] = {t: WORDS.add(known[t], K[t]) for t in range(8, 16)}
        words |= dict(zip(SECOND_WORDS, program.outputs, strict=True))
        return lines + self.schedule(program, inputs, words, SECOND_PAIRS, Memory(buffer, self.second_at))

    def digest_vectors(self, results: str) -> tuple[list[Instruction], dict[str, Operand]]:
        """A vector for each word of the digests: four rows of each half turn."""
        lines: list[Instruction] = []

        def unpack(mnemonic: str, x: Value, y: Value) -> Value:
            result = Value()
            lines.append(Instruction(mnemonic, Form.PLAIN, (x, y), result))
            return result

        out: dict[str, Operand] = {}
        for half, names in enumerate(ISA.layout):
            rows = [Value(Memory(results, self.row_of_half(row, half))) for row in range(4)]
            for at, which in ((0, "l"), (2, "h")):
                low = unpack(f"vpunpck{which}dq", rows[0], rows[1])
                high = unpack(f"vpunpck{which}dq", rows[2], rows[3])
                out[names[at]] = unpack("vpunpcklqdq", low, high)
                out[names[at + 1]] = unpack("vpunpckhqdq", low, high)
        return lines, out

    def schedule(
        self,
        program: Program,
        inputs: Mapping[Node, Operand],
        words: Mapping[int, Node | int],
        pairs: Iterable[int],
        base: Memory,
    ) -> list[Instruction]:
        """The program's operations in its own order; each pair is stored as soon as both its words are there."""
        values: dict[Node, Operand] = dict(inputs)
        operands: dict[int, Operand] = {t: self.constants.word(w) for t, w in words.items() if isinstance(w, int)}
        at = {node: t for t, node in words.items() if isinstance(node, Node)}
        place = {t: base.offset + PAIR * index for index, t in enumerate(pairs)}
        out: list[Instruction] = []

        def arrived(t: int) -> None:
            first = next((each for each in (t, t - 1) if each in place), None)
            if first is None or first not in operands or first + 1 not in operands:
                return
            for half, mnemonic in enumerate(("vpunpckldq", "vpunpckhdq")):
                pair = Value()
                out.append(Instruction(mnemonic, Form.PLAIN, (operands[first], operands[first + 1]), pair))
                out.append(_store(pair, Memory(base.base, place[first] + half * WIDTH)))

        for node in program.operations():
            out.append(select_one(node, values, self.constants))
            if node in at:
                operands[at[node]] = values[node]
                arrived(at[node])
        return out


def _store(value: Operand, target: Memory) -> Instruction:
    return Instruction("vmovdqa64", Form.STORE, (value,), target=target)


def _of_lane(pair: int, lane: int) -> int:
    # Unpacking leaves the pairs of lanes 0, 1, 4, 5 in one vector and those of 2, 3, 6, 7 in the next.
    block, within = divmod(lane, 4)
    return PAIR * pair + within // 2 * WIDTH + block * 16 + within % 2 * 8
