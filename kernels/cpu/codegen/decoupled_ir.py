"""Rounds and message schedules apart: the schedules of one batch are made while the rounds of another run.

`sha256rnds2` does two rounds at once, and a core can do little else for a hash that waits for the one
before; a message schedule needs no rounds. So the work on a batch is cut into five stages that run side by
side on different batches and hand on through buffers in the first cache:

    1 schedule of hash 1   → pairs W + K: two words of one nonce beside each other
    2 rounds of hash 1     a chain for each nonce (`chains`) → digests
    3 schedule of hash 2   → pairs W + K
    4 rounds of hash 2     a chain for each nonce → e after round 60
    5 H7                   in the loop (`skeleton`)

A pass works on all of them. What is written in a pass is read in the next one; where chains go on beyond
the end of a pass, it is kept for one more. So the buffers turn with the passes in two rings of two or three:

    pairs     0 written by 1 and 3    1 read by chains that begin    2 read by chains that go on
    results   0 written by chains that began in this pass   1 by those that go on   last: read by 3 and 5

A version-rolled kernel does stage 1 once a batch, into one of two buffers that the batch's prefixes share.

How schedules are made is another matter, and there are two ways (`Schedules`): `vertical_schedules`, a
vector of nonces for each word, and `horizontal_schedules`, by SHA instructions, four words of a nonce at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from ...graph.words import IntegerWords
from ...sha256.fips180 import INITIAL_STATE, K
from ..assembly.inline import inline_assembly
from ..assembly.instructions import Instruction, Memory
from ..assembly.registers import RegisterFile, allocate
from ..assembly.select import Constants
from .chains import STATE_BYTES, Chain, Slots, at_distances, in_slots, merged
from .sha_instructions import X86Sha
from .sha_rounds import MIDSTATE as MIDSTATE_QUAD
from .sha_rounds import PADDING_2, ROW_QUADS, in_registers, schedule_without_nonce, state_after
from .skeleton import Carried, Scan, nonce_words, scan_function

WORDS = IntegerWords()
ISA = X86Sha()
ALIGNED = 64

# What each machine register points to. A `before` is the one of the pass before.
JOB, CONSTANTS, SPILLS = "rdi", "rsi", "rdx"
PAIRS, RESULTS = ("r8", "r9", "r10"), ("r12", "r13", "r14")
ROW, ROW_BEFORE, SHARED, SHARED_BEFORE = "r11", "r15", "rcx", "rax"

# A prefix's row (`sha_rounds.job_rows`), in words; where in it is what, in bytes.
ROW_WORDS = 4 * ROW_QUADS
ROUND_4, MIDSTATE = 0, 16 * MIDSTATE_QUAD

# The kinds of vector operations, by instruction; moves, loads and stores are none.
KINDS = {
    **{f"sha256{name}": f"x86.sha256{name}" for name in ("rnds2", "msg1", "msg2")},
    **{"vpaddd": "add", "vpxord": "xor", "vpternlogd": "ternary", "vprord": "rotr", "vpsrld": "shr"},
    **dict.fromkeys(("vpunpckldq", "vpunpckhdq", "vpunpcklqdq", "vpunpckhqdq"), "shuffle"),
    **dict.fromkeys(("vpalignr", "vpshufd", "vpslldq", "vpblendw"), "shuffle"),
}


class Schedules(Protocol):
    """One way to make message schedules, and where in the buffers everything is.

    `registers`: those the schedules may have, of `register_lanes` words, copied by `move`; `changes`: how many
    vector registers the code changes, and which masks. Where in the job its rows begin: `row_offset`. In the
    buffer of pairs, `nonces`: word 3 of each nonce's hash 1; in the buffer of results, `e`. All in bytes.
    """

    constants: Constants
    lanes: int
    slots: int
    # Lines from one `sha256rnds2` to the next, by turns, in a plain and in a rolled kernel; none: evenly spread.
    distances: Mapping[bool, Sequence[int]]
    registers: Sequence[str]
    register_lanes: int
    move: str
    changes: tuple[int, Sequence[str]]
    row_offset: int
    nonces: int
    pairs_bytes: int
    e: int
    results_bytes: int
    # Words that stand in the buffer of results from the beginning, by their place.
    initial_results: Mapping[int, int]

    def preamble(self, chains: bool) -> list[str]:
        """Lines before all others of a pass (`chains`), or of what a batch of a rolled kernel shares."""
        ...

    def instructions(self, first: str | None, second: tuple[str, str] | None) -> list[Instruction]:
        """Stage 1, from and to this buffer of pairs, and stage 3, to this one from these results; in their order."""
        ...

    def first_pair(self, t: int, lane: int) -> int | Memory:
        """Where W[t] + K[t] and the next of hash 1 are in the buffer (or elsewhere)."""
        ...

    def second_pair(self, t: int, lane: int) -> int | Memory:
        """The same of hash 2."""
        ...

    def word_0(self, lane: int) -> int:
        """Where in the buffer of pairs the first word of hash 2 is."""
        ...

    def add_word(self, word: Memory, state: Memory, register: str) -> list[str]:
        """Lines that add a message word to a and e of a register's half of the state."""
        ...

    def store_digest(self, lane: int, registers: Sequence[str], results: str) -> list[str]:
        """Lines that leave a digest's two halves where stage 3 expects them."""
        ...


