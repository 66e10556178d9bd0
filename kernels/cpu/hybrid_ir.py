"""The vertical hybrid: vector registers compute the message schedules, SHA instructions do the rounds.

`sha256rnds2` does two rounds at once, but its schedule instructions cost as much again; vectors compute
eight nonces' schedules at once, but rounds are most of a hash. So each does what it is best at, in
five stages that run side by side on different batches and hand on through buffers in the first cache:

    1 schedule of hash 1  8 nonces a vector     → pairs W + K, a pair of words of one nonce beside each other
    2 rounds of hash 1    a chain for each nonce → digests
    3 schedule of hash 2  digests turned to vectors → pairs W + K
    4 rounds of hash 2    a chain for each nonce → e after round 60
    5 H7                  in the loop (`skeleton`)

A pass works on all of them. A chain may end in the pass after the one it began in (`chains`), so what it
reads is kept for two passes after the one that wrote it: two rings of three buffers turn with the passes.

    pairs    0 written by 1 and 3   1 read by chains that begin      2 read by chains that go on
    results  0 written by chains that began in this pass   1 by those that go on   2 read by 3 and 5

A version-rolled kernel does stage 1 once a batch, into one of two buffers that the batch's prefixes
share. The chains have xmm1–12, the vectors the other registers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ..job import Job
from ..sha256.fips180 import INITIAL_STATE, MASK, IntegerWords, K, message_schedule, padding
from ..sha256.graph import Depends, GraphWords, Node, Op
from ..sha256.lower import XOR3, Program, lower
from ..sha256.mining import DIGEST_BYTES, HEADER_BYTES
from ..target import filter_mask
from .assembly.inline import VECTOR_REGISTERS, inline_assembly
from .assembly.instructions import Form, Instruction, Memory, Operand, Value
from .assembly.registers import RegisterFile, allocate
from .assembly.select import Constants, select_one
from .chains import STATE_BYTES, Chain, in_slots, merged
from .sha_instructions import X86Sha
from .sha_rounds import in_registers, schedule_without_nonce, state_after
from .skeleton import Carried, Scan, nonce_words, scan_function

LANES = 8
WIDTH = 4 * LANES
SLOTS = 6
WORDS = IntegerWords()
ISA = X86Sha()

# The words W of each hash that the vectors compute, as pairs (t, t + 1), by t. Hash 1: W16 and W17 are the
# job's, those before are constants (or the nonce). Hash 2: W8…W15 are padding, but W8 and W15 share a pair.
FIRST_PAIRS = range(18, 64, 2)
SECOND_PAIRS = (1, 3, 5, 7, *range(15, 61, 2))

# The job's words: the filter mask, W16 + K16 and W17 + K17, then what the schedule knows early; and a row for each
# prefix: the state after round 3 for nonce 0, and the midstate, each in two quads.
PAIR_16 = 1
EARLY = 3
ROW_WORDS = 16

# What each machine register points to. A `before` is the one of the pass before.
JOB, CONSTANTS, SPILLS = "rdi", "rsi", "rdx"
PAIRS, RESULTS = ("r8", "r9", "r10"), ("r12", "r13", "r14")
ROW, ROW_BEFORE, SHARED, SHARED_BEFORE = "r11", "r15", "rcx", "rax"


@dataclass(frozen=True)
class Layout:
    """Byte offsets in the buffers: pairs of hash 1, its word 3, pairs of hash 2, its word 0; digests, e."""

    first: int = 0
    nonces: int = len(FIRST_PAIRS) * 2 * WIDTH
    second: int = len(FIRST_PAIRS) * 2 * WIDTH + 2 * WIDTH
    word_0: int = (len(FIRST_PAIRS) + len(SECOND_PAIRS)) * 2 * WIDTH + 2 * WIDTH
    pairs_bytes: int = (len(FIRST_PAIRS) + len(SECOND_PAIRS)) * 2 * WIDTH + 4 * WIDTH
    digests: int = 0
    e: int = 8 * WIDTH
    results_bytes: int = 10 * WIDTH


AT = Layout()


@cache
def first_schedule() -> Program:
    """W + K of hash 1 from t = 18 on; inputs `tail0`…`tail2`, `nonce`."""
    words = GraphWords()
    tail = [words.input(f"tail{index}", Depends.TAIL) for index in range(3)]
    nonce = words.input("nonce", Depends.NONCE)
    schedule = message_schedule(words, [*tail, nonce, *padding(words, HEADER_BYTES)])
    return lower([words.add(schedule[t], words.constant(K[t])) for t in range(18, 64)], True, True)


@cache
def second_schedule() -> Program:
    """W + K of hash 2 for the words that are in SECOND_PAIRS and no constants; inputs `digest0`…`digest7`."""
    words = GraphWords()
    digest = [words.input(f"digest{index}", Depends.NONCE) for index in range(8)]
    schedule = message_schedule(words, [*digest, *padding(words, DIGEST_BYTES)])
    return lower([words.add(schedule[t], words.constant(K[t])) for t in _second_words()], True, True)


def _second_words() -> list[int]:
    return [t for pair in SECOND_PAIRS for t in (pair, pair + 1) if not 8 <= t < 16]


def job_words(job: Job) -> list[int]:
    """The words that the kernel reads as its `job`."""
    schedule = schedule_without_nonce(job.tail)
    early = first_schedule().early_values({f"tail{index}": word for index, word in enumerate(job.tail)})
    words = [filter_mask(job.target), *(schedule[t] + K[t] & MASK for t in (16, 17)), *early]
    for midstate in job.midstates:
        words += in_registers(ISA, state_after(midstate, schedule[:4]))
        words += in_registers(ISA, midstate)
    return words


def emit(name: str, attributes: str, rolled: bool) -> str:
    """The LLVM IR module. A `rolled` kernel loops over the job's prefixes; a plain one takes exactly one."""
    constants = Constants(CONSTANTS)
    writer = _Writer(constants, rolled)
    first, second = writer.first_schedule(), writer.second_schedule()
    rounds = in_slots(writer.chains(), SLOTS, Memory(SPILLS, 0))
    first_spill = STATE_BYTES * (SLOTS + 1)
    names = [f"ymm{index}" for index in (*range(16, VECTOR_REGISTERS), *range(2 * SLOTS + 1, 16))]
    file = RegisterFile(names, LANES, spills=SPILLS, first_spill=first_spill)
    # Apart, the two schedules need fewer registers than side by side.
    allocated = allocate(second if rolled else [*first, *second], file)
    body = [*writer.preamble(), *rounds.before, *merged(allocated.lines, rounds.steps), *rounds.after]
    own_schedule = allocate(first, file)

    pointers = {JOB: "%job", CONSTANTS: "@constants", SPILLS: "%spills"}
    pointers |= {register: f"%pairs{age}" for age, register in enumerate(PAIRS)}
    pointers |= {register: f"%results{age}" for age, register in enumerate(RESULTS)}
    if rolled:
        pointers |= {ROW: "%row", ROW_BEFORE: "%row.before", SHARED: "%shared", SHARED_BEFORE: "%shared.before"}
    shared_pointers = {JOB: "%job", CONSTANTS: "@constants", SPILLS: "%spills", SHARED: "%shared"}
    run = inline_assembly(body, pointers, VECTOR_REGISTERS, masks=["k1"])
    vector = f"<{LANES} x i32>"
    schedule_buffer = "%shared" if rolled else "%pairs0"
    nonces = f"""\
{nonce_words(LANES)}
  %nonces.at = getelementptr i8, ptr {schedule_buffer}, i64 {AT.nonces}
  store {vector} %nonce, ptr %nonces.at, align {WIDTH}"""
    shared = ""
    if rolled:
        shared_lines = (line for lines in own_schedule.lines for line in lines)
        shared = f"""\
  %odd = and i32 %i, 1
  %odd.wide = zext i32 %odd to i64
  %shared = getelementptr [{AT.pairs_bytes} x i8], ptr %shared.room, i64 %odd.wide
{nonces}
{inline_assembly(shared_lines, shared_pointers, VECTOR_REGISTERS)}"""
    spills = max(allocated.spills, own_schedule.spills) * WIDTH + first_spill
    return scan_function(
        Scan(
            name=name,
            lanes=LANES,
            rolled=rolled,
            attributes=attributes,
            body=f"""\
{"" if rolled else nonces}
{run}
  %e.at = getelementptr i8, ptr %results2, i64 {AT.e}
  %e = load {vector}, ptr %e.at, align {WIDTH}
  %h7 = add {vector} %e, splat (i32 {INITIAL_STATE[7]})""",
            h7="%h7",
            entry=_rooms(spills, rolled),
            shared=shared,
            globals=constants.declaration("constants"),
            row_words=ROW_WORDS,
            delay=5 if rolled else 6,
            carried=_carried(rolled),
        )
    )


