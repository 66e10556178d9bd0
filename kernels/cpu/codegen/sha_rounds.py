"""SHA-256d of a header with SHA instructions: what is known before the nonce, and the steps that are left.

The instructions fix the grain, groups of four message words, so what a miner saves is saved by the group.
All values known early come from running the description (`fips180`) on integers with nonce 0:

* **First hash.** The nonce is W3. Rounds 0–3 only add it to a and e, so 15 of 16 groups of rounds remain.
  W16…W19 depend on it through σ₀(W3) and W3 alone, which is half a step of the schedule; the early parts
  of W20…W27 are constants, and that of W28…W31 belongs to the job.
* **Second hash.** H7 is e after round 60 plus a constant. Round 0 only adds W0 to a and e, too, and where
  groups start at round 1 the other 60 rounds are just 15 groups, W1…W4 to W57…W60.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from ...graph.words import IntegerWords
from ...headers.job import HEADER_BYTES, Job
from ...headers.midstate import WORTH_AN_ARRAY, columns, rows
from ...headers.target import filter_mask
from ...sha256.fips180 import INITIAL_STATE, K, message_schedule, one_round, padding, small_sigma_0
from ...sha256.mining import DIGEST_BYTES
from .sha_instructions import LANES, Quads, ShaInstructions, State

V = TypeVar("V")
T = TypeVar("T")

# A hash in the making: stops wherever another hash may step in, and returns its result.
Steps = Generator[None, None, T]

WORDS = IntegerWords()
STATE_NAMES = "abcdefgh"
SECOND_GROUPS = 15  # of rounds 1–60 of the second hash
PADDING_2 = padding(WORDS, DIGEST_BYTES)

# The job's words, by quads: the filter mask (one word, three unused), W16…W19 for nonce 0, the early part
# of W28…W31; then a row for each prefix: the state after round 3 for nonce 0 and the midstate, two quads each.
FILTER, SCHEDULE_16, EARLY_28, JOB_QUADS = range(4)
ROUND_4, MIDSTATE, ROW_QUADS = 0, 2, 4


def job_words(job: Job, isa: ShaInstructions) -> list[int]:
    """The words that a kernel for `isa` reads at its `job` pointer."""
    schedule = schedule_without_nonce(job.tail)
    words = [filter_mask(job.target), 0, 0, 0, *schedule[16:20], *early_parts(schedule, 28)]
    return words + job_rows(job, isa)


def job_rows(job: Job, isa: ShaInstructions) -> list[int]:
    """A row for each prefix of a job (see ROUND_4, MIDSTATE)."""
    schedule = schedule_without_nonce(job.tail)
    if len(job.midstates) < WORTH_AN_ARRAY:
        return [word for midstate in job.midstates for word in _row(midstate, schedule, isa)]
    many = rows(_row(columns(job.midstates), schedule, isa), len(job.midstates))
    return [word for row in many for word in row]


def _row(midstate: Sequence[int], schedule: Sequence[int], isa: ShaInstructions) -> list[int]:
    return [*in_registers(isa, state_after(midstate, schedule[:4])), *in_registers(isa, midstate)]


def schedule_without_nonce(tail: Sequence[int]) -> list[int]:
    """The first hash's 64 message words for nonce 0."""
    return message_schedule(WORDS, [*tail, 0, *padding(WORDS, HEADER_BYTES)])


def early_parts(schedule: Sequence[int], t: int) -> list[int]:
    """W[t−16] + σ₀(W[t−15]), for t and the next three."""
    return [WORDS.add(schedule[i - 16], small_sigma_0(WORDS, schedule[i - 15])) for i in range(t, t + LANES)]


def state_after(state: Sequence[int], words: Sequence[int]) -> list[int]:
    """The working variables after the first rounds, as many as there are words."""
    working = list(state)
    for k, word in zip(K, words, strict=False):
        working = one_round(WORDS, working, k, word)
    return working


def in_registers(isa: ShaInstructions, state: Sequence[int]) -> list[int]:
    """The eight words in the order in which the two state registers hold them."""
    by_name = dict(zip(STATE_NAMES, state, strict=True))
    return [by_name[name] for register in isa.layout for name in register]


@dataclass(frozen=True)
class JobValues(Generic[V]):
    """What is known per job (see SCHEDULE_16, EARLY_28)."""

    schedule_16: V
    early_28: V


@dataclass(frozen=True)
class RowValues(Generic[V]):
    """What is known per prefix (see ROUND_4, MIDSTATE)."""

    round_4: State[V]
    midstate: State[V]