def emit(name: str, schedules: Schedules, attributes: str, rolled: bool) -> str:
    """The LLVM IR module. A `rolled` kernel loops over the job's prefixes; a plain one takes exactly one."""
    pipeline = _Pipeline(schedules, rolled)
    lanes, vector = schedules.lanes, f"<{schedules.lanes} x i32>"
    lines, spills = pipeline.body()
    pointers = {JOB: "%job", CONSTANTS: "@constants", SPILLS: "%spills"}
    shared_pointers = pointers | {SHARED: "%shared"}
    for name_of, registers in (("pairs", PAIRS), ("results", RESULTS)):
        pointers |= {registers[age]: f"%{name_of}{age}" for age in range(pipeline.turns)}
    if rolled:
        pointers |= {ROW: "%row", ROW_BEFORE: "%row.before", SHARED: "%shared", SHARED_BEFORE: "%shared.before"}
    nonces = f"""\
{nonce_words(lanes)}
  %nonces.at = getelementptr i8, ptr {"%shared" if rolled else "%pairs0"}, i64 {schedules.nonces}
  store {vector} %nonce, ptr %nonces.at, align 16"""
    shared = ""
    if rolled:
        shared_lines, shared_spills = pipeline.shared()
        spills = max(spills, shared_spills)
        shared = f"""\
  %odd = and i32 %i, 1
  %odd.wide = zext i32 %odd to i64
  %shared = getelementptr [{schedules.pairs_bytes} x i8], ptr %shared.room, i64 %odd.wide
{nonces}
{inline_assembly(shared_lines, shared_pointers, *schedules.changes)}"""
    return scan_function(
        Scan(
            name=name,
            lanes=lanes,
            rolled=rolled,
            attributes=attributes,
            body=f"""\
{"" if rolled else nonces}
{inline_assembly(lines, pointers, *schedules.changes)}
  %e.at = getelementptr i8, ptr %results{pipeline.turns - 1}, i64 {schedules.e}
  %e = load {vector}, ptr %e.at, align 16
  %h7 = add {vector} %e, splat (i32 {INITIAL_STATE[7]})""",
            h7="%h7",
            entry=pipeline.rooms(spills),
            shared=shared,
            globals=schedules.constants.declaration("constants"),
            declarations=["declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"],
            row_words=ROW_WORDS,
            # Two stages of rounds and two of schedules, each read `turns` or one pass later.
            delay=2 * pipeline.turns - rolled,
            carried=pipeline.carried(),
        )
    )


def operation_counts(schedules: Schedules, rolled: bool) -> tuple[Counter[str], Counter[str]]:
    """The vector operations in the code of a pass, by kind, and of what all prefixes of a rolled job share."""
    pipeline = _Pipeline(schedules, rolled)
    lines = pipeline.body()[0], pipeline.shared()[0] if rolled else []
    own, shared = (Counter(KINDS[line.split()[0]] for line in part if line.split()[0] in KINDS) for part in lines)
    return own, shared


