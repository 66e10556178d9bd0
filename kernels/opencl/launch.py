"""One launch of a kernel: from a range of nonces to the words it leaves, without waiting in between.

Two launches are under way at a time, each with a results buffer of its own: while the host looks
at one, the device works at the other.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..headers.early import early_rows
from ..headers.job import Job
from .codegen.emit import passed_values, program_of, words_in_rows
from .codegen.layout import FIRST_RECORD, HITS, RECORD_WORDS, RECORDS_FETCHED_FIRST, XOR_H7, buffer_words, room_for
from .program import Built
from .setting import Tuning

Words = npt.NDArray[np.uint32]
NOTHING_YET = np.zeros(FIRST_RECORD, np.uint32)
NS = 1e-9


@dataclass(frozen=True)
class Answer:
    """What a launch left. `records` is None where there were more than its buffer holds."""

    nonces: range
    xor_h7: int
    records: list[tuple[int, int]] | None
    host_s: float
    event_s: float


class Uploaded:
    """What is known of a job before the nonce, as arguments of a kernel."""

    def __init__(self, context: Any, built: Built, job: Job) -> None:
        import pyopencl

        program = program_of(built.variant)
        values = early_rows(program, job)
        self.prefixes = len(job.prefixes)
        self.room = room_for(self.prefixes)
        own = words_in_rows(built.variant, program)
        rows = np.array([[row[index] for index in own] for row in values], np.uint32)
        flags = pyopencl.mem_flags
        self.rows = pyopencl.Buffer(context, flags.READ_ONLY | flags.COPY_HOST_PTR, hostbuf=rows)
        self.early = [np.uint32(word) for word in passed_values(built.variant, program, values[0])]


class Slot:
    """A results buffer, and the launch that is under way in it."""

    def __init__(self, context: Any, queue: Any, uploaded: Uploaded) -> None:
        import pyopencl

        self.queue = queue
        self.uploaded = uploaded
        self.words = buffer_words(uploaded.room)
        self.buffer = pyopencl.Buffer(context, pyopencl.mem_flags.READ_WRITE, 4 * self.words)
        self.head: Words = np.zeros(min(self.words, FIRST_RECORD + RECORD_WORDS * RECORDS_FETCHED_FIRST), np.uint32)

    def launch(self, built: Built, tuning: Tuning, nonces: range, filter_mask: int) -> None:
        """Start hashing `nonces`; returns at once."""
        import pyopencl

        self.nonces = nonces
        items, local_size = tuning.shape(len(nonces))
        counts = (nonces.start, len(nonces), tuning.vectors_per_item, self.uploaded.prefixes)
        built.kernel.set_args(
            *(np.uint32(word) for word in (*counts, filter_mask, self.uploaded.room)),
            self.buffer,
            self.uploaded.rows,
            *self.uploaded.early,
        )
        self.started = time.perf_counter()
        pyopencl.enqueue_copy(self.queue, self.buffer, NOTHING_YET, is_blocking=False)
        self.done = pyopencl.enqueue_nd_range_kernel(self.queue, built.kernel, (items,), (local_size,))
        self.fetched = pyopencl.enqueue_copy(self.queue, self.head, self.buffer, is_blocking=False)
        self.queue.flush()

    def answer(self, not_before: float = 0.0) -> Answer:
        """Wait for the launch. `not_before`: when the device was through with the one before (`perf_counter`)."""
        self.fetched.wait()
        host_s = time.perf_counter() - max(self.started, not_before)
        profile = self.done.profile
        return Answer(self.nonces, int(self.head[XOR_H7]), self._records(), host_s, (profile.end - profile.start) * NS)

    def _records(self) -> list[tuple[int, int]] | None:
        import pyopencl

        hits = int(self.head[HITS])
        if hits > self.uploaded.room:
            return None
        words = self.head
        if hits > RECORDS_FETCHED_FIRST:
            words = np.zeros(FIRST_RECORD + RECORD_WORDS * hits, np.uint32)
            pyopencl.enqueue_copy(self.queue, words, self.buffer)
        pairs = words[FIRST_RECORD : FIRST_RECORD + RECORD_WORDS * hits].reshape(-1, RECORD_WORDS)
        return [(int(prefix), int(nonce)) for prefix, nonce in pairs]