class HeaderHasher(Generic[V]):
    """SHA-256d of a header on the registers of an instruction set."""

    def __init__(self, q: Quads[V], isa: ShaInstructions) -> None:
        self.q = q
        self.isa = isa
        self.zero = q.constant([0] * LANES)

    def first_schedule(self, job: JobValues[V], nonce: V) -> Iterator[V]:
        """W + K of rounds 4–63 of the first hash, group by group. `nonce`: W3 in lane 0."""
        q, isa = self.q, self.isa
        known = schedule_without_nonce([0, 0, 0])
        groups = [self.zero, *(q.constant(known[t : t + LANES]) for t in (4, 8, 12))]
        # [0, 0, σ₀(W3), W3] is what the nonce adds to W16…W19.
        from_nonce = isa.early(q, q.shuffle(nonce, self.zero, (4, 4, 4, 0)), self.zero)
        groups.append(q.add(from_nonce, job.schedule_16))
        early = {t: q.constant(early_parts(known, t)) for t in (20, 24)} | {28: job.early_28}
        for t in (4, 8, 12):
            yield q.constant([WORDS.add(known[i], K[i]) for i in range(t, t + LANES)])
        yield self._with_k(groups[-1], 16)
        yield from self._expand(groups, 20, 64, early)

    def first_digest(self, row: RowValues[V], nonce: V, schedule: Iterable[V]) -> Steps[State[V]]:
        """The first hash's digest, from the W + K of `first_schedule`."""
        state = self._add_first_word(row.round_4, nonce, 0)
        for wk in schedule:
            state = self.isa.four_rounds(self.q, state, wk)
            yield
        return self.q.add(state[0], row.midstate[0]), self.q.add(state[1], row.midstate[1])

    def second_last_e(self, digest: State[V]) -> Steps[V]:
        """A register that holds e after round 60 of the second hash, in `e_lane`."""
        q, isa = self.q, self.isa
        start = in_registers(isa, state_after(INITIAL_STATE, [0]))
        initial = q.constant(start[:LANES]), q.constant(start[LANES:])
        lane = isa.layout[0].index("a")
        state = self._add_first_word(initial, digest[0], lane)
        w1 = q.shuffle(*digest, self._lanes("bcde"))
        w5 = q.shuffle(q.shuffle(*digest, self._lanes("fghh")), q.constant(PADDING_2[:LANES]), (0, 1, 2, 4))
        # W16 = W0 + σ₀(W1), an early part: σ₁(W14) and W9 are zero. It comes out where a is.
        schedule = self.second_schedule(w1, w5, isa.early(q, digest[0], w1), lane)
        for wk in islice(schedule, SECOND_GROUPS - 1):
            state = isa.four_rounds(q, state, wk)
            yield
        return isa.last_e(q, state, next(schedule))

    def second_schedule(self, w1: V, w5: V, w16: V, lane: int) -> Iterator[V]:
        """W + K of rounds 1–60 of the second hash, group by group; W16 is in that lane of `w16`."""
        q = self.q
        known = message_schedule(WORDS, [0] * 8 + PADDING_2)
        w13 = q.shuffle(q.constant([*PADDING_2[5:], 0]), w16, (0, 1, 2, LANES + lane))
        groups = [w1, w5, self.zero, w13]
        for t, group in zip((1, 5, 9, 13), groups, strict=True):
            yield self._with_k(group, t)
        yield from self._expand(groups, 17, 61, {25: q.constant(early_parts(known, 25))})

    def _expand(self, groups: list[V], start: int, stop: int, known: Mapping[int, V]) -> Iterator[V]:
        # W + K from `start` on, given the four groups before; `known`: early parts that are known. The others are
        # made as soon as their two groups are there, which are then needed no more.
        q, isa = self.q, self.isa
        early = {**known}
        for t, first in ((start, -4), (start + LANES, -3)):
            if t not in early:
                early[t] = isa.early(q, groups[first], groups[first + 1])
        for t in range(start, stop, LANES):
            w2, w3 = groups[-2:]
            middle = isa.middle(q, early[t], w2, w3)
            after_next = t + 2 * LANES
            if after_next < stop and after_next not in early:
                early[after_next] = isa.early(q, w2, w3)
            groups.append(isa.late(q, middle, w2, w3))
            yield self._with_k(groups[-1], t)

    def _with_k(self, group: V, t: int) -> V:
        return self.q.add(group, self.q.constant(K[t : t + LANES]))

    def _lanes(self, names: str) -> list[int]:
        return [("".join(self.isa.layout)).index(name) for name in names]

    def _add_first_word(self, state: State[V], word: V, lane: int) -> State[V]:
        # A round's message word counts in a and e only.
        first, second = (
            self.q.add(register, self.q.shuffle(word, self.zero, [lane if name in "ae" else LANES for name in names]))
            if {"a", "e"} & set(names)
            else register
            for register, names in zip(state, self.isa.layout, strict=True)
        )
        return first, second


def e_lane(isa: ShaInstructions) -> int:
    """Where e is in its register."""
    return next(names.index("e") for names in isa.layout if "e" in names)


class _Counting:
    """An algebra of quads that counts; a value is whether it is known, for nothing is done to what is."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def constant(self, words: Sequence[int]) -> bool:
        return True

    def add(self, x: bool, y: bool) -> bool:
        return self.counted("add", x, y)

    def shuffle(self, x: bool, y: bool, lanes: Sequence[int]) -> bool:
        return self.counted("shuffle", x, y)

    def call(self, instruction: str, *operands: bool) -> bool:
        return self.counted(instruction, *operands)

    def counted(self, kind: str, *operands: bool) -> bool:
        known = all(operands)
        self.counts[kind] += not known
        return known


def operation_counts(isa: ShaInstructions) -> tuple[Counter[str], Counter[str]]:
    """The vector operations of a hash: its own, and those that the hashes of a nonce with several prefixes share."""
    q = _Counting()
    hasher: HeaderHasher[bool] = HeaderHasher(q, isa)
    words = list(hasher.first_schedule(JobValues(False, False), False))
    shared, q.counts = q.counts, Counter()
    digest = _finished(hasher.first_digest(RowValues((False, False), (False, False)), False, words))
    _finished(hasher.second_last_e(digest))
    return q.counts, shared


def _finished(steps: Steps[T]) -> T:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: T = stop.value
            return result