class _Pipeline:
    """The stages of a pass."""

    def __init__(self, schedules: Schedules, rolled: bool) -> None:
        self.schedules = schedules
        self.rolled = rolled
        # Hash 1 of a rolled kernel has the buffers of its batch, hash 2 those of its pass.
        self.first_pairs = (SHARED, SHARED_BEFORE) if rolled else PAIRS[1:]
        self.rows = (ROW, ROW_BEFORE) if rolled else (JOB, JOB)
        chains = [
            chain for lane in range(schedules.lanes) for chain in (self.first_chain(lane), self.second_chain(lane))
        ]
        self.rounds: Slots = in_slots(chains, schedules.slots, Memory(SPILLS, 0))
        self.turns = 3 if self.rounds.after else 2
        self.first_spill = STATE_BYTES * (schedules.slots + 1)

    def body(self) -> tuple[list[str], int]:
        """The lines of a pass, and the bytes of the room for what waits and what is spilled."""
        first = None if self.rolled else PAIRS[0]
        lines, spills = self.allocated(first, (PAIRS[0], RESULTS[self.turns - 1]))
        rounds = self.rounds
        preamble = self.schedules.preamble(chains=True)
        distances = self.schedules.distances.get(self.rolled)
        if distances:
            mixed = at_distances(lines, rounds.steps, distances)
        else:
            mixed = [line for lines_of_one in merged(lines, rounds.steps) for line in lines_of_one]
        return [*preamble, *rounds.before, *mixed, *rounds.after], spills

    def shared(self) -> tuple[list[str], int]:
        """The lines of a batch of a rolled kernel: stage 1."""
        lines, spills = self.allocated(SHARED, None)
        preamble = self.schedules.preamble(chains=False)
        return [*preamble, *(line for lines_of_one in lines for line in lines_of_one)], spills

    def allocated(self, first: str | None, second: tuple[str, str] | None) -> tuple[list[list[str]], int]:
        schedules = self.schedules
        file = RegisterFile(
            schedules.registers, schedules.register_lanes, schedules.move, SPILLS, -(-self.first_spill // 64) * 64
        )
        allocated = allocate(schedules.instructions(first, second), file)
        return allocated.lines, file.first_spill + allocated.spills * file.width

    def rooms(self, spills: int) -> str:
        """The buffers."""
        schedules = self.schedules
        rooms = {
            "spills": spills,
            "pairs.room": self.turns * schedules.pairs_bytes,
            "results.room": self.turns * schedules.results_bytes,
        }
        if self.rolled:
            rooms["shared.room"] = 2 * schedules.pairs_bytes
        lines = []
        for name, size in rooms.items():
            lines.append(f"  %{name} = alloca [{size} x i8], align {ALIGNED}")
            # What the first passes read of it counts for nothing; but it is ours.
            lines.append(f"  call void @llvm.memset.p0.i64(ptr %{name}, i8 0, i64 {size}, i1 false)")
        for name, size in (("pairs", schedules.pairs_bytes), ("results", schedules.results_bytes)):
            for age in range(1, self.turns):
                lines.append(f"  %{name}.{age} = getelementptr i8, ptr %{name}.room, i64 {age * size}")
        for age in range(self.turns):
            place = f"%results.{age}" if age else "%results.room"
            for number, (offset, word) in enumerate(schedules.initial_results.items()):
                lines.append(f"  %initial.{age}.{number} = getelementptr i8, ptr {place}, i64 {offset}")
                lines.append(f"  store i32 {word}, ptr %initial.{age}.{number}, align 4")
        return "\n".join(lines)

    def carried(self) -> list[Carried]:
        """What was written last is read next; the oldest is written anew."""
        out = []
        for name in ("pairs", "results"):
            for age in range(self.turns):
                place = f"%{name}.{age}" if age else f"%{name}.room"
                out.append(Carried(f"{name}{age}", "ptr", place, f"%{name}{(age - 1) % self.turns}"))
        if self.rolled:
            out.append(Carried("row.before", "ptr", "%job", "%row"))
            out.append(Carried("shared.before", "ptr", "%shared.room", "%shared"))
        return out

    def first_chain(self, lane: int) -> Chain:
        schedules = self.schedules
        known = schedule_without_nonce([0, 0, 0])
        nonce = Memory(self.first_pairs[0], schedules.nonces + 4 * lane)
        row = schedules.row_offset

        def pair(step: int, late: bool) -> Memory:
            t = 4 + 2 * step
            # W16 and W17 are the job's; what is before them is padding.
            place = schedules.first_pair(t, lane) if t >= 16 else self.known_pair(known, t)
            return place if isinstance(place, Memory) else Memory(self.first_pairs[late], place)

        def begin(first: str, second: str) -> list[str]:
            state = Memory(self.rows[0], row + ROUND_4)
            rest = Memory(self.rows[0], row + ROUND_4 + 16)
            return [*schedules.add_word(nonce, state, first), f"vmovdqu {second}, xmmword ptr {rest.text(1)}"]

        def end(first: str, second: str, late: bool) -> list[str]:
            lines = []
            for half, register in enumerate((first, second)):
                midstate = Memory(self.rows[late], row + MIDSTATE + 16 * half)
                lines.append(f"vpaddd {register}, {register}, xmmword ptr {midstate.text(1)}")
            return lines + schedules.store_digest(lane, (first, second), RESULTS[late])

        return Chain(begin, pair, end)

    def second_chain(self, lane: int) -> Chain:
        schedules, constants = self.schedules, self.schedules.constants
        known = [0] * 8 + PADDING_2
        start = in_registers(ISA, state_after(INITIAL_STATE, [0]))
        halves = [Memory(CONSTANTS, constants.place(*start[at : at + 4])) for at in (0, 4)]
        word_0 = Memory(PAIRS[1], schedules.word_0(lane))

        def pair(step: int, late: bool) -> Memory:
            t = 1 + 2 * step
            place = self.known_pair(known, t) if 8 < t < 15 else schedules.second_pair(t, lane)
            return place if isinstance(place, Memory) else Memory(PAIRS[1 + late], place)

        def begin(first: str, second: str) -> list[str]:
            return [
                *schedules.add_word(word_0, halves[0], first),
                f"vmovdqa {second}, xmmword ptr {halves[1].text(1)}",
            ]

        def end(first: str, second: str, late: bool) -> list[str]:
            place = Memory(RESULTS[late], schedules.e + 4 * lane)
            return [f"vpextrd dword ptr {place.text(1)}, {first}, {ISA.layout[0].index('e')}"]

        return Chain(begin, pair, end)

    def known_pair(self, known: Sequence[int], t: int) -> Memory:
        pair = [WORDS.add(known[u], K[u]) for u in (t, t + 1)]
        return Memory(CONSTANTS, self.schedules.constants.place(*pair))