def _rooms(spills: int, rolled: bool) -> str:
    rooms = {"spills": spills, "pairs.room": 3 * AT.pairs_bytes, "results.room": 3 * AT.results_bytes}
    if rolled:
        rooms["shared.room"] = 2 * AT.pairs_bytes
    lines = []
    for name, size in rooms.items():
        lines.append(f"  %{name} = alloca [{size} x i8], align 64")
        # What the first passes read of it counts for nothing; but it is ours.
        lines.append(f"  call void @llvm.memset.p0.i64(ptr %{name}, i8 0, i64 {size}, i1 false)")
    for name, size in (("pairs", AT.pairs_bytes), ("results", AT.results_bytes)):
        for age in (1, 2):
            lines.append(f"  %{name}.{age} = getelementptr i8, ptr %{name}.room, i64 {age * size}")
    return "\n".join(lines)


def _carried(rolled: bool) -> list[Carried]:
    # What was written last is read next; the oldest is written anew.
    out = [
        Carried(f"{name}{age}", "ptr", f"%{name}.{age}" if age else f"%{name}.room", f"%{name}{(age + 2) % 3}")
        for name in ("pairs", "results")
        for age in range(3)
    ]
    if rolled:
        out += [
            Carried("row.before", "ptr", "%job", "%row"),
            Carried("shared.before", "ptr", "%shared.room", "%shared"),
        ]
    return out


