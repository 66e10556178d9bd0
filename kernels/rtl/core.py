"""A SHA-256d core that hashes one nonce every `passes` clocks, from the description in `sha256.fips180`.

Two pipelines stand one behind the other: the header's second block, and the hash of that hash. Each
has `stages` rounds in hardware, and a nonce stays `passes` clocks in a stage, doing one round a
clock; then all nonces move one stage on. With 61 stages every nonce moves every clock.

A mining core computes the 61 rounds that a nonce and the last digest word need: the first three
rounds of the header's block are the host's (`job.py`), and the second hash ends after round 60,
because its last digest word is known there. A full core computes all 64 and all eight words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Signal

from ..sha256.fips180 import INITIAL_STATE, K, next_message_word, padding, small_sigma_0
from ..sha256.mining import DIGEST_BYTES, HEADER_BYTES
from .job import DIGEST_WORDS, STATE_WORDS, starting_state
from .pipeline import Occupied, Pipeline
from .rounds import CompactRounds, Rounds, SkewedRounds
from .shape import Shape
from .words import WORD_BITS, HardwareWords, Value, Word

# In the second hash the last digest word is this one plus e, three rounds early.
LAST_WORD = 7


@dataclass(frozen=True)
class Core:
    """A core's Amaranth module and its ports, by name, besides `clk` and `rst`.

    in: `job_word`, `job_shift`: a word of `job.core_job` is taken in each clock in which `job_shift` is 1.
    `run`: count nonces and hash them; while it is 0 counting begins anew at the job's first nonce.
    out: `done`: `digest` holds the hash of the header with `result_nonce` (all eight words of it in a full
    core, word 0 first, the last word alone in a mining core). `found`: and its last word is 0.
    """

    shape: Shape
    module: Module
    ports: dict[str, Value]


@dataclass(frozen=True)
class JobWords:
    """The words the host shifted in, as `job.core_job` lists them."""

    state: Sequence[Word]
    x: Word
    midstate: Sequence[Word]
    message: Sequence[Word]
    start_nonce: Value


def build_core(shape: Shape) -> Core:
    """The core of a shape."""
    m = Module()
    w = HardwareWords(m, shape.adder)
    rounds: Rounds = SkewedRounds(w) if shape.skewed else CompactRounds(w)
    ports = {
        "job_word": Signal(WORD_BITS, name="job_word"),
        "job_shift": Signal(name="job_shift"),
        "run": Signal(name="run"),
        "done": Signal(name="done"),
        "found": Signal(name="found"),
        "result_nonce": Signal(WORD_BITS, name="result_nonce", reset_less=True),
        "digest": Signal(WORD_BITS * (DIGEST_WORDS if shape.full else 1), name="digest"),
    }
    job = _job_register(m, w, shape, ports)
    first = Pipeline(m, w, shape, "first", phase_at_reset=0)
    # A nonce leaves the first pipeline, is added to the midstate, and enters the second one two clocks later.
    second = Pipeline(m, w, shape, "second", phase_at_reset=-2 - shape.last_passes)

    nonce = _counter(m, "nonce", job, ports["run"], first.load)
    header = first.build(rounds, Occupied(_header_start(w, rounds, shape, job, nonce), ports["run"]), shape.first_round)
    message, valid = _between(m, w, rounds, job, header)
    last = second.build(rounds, Occupied(_digest_start(w, rounds, shape, message), valid), 0)
    _finish(m, w, rounds, shape, job, ports, second, last)
    return Core(shape, m, ports)


def _job_register(m: Module, w: HardwareWords, shape: Shape, ports: dict[str, Value]) -> JobWords:
    """A register a word; all move on by one when a word comes in."""
    words = STATE_WORDS + 1 + DIGEST_WORDS + (3 if shape.full else 4) + 1
    registers = [Signal(WORD_BITS, name=f"job{index}", reset_less=True) for index in range(words)]
    with m.If(ports["job_shift"]):
        m.d.sync += [
            register.eq(source) for register, source in zip(registers, [*registers[1:], ports["job_word"]], strict=True)
        ]
    known = [w.word(register) for register in registers]
    middle = STATE_WORDS + 1 + DIGEST_WORDS
    return JobWords(
        known[:STATE_WORDS], known[STATE_WORDS], known[STATE_WORDS + 1 : middle], known[middle:-1], registers[-1]
    )


def _counter(m: Module, name: str, job: JobWords, run: Value, step: Value) -> Value:
    count = Signal(WORD_BITS, name=name, reset_less=True)
    m.d.sync += count.eq(Mux(run, count + step, job.start_nonce))
    return count


def _header_start(w: HardwareWords, rounds: Rounds, shape: Shape, job: JobWords, count: Value) -> dict[str, Word]:
    """The first pipeline's registers before its first round: a header's second block with the counted nonce."""
    nonce = w.word(Cat(*(count[shift : shift + 8] for shift in (24, 16, 8, 0))))
    block = [w.constant(0)] * 3 + [nonce, *padding(w, HEADER_BYTES)]
    if shape.full:
        block[:3] = job.message
        return dict(rounds.start(job.state, job.x, [*block[1:], next_message_word(w, block)]))
    w16, w17, before_18, before_19 = job.message
    window = [*block[4:], w16, w17, w.add(before_18, small_sigma_0(w, nonce)), w.add(before_19, nonce)]
    return dict(rounds.start(job.state, w.add(job.x, nonce), window))


def _between(m: Module, w: HardwareWords, rounds: Rounds, job: JobWords, header: Occupied) -> tuple[list[Word], Value]:
    """A register for the first hash: the midstate plus what the rounds have made of it."""
    message = []
    for index, (before, after) in enumerate(zip(job.midstate, rounds.state(header.registers), strict=True)):
        signal = Signal(WORD_BITS, name=f"between{index}", reset_less=True)
        m.d.sync += signal.eq(w.value(w.add(before, after)))
        message.append(w.word(signal))
    valid = Signal(name="between_valid")
    m.d.sync += valid.eq(header.valid)
    return message, valid


def _digest_start(w: HardwareWords, rounds: Rounds, shape: Shape, message: Sequence[Word]) -> dict[str, Word]:
    """The second pipeline's registers before its first round."""
    block = [*message, *padding(w, DIGEST_BYTES)]
    state = [w.constant(value) for value in starting_state(shape, INITIAL_STATE)]
    x = w.add(w.constant(INITIAL_STATE[7]), w.constant(K[0]), block[0])
    return dict(rounds.start(state, x, [*block[1:], next_message_word(w, block)]))


def _finish(
    m: Module,
    w: HardwareWords,
    rounds: Rounds,
    shape: Shape,
    job: JobWords,
    ports: dict[str, Value],
    second: Pipeline,
    last: Occupied,
) -> None:
    fresh = Signal(name="fresh")
    m.d.sync += fresh.eq(second.finished)
    m.d.comb += ports["done"].eq(fresh & last.valid)
    result = ports["result_nonce"]
    m.d.sync += result.eq(Mux(ports["run"], result + ports["done"], job.start_nonce))
    if shape.full:
        state = rounds.state(last.registers)
        words = [w.value(w.add(w.constant(before), after)) for before, after in zip(INITIAL_STATE, state, strict=True)]
        m.d.comb += ports["found"].eq(ports["done"] & (words[LAST_WORD] == 0))
        m.d.comb += ports["digest"].eq(Cat(*words))
        return
    before = INITIAL_STATE[LAST_WORD]
    e = w.value(last.registers["e"])
    # Compared before it is added to: the same test, without waiting for the sum.
    m.d.comb += ports["found"].eq(ports["done"] & (e == Const(-before % (1 << WORD_BITS), WORD_BITS)))
    m.d.comb += ports["digest"].eq(w.value(w.add(w.constant(before), w.word(e))))
