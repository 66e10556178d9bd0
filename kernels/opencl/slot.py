"""What a launch is to whoever scans: started in a slot, answered later. How a driver does that is its own affair.

A slot has a results buffer of its own. Two launches are under way at a time: while the host looks at one, the device
works at the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..headers.early import early_rows
from ..headers.job import Job
from .codegen.emit import passed_values, program_of, words_in_rows
from .codegen.layout import FIRST_RECORD, HITS, RECORD_WORDS, RECORDS_FETCHED_FIRST, XOR_H7, room_for
from .codegen.variant import Variant
from .setting import Tuning

Words = npt.NDArray[np.uint32]
NOTHING_YET = np.zeros(FIRST_RECORD, np.uint32)


@dataclass(frozen=True)
class Answer:
    """What a launch left. `records` is None where there were more than its buffer holds."""

    nonces: range
    xor_h7: int
    records: list[tuple[int, int]] | None
    host_s: float
    event_s: float


@dataclass(frozen=True)
class Question:
    """A launch to come: which nonces, which bits of H7 must be zero, and how many hashes should pass."""

    nonces: range
    filter_mask: int
    expected: float = 0.0


class Slot(Protocol):
    """A results buffer, and the launch that is under way in it."""

    def launch(self, tuning: Tuning, question: Question) -> None:
        """Start hashing; returns at once."""
        ...

    def answer(self, not_before: float = 0.0) -> Answer:
        """Wait for the launch. `not_before`: when the device was through with the one before (`perf_counter`)."""
        ...


@dataclass(frozen=True)
class JobWords:
    """What is known of a job before the nonce: the table `rows` and the arguments `early` (see `emit`)."""

    prefixes: int
    room: int
    rows: Words
    early: list[np.uint32]

    @classmethod
    def of(cls, variant: Variant, job: Job) -> JobWords:
        """For the kernel of a variant."""
        program = program_of(variant)
        values = early_rows(program, job)
        own = words_in_rows(variant, program)
        return cls(
            prefixes=len(job.prefixes),
            room=room_for(len(job.prefixes)),
            rows=np.array([[row[index] for index in own] for row in values], np.uint32),
            early=[np.uint32(word) for word in passed_values(variant, program, values[0])],
        )


def numbers_of(tuning: Tuning, question: Question, words: JobWords) -> list[np.uint32]:
    """The kernel's arguments before its buffers."""
    nonces = question.nonces
    counts = (nonces.start, len(nonces), tuning.vectors_per_item, words.prefixes)
    return [np.uint32(word) for word in (*counts, question.filter_mask, words.room)]


def words_fetched(expected: float, room: int) -> int:
    """Words to fetch with a launch: all that it will leave, but for one launch in ages, which costs a second transfer.

    That would wait for the launch in the other slot, and leave the device with nothing to do.
    """
    records = min(RECORDS_FETCHED_FIRST + int(2 * expected), room)
    return FIRST_RECORD + RECORD_WORDS * records


def hits_in(head: Words) -> int:
    """How many hashes passed."""
    return int(head[HITS])


def xor_in(head: Words) -> int:
    """The XOR of the H7 of every hash."""
    return int(head[XOR_H7])


def records_in(words: Words, hits: int) -> list[tuple[int, int]]:
    """The records of so many hits: the prefix's index and the nonce."""
    pairs = words[FIRST_RECORD : FIRST_RECORD + RECORD_WORDS * hits].reshape(-1, RECORD_WORDS)
    return [(int(prefix), int(nonce)) for prefix, nonce in pairs]


def records_of(
    head: Words, room: int, fetched_words: int, fetch: Callable[[int], None]
) -> list[tuple[int, int]] | None:
    """All records of a launch, None where the buffer had no room for them.

    `fetch` brings so many words, for the case that there are more than the `fetched_words` that came with the launch.
    """
    hits = hits_in(head)
    if hits > room:
        return None
    if words_of_records(hits) > fetched_words:
        fetch(words_of_records(hits))
    return records_in(head, hits)


def words_of_records(hits: int) -> int:
    """Words of a results buffer up to the last of so many records."""
    return FIRST_RECORD + RECORD_WORDS * hits