class _Writer:
    """Writes the stages."""

    def __init__(self, constants: Constants, rolled: bool) -> None:
        self.constants = constants
        self.rolled = rolled
        self.row_bytes = 4 * (EARLY + len(first_schedule().early))
        # Hash 1 of a rolled kernel has the buffers of its batch, hash 2 those of its pass.
        self.first_pairs = (SHARED, SHARED_BEFORE) if rolled else PAIRS[1:]
        self.rows = (ROW, ROW_BEFORE) if rolled else (JOB, JOB)

    def preamble(self) -> list[str]:
        # The lanes of a and e, where a round's message word is added.
        mask = sum(1 << ISA.layout[0].index(name) for name in "ae")
        return [f"kmovd k1, dword ptr [{CONSTANTS} + {self.constants.place(mask)}]"]

    def first_schedule(self) -> list[Instruction]:
        program = first_schedule()
        buffer = SHARED if self.rolled else PAIRS[0]
        inputs: dict[Node, Operand] = {
            node: Memory(JOB, 4 * (EARLY + index), broadcast=True)
            for index, node in enumerate(program.early_inputs().values())
        }
        for node in program.nodes():
            if node.op is Op.INPUT and node.name == "nonce":
                inputs[node] = Value(Memory(buffer, AT.nonces))
        words: dict[int, Node | int] = dict(zip(range(18, 64), program.outputs, strict=True))
        return self.schedule(program, inputs, words, FIRST_PAIRS, Memory(buffer, AT.first))

    def second_schedule(self) -> list[Instruction]:
        program = second_schedule()
        lines, digest = self.digest_vectors()
        inputs = {
            node: digest["abcdefgh"[int(node.name.removeprefix("digest"))]]
            for node in program.nodes()
            if node.op is Op.INPUT
        }
        lines.append(_store(digest["a"], Memory(PAIRS[0], AT.word_0)))
        known = [0] * 8 + padding(WORDS, DIGEST_BYTES)
        words: dict[int, Node | int] = {t: WORDS.add(known[t], K[t]) for t in range(8, 16)}
        words |= dict(zip(_second_words(), program.outputs, strict=True))
        return lines + self.schedule(program, inputs, words, SECOND_PAIRS, Memory(PAIRS[0], AT.second))

    def digest_vectors(self) -> tuple[list[Instruction], dict[str, Operand]]:
        # The chains leave rows of half a state, two nonces' (l and l + 4) beside each other: four by four, they turn.
        lines: list[Instruction] = []

        def unpack(mnemonic: str, x: Value, y: Value) -> Value:
            result = Value()
            lines.append(Instruction(mnemonic, Form.PLAIN, (x, y), result))
            return result

        out: dict[str, Operand] = {}
        for half, names in enumerate(ISA.layout):
            rows = [Value(Memory(RESULTS[2], AT.digests + (2 * row + half) * WIDTH)) for row in range(4)]
            for which, (x, y) in (("l", names[:2]), ("h", names[2:])):
                low = unpack(f"vpunpck{which}dq", rows[0], rows[1])
                high = unpack(f"vpunpck{which}dq", rows[2], rows[3])
                out[x], out[y] = unpack("vpunpcklqdq", low, high), unpack("vpunpckhqdq", low, high)
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
        place = {t: base.offset + 2 * WIDTH * index for index, t in enumerate(pairs)}
        out: list[Instruction] = []

        def arrived(t: int) -> None:
            first = next((each for each in (t, t - 1) if each in place), None)
            if first is None or first not in operands or first + 1 not in operands:
                return
            for half, mnemonic in enumerate(("vpunpckldq", "vpunpckhdq")):
                pair = Value()
                out.append(Instruction(mnemonic, Form.PLAIN, (operands[first], operands[first + 1]), pair))
                out.append(_store(pair, Memory(base.base, place[first] + half * WIDTH)))

        ternaries = 0
        for node in program.operations():
            ternaries += node.op is Op.TERNARY
            # Ternary logic reads three registers, and there are not enough ports to read them: every second one
            # is better done as two (AMD Zen 4: 1 to 2 % of the whole).
            out += select_one(node, values, self.constants, split=node.op is Op.TERNARY and ternaries % 2 == 0)
            if node in at:
                operands[at[node]] = values[node]
                arrived(at[node])
        return out

    def chains(self) -> list[Chain]:
        return [chain for lane in range(LANES) for chain in (self.first_chain(lane), self.second_chain(lane))]

    def first_chain(self, lane: int) -> Chain:
        known = schedule_without_nonce([0, 0, 0])
        nonce = Memory(self.first_pairs[0], AT.nonces + 4 * lane)
        start = self.row_bytes

        def pair(step: int, late: bool) -> Memory:
            t = 4 + 2 * step
            if t < 16:
                return self.known_pair(known, t)
            if t == 16:
                return Memory(JOB, 4 * PAIR_16)
            return Memory(self.first_pairs[late], AT.first + _of_lane(FIRST_PAIRS.index(t), lane))

        def begin(first: str, second: str) -> list[str]:
            row = self.rows[0]
            return [
                *self.add_word(nonce, f"[{row} + {start}]", first),
                f"vmovdqu {second}, xmmword ptr [{row} + {start + 16}]",
            ]

        def end(first: str, second: str, late: bool) -> list[str]:
            lines = []
            for half, register in enumerate((first, second)):
                offset = AT.digests + (2 * (lane % 4) + half) * WIDTH + 16 * (lane // 4)
                midstate = f"[{self.rows[late]} + {start + 32 + 16 * half}]"
                lines.append(f"vpaddd {register}, {register}, xmmword ptr {midstate}")
                lines.append(f"vmovdqa xmmword ptr [{RESULTS[late]} + {offset}], {register}")
            return lines

        return Chain(begin, pair, end)

    def second_chain(self, lane: int) -> Chain:
        known = [0] * 8 + padding(WORDS, DIGEST_BYTES)
        start = in_registers(ISA, state_after(INITIAL_STATE, [0]))
        halves = [self.constants.place(*start[at : at + 4]) for at in (0, 4)]
        word_0 = Memory(PAIRS[1], AT.word_0 + 4 * lane)

        def pair(step: int, late: bool) -> Memory:
            t = 1 + 2 * step
            if t not in SECOND_PAIRS:
                return self.known_pair(known, t)
            return Memory(PAIRS[1 + late], AT.second + _of_lane(SECOND_PAIRS.index(t), lane))

        def begin(first: str, second: str) -> list[str]:
            return [
                *self.add_word(word_0, f"[{CONSTANTS} + {halves[0]}]", first),
                f"vmovdqa {second}, xmmword ptr [{CONSTANTS} + {halves[1]}]",
            ]

        def end(first: str, second: str, late: bool) -> list[str]:
            e = ISA.layout[0].index("e")
            return [f"vpextrd dword ptr [{RESULTS[late]} + {AT.e + 4 * lane}], {first}, {e}"]

        return Chain(begin, pair, end)

    def known_pair(self, known: Sequence[int], t: int) -> Memory:
        return Memory(CONSTANTS, self.constants.place(WORDS.add(known[t], K[t]), WORDS.add(known[t + 1], K[t + 1])))

    def add_word(self, word: Memory, state: str, register: str) -> list[str]:
        return [
            f"vpbroadcastd xmm0 {{k1}} {{z}}, dword ptr {word.text(1)}",
            f"vpaddd {register}, xmm0, xmmword ptr {state}",
        ]


def _store(value: Operand, target: Memory) -> Instruction:
    return Instruction("vmovdqa64", Form.STORE, (value,), target=target)


def _of_lane(pair: int, lane: int) -> int:
    # Unpacking leaves the pairs of lanes 0, 1, 4, 5 in one vector and those of 2, 3, 6, 7 in the next.
    block, within = divmod(lane, 4)
    return 2 * WIDTH * pair + within // 2 * WIDTH + block * 16 + within % 2 * 8
